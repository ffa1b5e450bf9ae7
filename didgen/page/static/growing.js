"use strict";
// Where a video element gets its video from: a file, or one that is still being written.
//
// A browser asked to play a growing file waits until it has read a good deal of it. Handed over piece by piece (Media
// Source Extensions) the first picture is there when its bytes are.

(() => {
  const Source = window.ManagedMediaSource || window.MediaSource;

  /** Load an address. growing: the file is still written; seconds: about how long it will be. */
  function load(video, url, { growing = false, seconds = 0 } = {}) {
    unload(video);
    video.dataset.source = url;
    if (growing && Source) grow(video, url, seconds);
    else video.src = url;
    if (!growing) video.load();
  }

  /** Let go of what was loaded, and of the connection it came by. */
  function unload(video) {
    video.stopGrowing?.();
    video.stopGrowing = null;
    delete video.dataset.source;
    if (!video.hasAttribute("src")) return;
    video.removeAttribute("src");
    video.load();
  }

  const sourceOf = (video) => video.dataset.source || "";

  function grow(video, url, seconds) {
    const stop = new AbortController(), media = new Source(), address = URL.createObjectURL(media);
    video.stopGrowing = () => stop.abort();
    video.disableRemotePlayback = true; // else a managed source never opens
    video.src = address;
    media.addEventListener("sourceopen", async () => {
      URL.revokeObjectURL(address);
      try {
        await pour(media, url, seconds, stop.signal);
      } catch (error) {
        if (!stop.signal.aborted && media.readyState === "open") media.endOfStream("decode");
      }
    }, { once: true });
  }

  async function pour(media, url, seconds, signal) {
    const reader = (await fetch(url, { cache: "no-store", signal })).body.getReader();
    let buffer = null, bytes = new Uint8Array();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      bytes = buffer ? value : joined(bytes, value);
      if (!buffer) {
        const header = headerOf(bytes), kind = kindOf(header);
        if (!kind) continue;
        buffer = media.addSourceBuffer(kind);
        await append(buffer, header);
        // Told before the first picture: it grows with what comes, but may not be shorter than what is there.
        if (seconds) media.duration = seconds;
        bytes = bytes.subarray(header.length);
      }
      await append(buffer, bytes);
    }
    if (media.readyState === "open") media.endOfStream(buffer ? undefined : "decode");
  }

  function append(buffer, bytes) {
    return new Promise((done, fail) => {
      buffer.addEventListener("updateend", done, { once: true });
      buffer.addEventListener("error", fail, { once: true });
      buffer.appendBuffer(bytes);
    });
  }

  function joined(a, b) {
    const both = new Uint8Array(a.length + b.length);
    both.set(a);
    both.set(b, a.length);
    return both;
  }

  const latin1 = (bytes) => new TextDecoder("latin1").decode(bytes);

  /** What stands before the first fragment of an MP4; nothing while that has not begun: a box's name follows its size. */
  const headerOf = (bytes) => bytes.subarray(0, Math.max(0, latin1(bytes).indexOf("moof") - 4));

  /** The type of a fragmented MP4 from its header; "" while that is not there yet (ISO/IEC 14496-15, RFC 6381). */
  function kindOf(header) {
    const text = latin1(header), picture = text.indexOf("avcC"), sound = text.includes("mp4a");
    if (picture < 0) return "";
    const codec = [...header.slice(picture + 5, picture + 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return `video/mp4; codecs="avc1.${codec}${sound ? ", mp4a.40.2" : ""}"`;
  }

  Object.assign(window.didgen, { load, unload, sourceOf });
})();
