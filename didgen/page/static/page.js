"use strict";
// The page: the board as it is known here, what is chosen and filtered, the keyboard, and who hears of what.

(() => {
  const { follow, List, Stage, STATES, FILTERS, el, clock, askKey, offerTalks, unload } = window.didgen;
  const $ = (id) => document.getElementById(id);
  const cards = new Map();
  let board = { title: "didgen", live: false, order: [], films: [], problems: [] };
  let order = [], current = null, film = null;
  const wanted = { project: "", locale: "", row: "", state: "", q: "" };

  const list = new List($("list"), { pick: (address) => choose(address), film: (group) => startFilm(group) });
  const stage = new Stage($("stage"), {
    move: (step) => move(step),
    next: () => nextOfFilm(),
    coming: () => cards.get(comingOfFilm())?.clip?.video,
    film: () => (film ? endFilm() : startFilm(cards.get(current)?.group, current)),
    hasFilm: (card) => filmOf(card.group).length > 1,
  });
  const states = $("states");

  // -- what comes in -------------------------------------------------------------------------------------------

  const fresh = new Map(); // a message that broke off is told again: what was said last counts

  function hearCards(news) { for (const card of news) fresh.set(card.address, card); }

  function hearBoard(news) {
    const changed = [...fresh.values()].filter((card) => JSON.stringify(cards.get(card.address)) !== JSON.stringify(card));
    const before = new Map(changed.map((card) => [card.address, cards.get(card.address)]));
    fresh.clear();
    for (const card of changed) cards.set(card.address, card);
    board = { ...board, ...news };
    if (news.order) order = news.order;
    const known = new Set(order);
    for (const address of cards.keys()) if (!known.has(address)) cards.delete(address);
    tellProblems();
    if (!news.order && changed.length && changed.every((card) => onlyProgress(before.get(card.address), card))) list.refresh(changed, all());
    else draw();
    const shown = changed.find((card) => card.address === current);
    if (shown) stage.update(shown);
    if (!cards.has(current)) choose(fromHash().scene && cards.has(fromHash().scene) ? fromHash().scene : list.shown[0] || order[0], { quiet: true });
    for (const card of changed) announce(card, before.get(card.address));
    takeAwaited();
  }

  /** Ten times a second a scene comes on a little: that is no reason to look at a thousand others. */
  function onlyProgress(before, card) {
    const rest = (one) => JSON.stringify({ ...one, progress: 0, stage: "", growing: null });
    return Boolean(before) && rest(before) === rest(card);
  }

  function announce(card, before) {
    if (!before || before.state === card.state) return;
    if (card.state === "failed") tell(`${card.address} failed: ${card.reason}`);
    if (card.state === "up-to-date") tell(`${card.address} is ready`);
    const begun = card.state === "rendering";
    if (begun && following() && !stage.watched && card.address !== current && list.shown.includes(card.address)) choose(card.address, { quiet: true });
  }

  const tell = (text) => { $("told").textContent = text; };

  function tellProblems() {
    const box = $("problems");
    box.hidden = !board.problems.length;
    if (box.dataset.told === JSON.stringify(board.problems)) return;
    box.dataset.told = JSON.stringify(board.problems);
    box.replaceChildren(...board.problems.map((problem) => el("p", {},
      problem.place ? el("code", {}, problem.place) : null, problem.place ? " " : null,
      problem.field ? el("code", {}, problem.field) : null, problem.field ? " " : null,
      problem.message, problem.hint ? el("span", { class: "hint" }, ` ${problem.hint}`) : null)));
  }

  function tellLive(state) {
    const words = { live: board.live ? "live" : "", lost: "not connected, trying again", refused: "a key is needed" };
    $("live").textContent = words[state] ?? "";
    $("live").dataset.state = state;
    $("live").hidden = !words[state];
    $("follow").hidden = !board.live;
  }

  // -- what is drawn -------------------------------------------------------------------------------------------

  const all = () => order.map((address) => cards.get(address)).filter(Boolean);

  function draw() {
    const scenes = all();
    fillFilters(scenes);
    fillStates(scenes);
    list.show(scenes, wanted, board.films);
    list.mark(current);
    $("title").textContent = board.title;
    const failed = scenes.filter((card) => card.state === "failed").length + board.problems.length;
    const making = scenes.filter((card) => card.state === "rendering").length;
    document.title = [failed ? `✗ ${failed}` : making ? `● ${making}` : "", board.title].filter(Boolean).join(" · ");
  }

  function fillFilters(scenes) {
    for (const name of FILTERS) {
      const select = $("filters").elements[name];
      const values = [...new Set(scenes.map((card) => card[name]).filter(Boolean))].sort();
      if (wanted[name] && !values.includes(wanted[name])) values.unshift(wanted[name]);
      select.hidden = values.length < 2 && !wanted[name];
      if (select.dataset.values !== JSON.stringify(values)) {
        select.dataset.values = JSON.stringify(values);
        select.replaceChildren(el("option", { value: "" }, `all ${name}s`), ...values.map((value) => el("option", { value }, value)));
      }
      select.value = wanted[name];
    }
    if (document.activeElement !== $("search")) $("search").value = wanted.q;
  }

  function fillStates(scenes) {
    const total = scenes.reduce((sum, card) => sum + (card.clip?.seconds ?? card.seconds), 0);
    const counts = Object.keys(STATES).map((state) => [state, scenes.filter((card) => card.state === state).length]);
    const shown = counts.filter(([state, count]) => (count && state !== "up-to-date") || wanted.state === state);
    const buttons = shown.map(([state, count]) => el("button", {
      type: "button", class: "state", "data-state": state, "aria-pressed": String(wanted.state === state),
      onclick: () => change({ state: wanted.state === state ? "" : state }),
    }, `${count} ${STATES[state]}`));
    const text = `${scenes.length} scene${scenes.length === 1 ? "" : "s"} · ${clock(total)}`;
    const key = JSON.stringify([text, shown, wanted.state]);
    if (states.dataset.key === key) return;
    states.dataset.key = key;
    states.replaceChildren(el("span", {}, text), ...buttons);
  }

  // -- what is chosen ------------------------------------------------------------------------------------------

  function choose(address, { play = false, quiet = false, keepFilm = false } = {}) {
    const card = cards.get(address);
    if (!card) { current = null; return; }
    if (!keepFilm && film) endFilm();
    current = address;
    list.mark(address);
    toHash();
    stage.show(card, { play });
    if (!quiet && !matchMedia("(min-width: 1000px)").matches) $("stage").scrollIntoView({ block: "start" });
  }

  function move(step) {
    const at = list.shown.indexOf(current);
    const next = list.shown[at < 0 ? 0 : Math.max(0, Math.min(list.shown.length - 1, at + step))];
    if (next && next !== current) choose(next, { play: stage.watched, quiet: true });
  }

  const following = () => board.live && $("follow").getAttribute("aria-pressed") === "true";

  function toggleFollow() { $("follow").setAttribute("aria-pressed", String(!following())); }

  // -- the film ------------------------------------------------------------------------------------------------

  /** Addresses of a group's film that can be played, in order. */
  function filmOf(group) {
    const found = board.films.find((one) => one.address === `${group}#film`);
    return (found?.scenes || []).filter((address) => cards.get(address)?.clip && cards.get(address).clip.kind !== "gif");
  }

  function startFilm(group, from = null) {
    const scenes = filmOf(group);
    const first = scenes.includes(from) ? from : scenes[0];
    if (!first) return;
    film = group;
    stage.setFilm(true);
    stage.toggleCompare(false);
    stage.toggleCaptions(true);
    if (first === current) stage.play();
    else choose(first, { play: true, keepFilm: true });
  }

  function endFilm() { film = null; stage.setFilm(false); }

  function comingOfFilm() {
    const scenes = film ? filmOf(film) : [];
    return scenes[scenes.indexOf(current) + 1];
  }

  function nextOfFilm() {
    const next = comingOfFilm();
    if (next) choose(next, { play: true, keepFilm: true, quiet: true });
    else endFilm();
  }

  // -- the address bar keeps what is chosen ----------------------------------------------------------------------

  const fromHash = () => Object.fromEntries(new URLSearchParams(location.hash.slice(1)));

  function toHash() {
    const kept = { ...wanted, scene: current || "" };
    const text = new URLSearchParams(Object.entries(kept).filter(([, value]) => value)).toString();
    if (location.hash.slice(1) !== text) history.replaceState(null, "", `#${text}`);
  }

  function change(fields) {
    Object.assign(wanted, fields);
    draw();
    toHash();
  }

  function readHash() {
    const given = fromHash();
    for (const name of Object.keys(wanted)) wanted[name] = given[name] || "";
    draw();
    if (given.scene && given.scene !== current && cards.has(given.scene)) choose(given.scene, { quiet: true });
  }

  // -- keyboard and controls -------------------------------------------------------------------------------------

  const KEYS = {
    " ": () => stage.toggle(),
    j: () => move(1), ArrowDown: () => move(1),
    k: () => move(-1), ArrowUp: () => move(-1),
    ArrowLeft: () => stage.seek(-2), ArrowRight: () => stage.seek(2),
    p: () => (film ? endFilm() : startFilm(cards.get(current)?.group, current)),
    b: () => stage.toggleCompare(),
    n: () => stage.take(),
    c: () => stage.toggleCaptions(),
    m: () => stage.mute(),
    f: () => toggleFollow(),
    "/": () => $("search").focus(),
    "?": () => $("help").showModal(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const on = event.target;
    if (on === $("search") && event.key === "Escape") { on.value = ""; change({ q: "" }); on.blur(); event.preventDefault(); return; }
    if (on.closest?.("input, select, textarea")) return;
    const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act || (event.key === " " && on.closest?.("button, summary"))) return;
    event.preventDefault();
    act();
  }, true);

  $("search").addEventListener("input", () => change({ q: $("search").value }));
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  $("filters").addEventListener("change", (event) => { if (FILTERS.includes(event.target.name)) change({ [event.target.name]: event.target.value }); });
  $("help-button").addEventListener("click", () => $("help").showModal());
  $("follow").addEventListener("click", toggleFollow);
  window.addEventListener("hashchange", readHash);
  window.addEventListener("pagehide", () => document.querySelectorAll("video").forEach(unload));

  /** Follow the server; where it wants a key, ask for it. */
  function listen(headers) {
    const heard = { cards: hearCards, board: (news) => { hearBoard(news); tellLive("live"); if (news.form) offerTalks(awaitTalk); }, state };
    function state(now) {
      tellLive(now);
      if (now === "refused") askKey("Authorization" in headers, listen);
    }
    follow("page/events", heard, headers);
  }

  let awaited = null;

  /** A talk was made here: it is shown as soon as it is on the board. */
  function awaitTalk(address) { awaited = address; takeAwaited(); }

  function takeAwaited() {
    if (!cards.has(awaited)) return;
    const address = awaited;
    awaited = null;
    choose(address);
  }

  // -- begin -------------------------------------------------------------------------------------------------------

  Object.assign(wanted, Object.fromEntries(Object.entries(fromHash()).filter(([name]) => name in wanted)));
  const inlined = $("data");
  if (inlined) {
    const data = JSON.parse(inlined.textContent);
    hearCards(data.cards);
    hearBoard(data.board);
    tellLive("");
  } else {
    listen({});
  }
})();
