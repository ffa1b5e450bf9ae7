"use strict";
// The scene that is watched: two videos take turns, so that another version or scene comes in without a gap.

(() => {
  const { sourceOf: loaded } = window.didgen;
  const { el, clock, credits, Script, placeIn, marked, shortName, tags, STATES, load, unload } = window.didgen;
  const NEAR_END_S = 5;

  /** Resolves when one of `names` happens to the element; false for an error. */
  function happens(video, names) {
    return new Promise((done) => {
      const all = [...names, "error"];
      const hear = (event) => {
        all.forEach((name) => video.removeEventListener(name, hear));
        done(event.type !== "error");
      };
      all.forEach((name) => video.addEventListener(name, hear));
    });
  }

  class Stage {
    /** hooks: next(), move(step), film(). */
    constructor(root, hooks) {
      this.hooks = hooks;
      this.turn = 0;
      this.captions = false;
      this.tick = this.tick.bind(this);
      this.build(root);
    }

    build(root) {
      const button = (name, label, act, more = {}) => el("button", { type: "button", class: name, onclick: act, ...more }, label);
      this.videos = [0, 1].map(() => this.video());
      this.front = this.videos[0];
      this.still = el("img", { class: "still", alt: "", hidden: true });
      this.empty = el("p", { class: "nothing", hidden: true });
      this.badge = el("p", { class: "badge", hidden: true });
      this.bar = el("progress", { class: "bar", max: 1, hidden: true, "aria-label": "Rendering" });
      this.before = el("video", { muted: true, playsInline: true, preload: "auto", tabIndex: -1 });
      for (const there of ["loadedmetadata", "seeked"]) this.before.addEventListener(there, () => this.keepTogether());
      this.beforeBox = el("figure", { class: "before", hidden: true }, this.before, el("figcaption", {}, "before"));
      this.nowName = el("figcaption", { hidden: true }, "now");
      this.screen = el("div", { class: "screen" },
        this.beforeBox,
        el("figure", { class: "now" }, el("div", { class: "frame" }, ...this.videos, this.still, this.empty, this.badge, this.bar), this.nowName));
      this.offer = button("offer", "New version: show it here", () => this.take(), { hidden: true });
      this.compare = button("quiet", "Before and after", () => this.toggleCompare(), { "aria-pressed": "false" });
      this.film = button("quiet", "Play the film", () => this.hooks.film(), { "aria-pressed": "false" });
      this.cc = button("quiet", "Captions", () => this.toggleCaptions(), { "aria-pressed": "false" });
      this.name = el("h1", {});
      this.tags = el("span", { class: "tags" });
      this.text = el("p", { class: "script", dir: "auto", tabIndex: 0, "aria-label": "Script" });
      this.written = el("p", { class: "script written", dir: "auto" });
      this.writtenBox = el("div", { class: "rewritten", hidden: true }, el("h2", {}, ""), this.written);
      this.failure = el("div", { class: "failure", role: "alert", hidden: true });
      this.facts = el("dl", { class: "facts" });
      this.script = new Script(this.text, (t) => this.seekTo(t));
      root.replaceChildren(
        el("div", { class: "show" }, this.screen, el("div", { class: "controls" },
          button("quiet step", "‹", () => this.hooks.move(-1), { "aria-label": "Scene before" }),
          button("quiet step", "›", () => this.hooks.move(1), { "aria-label": "Next scene" }),
          this.film, this.compare, this.cc, this.offer)),
        el("div", { class: "told" }, el("div", { class: "naming" }, this.name, this.tags), this.failure, this.text, this.writtenBox, this.facts));
      this.root = root;
    }

    video() {
      const video = el("video", { playsInline: true, preload: "auto", class: "back", "aria-label": "Video" });
      video.addEventListener("play", this.tick);
      for (const what of ["pause", "seeked"]) video.addEventListener(what, () => this.follow());
      video.addEventListener("loadedmetadata", () => video === this.front && this.shape());
      video.addEventListener("ended", () => video === this.front && this.ended());
      video.addEventListener("timeupdate", () => video === this.front && this.prepare());
      return video;
    }

    get back() { return this.videos[this.front === this.videos[0] ? 1 : 0]; }
    get playing() { return !this.front.paused && !this.front.ended && Boolean(this.shown); }
    /** Whether somebody watches, or will as soon as what is on its way is there. */
    get watched() { return this.coming ? this.coming.play : this.playing; }

    // -- which scene, which version ------------------------------------------------------------------------

    /** Go to a scene. */
    async show(card, { play = false } = {}) {
      this.card = card;
      this.offered = null;
      this.describe();
      await this.put(sourceOf(card), () => 0, play);
    }

    /** The scene that is shown, or is on its way, has changed. What plays goes on; what rests is swapped at the same place. */
    async update(card) {
      this.card = card;
      this.describe();
      const next = sourceOf(card), shown = this.shown, coming = this.coming;
      if (coming && next?.url === coming.source.url) { coming.source = next; return; }
      if (coming) return this.put(next, () => this.placeIn(next), coming.play);
      if (shown && next?.url === shown.url) this.retell(next);
      if (!next || next.url === shown?.url) return;
      if (shown?.growing && !next.growing && card.state === "up-to-date") return this.put(next, () => this.placeIn(next), this.playing);
      if (this.playing) { this.offered = next; return this.describe(); }
      await this.put(next, () => this.placeIn(next), false);
    }

    /** Tell what is said, which may be written anew while the video is the same. */
    retell(source) {
      const told = JSON.stringify([scriptOf(this.card, source), source.words]);
      this.shown = source;
      if (told === this.told) return;
      this.told = told;
      this.track(this.front, source);
      this.script.show(scriptOf(this.card, source), source.words);
      this.light();
    }

    /** Where what is shown stands in another version of it; the beginning of one that grows, and of another scene. */
    placeIn(next) {
      const shown = this.shown, same = shown?.scene === next.scene && !next.growing;
      return same && this.front.currentTime > 0.05 ? placeIn(shown.words, next.words, this.front.currentTime) : 0;
    }

    /** Show the version that was offered, at the same place, going on if it plays. */
    take() {
      const next = this.offered && sourceOf(this.card);
      this.offered = null;
      if (next) return this.put(next, () => this.placeIn(next), this.playing);
    }

    /** Show a source as soon as it is there; until then it is `coming`. at: asked where it begins, as late as can be. */
    async put(source, at, play) {
      const turn = ++this.turn;
      this.coming = null;
      if (!source) return this.clear();
      this.still.hidden = source.kind !== "gif";
      if (source.kind === "gif") { this.clear(); this.still.src = source.url; this.still.hidden = false; this.empty.hidden = true; return; }
      const coming = this.coming = { source, play };
      const there = this.shown?.url === source.url;
      const alone = document.fullscreenElement === this.front || document.pictureInPictureElement === this.front;
      const video = there || alone ? this.front : this.back;
      const now = at(); // that of a video which is loaded anew is lost
      if (loaded(video) !== source.url || video.error) load(video, source.url, source);
      if (video.readyState < 2 && !(await happens(video, ["loadeddata"]))) { if (turn === this.turn) { this.coming = null; this.broken(source); } return; }
      if (turn !== this.turn) return;
      const place = Math.min(video === this.front ? now : at(), Math.max(0, (video.duration || 0) - 0.05));
      if (Math.abs(video.currentTime - place) > 0.01) { video.currentTime = place; await happens(video, ["seeked"]); }
      if (turn !== this.turn) return;
      this.coming = null;
      this.swap(video, coming.source);
      if (coming.play) video.play().catch(() => {});
    }

    swap(video, source) {
      if (video !== this.front) {
        const old = this.front;
        [video.muted, video.volume, video.playbackRate] = [old.muted, old.volume, old.playbackRate];
        this.front = video;
        old.pause();
        if (this.shown?.growing) unload(old); // a stream would go on coming
      }
      for (const one of this.videos) {
        one.className = one === this.front ? "front" : "back";
        one.controls = one === this.front;
        one.tabIndex = one === this.front ? 0 : -1;
      }
      this.empty.hidden = true;
      this.offered = null; // nothing newer was heard of: it would be on its way
      this.shape();
      this.told = null;
      this.retell(source);
      this.describe();
      this.pair();
    }

    clear() {
      this.shown = null;
      for (const video of this.videos) { video.pause(); unload(video); video.className = "back"; video.controls = false; }
      this.still.hidden = true;
      this.empty.hidden = false;
      this.screen.dataset.shape = "square";
      this.script.show(this.card?.script || "", []);
      this.describe();
      this.pair();
    }

    broken(source) {
      this.clear();
      this.empty.textContent = source.growing ? "The first pictures are on their way." : "This video cannot be played.";
    }

    shape() {
      const { videoWidth: width, videoHeight: height } = this.front;
      if (!width) return;
      this.screen.dataset.shape = width / height > 1.25 ? "wide" : "square";
      this.screen.style.setProperty("--ratio", width / height);
    }

    // -- words -----------------------------------------------------------------------------------------------

    tick() {
      this.follow();
      if (this.playing) requestAnimationFrame(this.tick);
    }

    light() { this.script.at(this.shown ? this.front.currentTime : 0, this.playing); }

    track(video, source) {
      const track = video.textTracks[0] || video.addTextTrack("captions", "Captions", "");
      track.mode = "hidden"; // cues of a disabled one cannot be reached
      for (const cue of [...(track.cues || [])]) track.removeCue(cue);
      for (const [start, end, text] of source.cues) track.addCue(new VTTCue(start, end, plain(text)));
      track.mode = this.captions ? "showing" : "hidden";
    }

    toggleCaptions(on = !this.captions) {
      this.captions = on;
      this.cc.setAttribute("aria-pressed", on);
      for (const video of this.videos) if (video.textTracks[0]) video.textTracks[0].mode = on ? "showing" : "hidden";
    }

    // -- before and after --------------------------------------------------------------------------------------

    get comparing() { return this.compare.getAttribute("aria-pressed") === "true"; }

    toggleCompare(on = !this.comparing) {
      this.compare.setAttribute("aria-pressed", on && Boolean(this.card?.former));
      this.pair();
      this.describe();
    }

    pair() {
      const former = this.card?.former;
      const on = this.comparing && Boolean(former) && Boolean(this.shown);
      if (this.comparing && !on) this.compare.setAttribute("aria-pressed", "false");
      this.beforeBox.hidden = this.nowName.hidden = !on;
      this.screen.dataset.mode = on ? "two" : "one";
      this.root.dataset.mode = on ? "two" : "one";
      if (!on) { this.before.pause(); unload(this.before); return; }
      if (loaded(this.before) !== former.video) load(this.before, former.video);
      this.keepTogether();
    }

    /** The words and the former video do what the video does. */
    follow() {
      this.light();
      this.keepTogether();
    }

    /** The former video is where the other one is, and runs as that does. On its way, or not there yet, it comes here again. */
    keepTogether() {
      if (this.screen.dataset.mode !== "two" || this.before.readyState < 1) return;
      const wanted = Math.min(this.front.currentTime, this.before.duration || 0);
      if (!this.playing) this.before.pause();
      else if (this.before.paused && wanted < this.before.duration - 0.12) this.before.play().catch(() => {}); // at its end it would begin anew
      if (this.before.seeking) return;
      if (Math.abs(this.before.currentTime - wanted) > (this.playing ? 0.12 : 0.02)) this.before.currentTime = wanted;
      this.before.playbackRate = this.front.playbackRate;
    }

    // -- playing -----------------------------------------------------------------------------------------------

    play() {
      if (this.coming) this.coming.play = true; // as soon as it is there
      else if (this.shown) this.front.play().catch(() => {});
    }

    toggle() {
      if (this.coming) { this.coming.play = !this.coming.play; return; }
      if (!this.shown) return;
      if (this.playing) return this.front.pause();
      if (this.front.ended && this.offered) return this.put(sourceOf(this.card), () => 0, true);
      this.play();
    }

    seek(step) { if (this.shown) this.seekTo(this.front.currentTime + step); }

    seekTo(t) {
      this.front.currentTime = Math.max(0, Math.min(t, this.front.duration || 0));
      this.keepTogether();
    }

    mute() { this.front.muted = !this.front.muted; }

    ended() { if (this.inFilm) this.hooks.next(); }

    /** Near the end of a scene of the film the next one is loaded, so that it follows without a gap. */
    prepare() {
      const next = this.inFilm && !this.coming && this.hooks.coming(); // the other video may be taken
      if (!next || this.front.duration - this.front.currentTime > NEAR_END_S) return;
      if (loaded(this.back) !== next) load(this.back, next);
    }

    setFilm(on) {
      this.inFilm = on;
      this.film.setAttribute("aria-pressed", on);
      this.film.textContent = on ? "Playing the film" : "Play the film";
    }

    // -- in words ----------------------------------------------------------------------------------------------

    describe() {
      const card = this.card;
      if (!card) return;
      this.root.dataset.state = card.state;
      this.name.textContent = shortName(card);
      this.tags.textContent = [card.project, tags(card)].filter(Boolean).join(" · ");
      this.offer.hidden = !this.offered;
      this.compare.disabled = !card.former;
      this.compare.hidden = !card.former;
      this.film.hidden = !this.hooks.hasFilm(card);
      const making = card.state === "rendering";
      this.bar.hidden = !making;
      if (card.stage === "frames") this.bar.value = card.progress; else this.bar.removeAttribute("value");
      this.badge.hidden = !(making || card.state === "waiting") || !this.shown;
      this.badge.textContent = making ? (card.stage === "frames" ? `Rendering ${Math.round(card.progress * 100)} %` : "Rendering") : "Waiting to be rendered";
      if (!this.shown) this.empty.textContent = making ? "The first pictures are on their way." : card.state === "waiting" ? "Waiting to be rendered." : card.state === "failed" ? "No video." : "Not rendered yet.";
      this.tellFailure(card);
      this.tellRewritten(card);
      this.tellFacts(card);
    }

    tellFailure(card) {
      const failed = card.state === "failed";
      this.failure.hidden = !failed;
      if (failed) this.failure.replaceChildren(el("strong", {}, card.reason || "It failed."), " ", el("code", {}, card.place));
      else this.failure.replaceChildren();
    }

    /** What is written now where the video says something else, or what was said before while both are compared. */
    tellRewritten(card) {
      const heard = this.shown?.words.map(([text]) => text).join(" ") || "";
      const older = heard && card.script && this.shown.url === card.clip?.video && card.state !== "up-to-date";
      const two = this.screen.dataset.mode === "two";
      const [from, to] = two ? [card.former.words.map(([text]) => text).join(" "), heard] : [heard, card.script];
      const differs = (older || two) && squeezed(from) !== squeezed(to);
      this.writtenBox.hidden = !differs;
      if (!differs) return;
      this.writtenBox.firstChild.textContent = two ? "What changed" : "Written now";
      this.written.replaceChildren(...marked(from, to));
    }

    tellFacts(card) {
      const facts = [
        ["State", card.why.length && card.state !== "up-to-date" ? `${STATES[card.state]}: ${card.why.join("; ")}` : STATES[card.state]],
        ["Length", card.clip ? clock(card.clip.seconds) : card.seconds ? `about ${clock(card.seconds)}` : ""],
        ["Credits", credits(card.credits)],
        ["Address", card.address],
        ["Written in", card.state === "failed" ? "" : card.place],
      ];
      this.facts.replaceChildren(...facts.filter(([, value]) => value).map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
    }
  }

  const squeezed = (text) => text.split(/\s+/).join(" ").trim();
  const plain = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

  /** What there is to see of a scene: what grows while it is made, else its video. */
  function sourceOf(card) {
    if (card.growing && card.state === "rendering") return { scene: card.address, url: card.growing, kind: "mp4", words: [], cues: [], growing: true, seconds: card.seconds };
    const clip = card.clip;
    return clip && { scene: card.address, url: clip.video, kind: clip.kind, words: clip.words, cues: clip.cues, growing: false };
  }

  /** The text to show with a version: as written when it says that, else the words that are heard. */
  const scriptOf = (card, source) => (source.growing || card.state === "up-to-date" || !source.words.length ? card.script : "");

  Object.assign(window.didgen, { Stage });
})();
