"use strict";
// Under `didgen serve`: the key, which stays in this script's memory, and a talk made by hand through the server's API.

(() => {
  const { el } = window.didgen;
  const $ = (id) => document.getElementById(id);
  let key = "";

  const headers = () => (key ? { Authorization: `Basic ${key}` } : {});

  /** Ask for the key; hear(headers) is called with each one that is given. wrong: the last one was not it. */
  function askKey(wrong, hear) {
    const form = $("key-form");
    form.querySelector(".refusal").hidden = !wrong;
    form.onsubmit = (event) => {
      event.preventDefault();
      key = form.elements.key.value.trim();
      form.reset();
      $("key").close();
      hear(headers());
    };
    if (!$("key").open) $("key").showModal();
  }

  /** Let talks be made; made(id) hears of each. */
  function offerTalks(made) {
    if (!$("make-button").hidden) return;
    $("make-button").hidden = false;
    const form = $("make-form"), photo = form.elements.photo;
    $("make-button").onclick = () => { fillVoices(form.elements.voice); $("make").showModal(); };
    $("make-cancel").onclick = () => $("make").close();
    photo.onchange = () => show(photo.files[0]);
    form.onsubmit = async (event) => {
      event.preventDefault();
      const refusal = form.querySelector(".refusal"), button = form.querySelector(".strong");
      refusal.hidden = button.disabled = true;
      try {
        made(await make(photo.files[0], form.elements.text.value, form.elements.voice.value));
        form.reset();
        show(null);
        $("make").close();
      } catch (error) {
        refusal.textContent = error.message;
        refusal.hidden = false;
      }
      refusal.hidden = !refusal.textContent || !$("make").open;
      button.disabled = false;
    };
  }

  function show(file) {
    const img = $("make-photo");
    if (img.src) URL.revokeObjectURL(img.src);
    img.hidden = !file;
    if (file) img.src = URL.createObjectURL(file);
    else img.removeAttribute("src");
  }

  async function fillVoices(select) {
    if (select.options.length) return;
    const voices = await ask("tts/voices", {});
    const groups = Map.groupBy ? Map.groupBy(voices, (voice) => voice.languages[0].locale) : new Map([["", voices]]);
    for (const [locale, members] of groups)
      select.append(el("optgroup", { label: locale }, ...members.map((voice) => el("option", { value: voice.id }, `${voice.name} · ${voice.gender}`))));
  }

  async function make(photo, text, voice) {
    const body = new FormData();
    body.append("image", photo);
    const { url } = await ask("images", { method: "POST", body });
    const provider = voice ? { type: "didgen", voice_id: voice } : undefined;
    const talk = { source_url: url, script: { type: "text", input: text, provider } };
    const answer = await ask("talks", { method: "POST", body: JSON.stringify(talk), headers: { "Content-Type": "application/json" } });
    return `talks/${answer.id}`;
  }

  /** An answer of the API as JSON. Throws an Error in the server's words. */
  async function ask(path, options) {
    let answer;
    try {
      answer = await fetch(path, { ...options, headers: { ...options.headers, ...headers() } });
    } catch {
      throw new Error("The server cannot be reached.");
    }
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(told.description || `The server answers ${answer.status}.`);
    return told;
  }

  Object.assign(window.didgen, { askKey, offerTalks, keyHeaders: headers });
})();
