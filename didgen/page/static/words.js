"use strict";
// A script whose words light up, the same place in another version of it, and what changed between two.

(() => {
  const { el } = window.didgen;

  /** The text cut at its words: [{text, start, end} | {text}], in order; spaces and paragraphs stay as written. */
  function pieces(script, words) {
    const found = [];
    let at = 0;
    for (const [text, start, end] of words) {
      const next = script.indexOf(text, at);
      if (next < 0) return joined(words); // the text is another one than what is heard
      if (next > at) found.push({ text: script.slice(at, next) });
      found.push({ text, start, end });
      at = next + text.length;
    }
    if (at < script.length) found.push({ text: script.slice(at) });
    return found;
  }

  function joined(words) {
    return words.flatMap(([text, start, end], k) => (k ? [{ text: " " }, { text, start, end }] : [{ text, start, end }]));
  }

  /** Shows a script in `root`; `at(seconds)` lights it, a click on a word calls `seek`. */
  class Script {
    constructor(root, seek) {
      this.root = root;
      this.words = [];
      this.now = -1;
      root.addEventListener("click", (event) => {
        const k = this.spans?.indexOf(event.target);
        if (k >= 0) seek(this.words[k].start);
      });
    }

    show(script, words) {
      const parts = words.length ? pieces(script, words) : [{ text: script }];
      this.words = parts.filter((part) => part.start !== undefined);
      this.now = -2;
      const made = parts.map((part) => (part.start === undefined ? part.text : el("span", { class: "word" }, part.text)));
      this.spans = made.filter((part) => typeof part !== "string");
      this.root.replaceChildren(...made);
      this.root.classList.remove("running");
    }

    /** Light everything up to a moment; the beginning, at rest, is plain text to be read. */
    at(seconds, running) {
      this.root.classList.toggle("running", running || seconds > 0.05);
      let now = -1;
      while (now + 1 < this.words.length && this.words[now + 1].start <= seconds) now += 1;
      if (now === this.now) return;
      this.spans.forEach((span, k) => {
        span.classList.toggle("said", k <= now);
        span.classList.toggle("now", k === now);
      });
      this.now = now;
      if (running && now >= 0) this.keepInSight(this.spans[now]);
    }

    keepInSight(span) {
      const box = this.root, top = span.offsetTop - box.offsetTop;
      if (box.scrollHeight <= box.clientHeight + 1) return;
      if (top < box.scrollTop || top > box.scrollTop + box.clientHeight * 0.7) {
        const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
        box.scrollTo({ top: top - box.clientHeight * 0.3, behavior: calm ? "auto" : "smooth" });
      }
    }
  }

  const same = (a, b) => a[0] === b[0];

  /** Where the moment `t` of one version is in another: at the same word where there is one, else at the same time. */
  function placeIn(before, after, t) {
    let k = -1;
    while (k + 1 < before.length && before[k + 1][1] <= t) k += 1;
    if (k < 0) return t;
    let head = 0;
    while (head < Math.min(before.length, after.length) && same(before[head], after[head])) head += 1;
    if (k < head) return Math.min(after[k][1] + t - before[k][1], after[k + 1]?.[1] ?? Infinity);
    let tail = 0;
    const room = Math.min(before.length, after.length) - head;
    while (tail < room && same(before[before.length - 1 - tail], after[after.length - 1 - tail])) tail += 1;
    if (k >= before.length - tail) return after[k + after.length - before.length][1] + (t - before[k][1]);
    return t;
  }

  const LONGEST_DIFF = 2000; // words; beyond it only the ends are compared

  /** Words of two texts: [{text, kind: "same" | "gone" | "new"}], the longest common run of words kept. */
  function difference(before, after) {
    const [a, b] = [before, after].map((text) => text.split(/\s+/).filter(Boolean));
    let head = 0, tail = 0;
    while (head < Math.min(a.length, b.length) && a[head] === b[head]) head += 1;
    while (tail < Math.min(a.length, b.length) - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
    const middle = between(a.slice(head, a.length - tail), b.slice(head, b.length - tail));
    const kept = (text) => ({ text, kind: "same" });
    return [...a.slice(0, head).map(kept), ...middle, ...a.slice(a.length - tail).map(kept)];
  }

  function between(a, b) {
    const gone = (text) => ({ text, kind: "gone" }), added = (text) => ({ text, kind: "new" });
    if (!a.length || !b.length || a.length * b.length > LONGEST_DIFF ** 2) return [...a.map(gone), ...b.map(added)];
    const width = b.length + 1, longest = new Uint16Array((a.length + 1) * width);
    for (let i = a.length - 1; i >= 0; i -= 1)
      for (let j = b.length - 1; j >= 0; j -= 1)
        longest[i * width + j] = a[i] === b[j]
          ? longest[(i + 1) * width + j + 1] + 1
          : Math.max(longest[(i + 1) * width + j], longest[i * width + j + 1]);
    const found = [];
    let i = 0, j = 0;
    while (i < a.length && j < b.length) {
      if (a[i] === b[j]) { found.push({ text: a[i], kind: "same" }); i += 1; j += 1; }
      else if (longest[(i + 1) * width + j] >= longest[i * width + j + 1]) { found.push(gone(a[i])); i += 1; }
      else { found.push(added(b[j])); j += 1; }
    }
    return [...found, ...a.slice(i).map(gone), ...b.slice(j).map(added)];
  }

  /** The difference as elements: <del> and <ins> for what went and came, a run of words in one. */
  function marked(before, after) {
    const tags = { gone: "del", new: "ins" }, runs = [];
    for (const { text, kind } of difference(before, after)) {
      const last = runs[runs.length - 1];
      if (last?.kind === kind) last.text += ` ${text}`;
      else runs.push({ text, kind });
    }
    return runs.flatMap(({ text, kind }) => [kind === "same" ? text : el(tags[kind], {}, text), " "]);
  }

  Object.assign(window.didgen, { Script, placeIn, difference, marked });
})();
