"use strict";
// The list of scenes: grouped by film, filtered, each row changed in place when its scene changes.

(() => {
  const { el, clock, credits, load, unload } = window.didgen;
  const STATES = {
    "up-to-date": "up to date", stale: "stale", rendering: "rendering", failed: "failed", waiting: "waiting",
  };
  const STAGES = { speech: "speaking", face: "finding the face", rig: "preparing the face", frames: "rendering", video: "finishing" };
  const FILTERS = ["project", "locale", "row"];
  const PREVIEWS = 2; // videos that grow in the list; a browser opens six connections to one server

  /** "hello/welcome[locale=de]" → "welcome". */
  const shortName = (card) => card.title || card.address.slice(card.project.length + 1).split("[")[0] || card.address;

  /** What tells it from its neighbours in a list of several projects: locale and row. */
  const tags = (card) => [/[[,]locale=/.test(card.address) ? card.locale : "", card.row].filter(Boolean).join(" · ");

  const length = (card) => card.clip?.seconds ?? card.seconds;

  const words = (text) => text.toLowerCase();

  class List {
    /** hooks: pick(address), film(group). */
    constructor(root, hooks) {
      this.root = root;
      this.hooks = hooks;
      this.rows = new Map();
      this.groups = new Map();
      this.shown = [];
    }

    /** Put up the scenes in order; wanted: {project, locale, row, state, q}. */
    show(cards, wanted, films) {
      const visible = cards.filter((card) => fits(card, wanted));
      this.shown = visible.map((card) => card.address);
      const groups = new Map();
      for (const card of visible) groups.set(card.group, [...(groups.get(card.group) || []), card]);
      const parts = [...groups].map(([name, members]) => this.group(name, members, films));
      for (const name of this.groups.keys()) if (!groups.has(name)) this.groups.delete(name);
      const known = new Set(cards.map((card) => card.address));
      for (const address of this.rows.keys()) if (!known.has(address)) this.rows.delete(address);
      const empty = cards.length ? "No scene fits. Esc in the search shows all." : "Nothing is here yet.";
      replace(this.root, parts.length ? parts : [el("p", { class: "empty" }, empty)]);
      this.previews(cards);
    }

    /** These scenes have come on, and nothing else is different. */
    refresh(changed, cards) {
      for (const card of changed) if (this.rows.has(card.address)) this.row(card);
      this.previews(cards);
    }

    group(name, members, films) {
      let group = this.groups.get(name);
      if (!group) {
        const play = el("button", { class: "quiet", type: "button", onclick: () => this.hooks.film(name) }, "Play film");
        const [heading, sum, rows] = [el("h2", {}), el("p", { class: "sum" }), el("ol", {})];
        const box = el("section", { class: "group" }, el("header", {}, heading, sum, play), rows);
        group = { box, heading, sum, rows, play };
        this.groups.set(name, group);
      }
      const keys = name.slice(members[0].project.length).replace(/^\[|\]$/g, "");
      group.heading.textContent = [members[0].project, keys && members[0].locale ? members[0].locale : keys].filter(Boolean).join(" · ");
      const total = members.reduce((sum, card) => sum + length(card), 0);
      const cost = members.every((card) => card.credits !== null) ? members.reduce((sum, card) => sum + card.credits, 0) : null;
      group.sum.textContent = [`${members.length} scene${members.length === 1 ? "" : "s"}`, clock(total), credits(cost)].filter(Boolean).join(" · ");
      group.play.hidden = !films.some((film) => film.address === `${name}#film` && film.scenes.length > 1);
      replace(group.rows, members.map((card) => this.row(card).box));
      return group.box;
    }

    row(card) {
      let row = this.rows.get(card.address);
      if (!row) {
        row = {
          thumb: el("span", { class: "thumb" }), name: el("span", { class: "name" }), tags: el("span", { class: "tags" }),
          said: el("span", { class: "line" }), state: el("span", { class: "state" }), facts: el("span", { class: "length" }),
          bar: el("progress", { class: "bar", max: 1, hidden: true, "aria-label": "Rendering" }),
        };
        row.pick = el("button", { class: "pick", type: "button", onclick: () => this.hooks.pick(card.address) },
          row.thumb,
          el("span", { class: "what" }, el("span", { class: "head" }, row.name, row.tags), row.said),
          el("span", { class: "facts" }, row.facts, row.state), row.bar);
        row.box = el("li", { class: "scene" }, row.pick);
        this.rows.set(card.address, row);
      }
      if (row.card !== card) this.fill(row, card);
      return row;
    }

    fill(row, card) {
      row.card = card;
      row.box.dataset.state = card.state;
      row.box.dataset.address = card.address;
      row.name.textContent = shortName(card);
      row.tags.textContent = tags(card);
      row.said.textContent = card.state === "failed" ? card.reason : card.script || (card.clip ? "a recording or an animation" : "");
      row.said.dir = "auto";
      row.facts.textContent = clock(length(card));
      row.state.textContent = card.state === "rendering" && card.stage !== "frames" ? STAGES[card.stage] || "starting"
        : card.state === "rendering" ? `${Math.round(card.progress * 100)} %` : STATES[card.state] || card.state;
      row.bar.hidden = card.state !== "rendering";
      if (card.stage === "frames") row.bar.value = card.progress;
      else row.bar.removeAttribute("value");
      const poster = card.clip?.poster || "";
      if (row.poster !== poster) {
        row.poster = poster;
        row.img?.remove();
        row.img = poster ? el("img", { src: poster, alt: "", loading: "lazy", decoding: "async" }) : null;
        if (row.img) row.thumb.append(row.img);
      }
    }

    /** The first rows that are being made show what there is of them. */
    previews(cards) {
      const making = cards.filter((card) => card.growing && card.state === "rendering" && this.shown.includes(card.address));
      const wanted = new Set(making.slice(0, PREVIEWS).map((card) => card.address));
      for (const [address, row] of this.rows) {
        const source = wanted.has(address) && address !== this.current ? row.card.growing : "";
        if ((row.growing || "") === source) continue;
        row.growing = source;
        if (row.video) { row.video.remove(); unload(row.video); }
        row.video = source ? el("video", { muted: true, playsInline: true, autoplay: !calm(), tabIndex: -1, "aria-hidden": "true" }) : null;
        if (!row.video) continue;
        row.thumb.append(row.video);
        load(row.video, source, { growing: true });
      }
    }

    mark(address) {
      this.rows.get(this.current)?.pick.removeAttribute("aria-current");
      this.current = address;
      const row = this.rows.get(address);
      row?.pick.setAttribute("aria-current", "true");
      if (matchMedia("(min-width: 1000px)").matches)
        row?.box.scrollIntoView({ block: "nearest", behavior: calm() ? "auto" : "smooth" });
    }
  }

  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  /** The same children are left where they are, so that nothing that plays or has the focus is torn out. */
  function replace(root, children) {
    children.forEach((child, k) => {
      if (root.children[k] !== child) root.insertBefore(child, root.children[k] || null);
    });
    while (root.children.length > children.length) root.lastElementChild.remove();
  }

  function fits(card, wanted) {
    if (FILTERS.some((name) => wanted[name] && card[name] !== wanted[name])) return false;
    if (wanted.state && card.state !== wanted.state) return false;
    const text = words([card.address, card.title, card.script, card.reason].join(" "));
    return words(wanted.q || "").split(/\s+/).every((word) => text.includes(word));
  }

  Object.assign(window.didgen, { List, STATES, FILTERS, shortName, tags, replace, calm });
})();
