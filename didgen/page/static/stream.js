"use strict";
// The board, as it comes: server-sent events read by hand, because a key can be sent with them that way.

window.didgen = window.didgen || {};

(() => {
  const SILENCE_MS = 25000; // a heartbeat comes every ten seconds

  /** Follow the events at `url` for ever. on: {cards, board, state}; state hears "live" and "lost". */
  async function follow(url, on, headers = {}) {
    let seen = "", pause = 500;
    for (;;) {
      try {
        await listen(url, { ...headers, ...(seen ? { "Last-Event-ID": seen } : {}) }, (event) => {
          if (event.id) seen = event.id;
          pause = 500;
          on.state("live");
          if (event.data) on[event.type]?.(JSON.parse(event.data));
        });
      } catch (error) {
        if (error.refused) return on.state("refused");
      }
      on.state("lost");
      await new Promise((done) => setTimeout(done, pause));
      pause = Math.min(pause * 1.6, 5000);
    }
  }

  // A page that was left may be kept for going back, and would keep its connections: a browser has six for one server.
  let leave = () => {};
  window.addEventListener("pagehide", () => leave());
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  async function listen(url, headers, hear) {
    const stop = new AbortController();
    leave = () => stop.abort();
    let timer = setTimeout(() => stop.abort(), SILENCE_MS);
    try {
      const answer = await fetch(url, { headers, cache: "no-store", signal: stop.signal });
      if (!answer.ok) throw Object.assign(new Error(answer.status), { refused: answer.status === 401 });
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        clearTimeout(timer);
        timer = setTimeout(() => stop.abort(), SILENCE_MS);
        const parts = (text + value).split("\n\n");
        text = parts.pop();
        for (const part of parts) hear(read(part));
      }
    } finally {
      clearTimeout(timer);
      stop.abort();
    }
  }

  function read(part) {
    const event = { type: "message", id: "", data: "" };
    for (const line of part.split("\n")) {
      const at = line.indexOf(": ");
      const [field, value] = [line.slice(0, at), line.slice(at + 2)];
      if (field === "event") event.type = value;
      else if (field === "id") event.id = value;
      else if (field === "data") event.data += value;
    }
    return event;
  }

  /** An element with properties and children; text only ever becomes text. */
  function el(tag, fields = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(fields)) {
      if (value === undefined || value === null) continue;
      if (name === "class") made.className = value;
      else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else if (name in made && !name.startsWith("aria")) made[name] = value;
      else made.setAttribute(name, value);
    }
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  }

  /** 71.4 → "1:11". */
  function clock(seconds) {
    const whole = Math.round(seconds);
    return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
  }

  const credits = (count) => (count === null || count === undefined ? "" : `≈ ${count} credit${count === 1 ? "" : "s"}`);

  Object.assign(window.didgen, { follow, el, clock, credits });
})();
