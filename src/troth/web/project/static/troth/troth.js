/* What pages do by themselves: live figures, keys, undo, the side sheet. Every page also works without it. */
(() => {
  "use strict";
  const root = document.documentElement;
  const $ = (what, where = document) => where.querySelector(what);
  const $$ = (what, where = document) => [...where.querySelectorAll(what)];
  const keep = {
    get: (name) => { try { return localStorage.getItem(name); } catch { return null; } },
    set: (name, value) => { try { localStorage.setItem(name, value); } catch { /* private windows keep nothing */ } },
  };

  /* Live figures ---- */

  function tint(element) {
    element.classList.remove("changed");
    void element.offsetWidth; // the animation starts anew
    element.classList.add("changed");
  }

  /* `data-field=NAME` takes the text of NAME; `data-set="ATTRIBUTE=NAME ..."` the attribute; `data-show=NAME` is there
     while NAME says something, `data-hide=NAME` while it does not. */
  function show(place, said) {
    for (const element of $$("[data-field]", place)) {
      const value = said[element.dataset.field];
      const text = value === null ? "" : String(value);
      if (value === undefined || element.textContent === text) continue;
      element.textContent = text;
      tint(element);
    }
    for (const element of $$("[data-set]", place)) {
      for (const pair of element.dataset.set.split(" ")) {
        const [attribute, name] = pair.split("=");
        if (said[name] !== undefined) element.setAttribute(attribute, said[name]);
      }
    }
    for (const element of $$("[data-show]", place)) {
      if (said[element.dataset.show] !== undefined) element.hidden = !said[element.dataset.show];
    }
    for (const element of $$("[data-hide]", place)) {
      if (said[element.dataset.hide] !== undefined) element.hidden = Boolean(said[element.dataset.hide]);
    }
  }

  /* Parts that must be drawn anew come from the page itself, by their id; what somebody is typing in stays. */
  let drawing = false, again = false, asking = 0;
  /* A page whose figures are still being worked out says when to ask for them: `data-again=SECONDS`. */
  function later(patience = 0) {
    const mark = $("main [data-again]");
    clearTimeout(asking);
    if (mark) asking = setTimeout(redraw, 1000 * Math.max(patience, Number(mark.dataset.again)));
  }
  async function redraw() {
    const parts = $$("[data-refresh][id]").filter((part) => !part.contains(document.activeElement) || !busy(part));
    if (!parts.length) return;
    if (drawing) { again = true; return; }
    drawing = true;
    let patience = 5;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html", "X-Part": "1" }, credentials: "same-origin" });
      if (!answer.ok || answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of parts) {
        const fresh = page.getElementById(part.id);
        if (!fresh || fresh.innerHTML === part.dataset.was) continue;
        const focused = document.activeElement && part.contains(document.activeElement) ? document.activeElement.id : "";
        const before = texts(part);
        part.dataset.was = fresh.innerHTML;
        part.replaceChildren(...fresh.cloneNode(true).childNodes);
        for (const [name, text] of texts(part)) if (before.has(name) && before.get(name) !== text) tint($(`[data-field="${name}"]`, part));
        if (focused) document.getElementById(focused)?.focus();
      }
      patience = 0;
      document.dispatchEvent(new Event("troth:drawn"));
    } catch { /* the next change tries again */ } finally {
      drawing = false;
      later(patience);
      if (again) { again = false; setTimeout(redraw, 250); }
    }
  }
  const texts = (part) => new Map($$("[data-field]", part).map((e) => [e.dataset.field, e.textContent]));
  const busy = (part) => Boolean($("input:not([type=hidden],[type=submit]):focus,textarea:focus,select:focus,dialog[open],details[open]", part));

  function take(place, text) {
    let said;
    try { said = JSON.parse(text); } catch { return; }
    show(place, said);
    if (said.refresh && said.mark !== place.dataset.mark) redraw();
    if (said.mark) place.dataset.mark = said.mark;
    place.dispatchEvent(new CustomEvent("troth:live", { detail: said, bubbles: true }));
  }

  function follow(place) {
    const address = place.dataset.live;
    let timer = 0, failed = 0, polled = 0, source = null, turn = 0;
    const quiet = () => { turn += 1; clearTimeout(timer); timer = 0; };
    const stop = () => { quiet(); source?.close(); };
    const poll = async () => {
      const asked = turn;
      try {
        const answer = await fetch(`${address}.json`, { credentials: "same-origin" });
        const over = [404, 410].includes(answer.status), text = answer.ok ? await answer.text() : "";
        if (asked !== turn) return; // too old
        if (!answer.ok && !over) throw new Error(String(answer.status));
        online(true);
        if (over) return;
        take(place, text);
        failed = 0;
        if (++polled % 12 === 0 && source?.readyState === 2) return listen(); // try a stream again
      } catch { if (asked !== turn) return; if (++failed > 1) online(false); }
      timer = setTimeout(poll, Math.min(60000, 5000 * 2 ** Math.min(failed, 4)));
    };
    const listen = () => {
      stop();
      if (!window.EventSource) return void poll();
      source = new EventSource(address);
      let heard = false;
      timer = setTimeout(poll, 5000);
      source.onopen = () => { heard = true; quiet(); failed = 0; online(true); };
      source.onmessage = (event) => { heard = true; take(place, event.data); };
      source.onerror = () => {
        // No stream gets through: ask now and then.
        if (source.readyState === 2 || !heard) { stop(); poll(); }
        else if (!timer) timer = setTimeout(poll, 3000);
      };
    };
    if (place.dataset.every) setInterval(() => { if (!document.hidden) redraw(); }, 1000 * place.dataset.every);
    listen();
    addEventListener("offline", listen);
    addEventListener("online", listen);
    addEventListener("pagehide", stop);
  }

  function online(yes) {
    const banner = $("[data-offline]");
    if (banner) banner.hidden = yes;
  }

  /* Keys ---- */

  const typing = (element) => element && (element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName));
  const named = (element) => element.dataset.keyName || element.getAttribute("aria-label") || element.textContent.replace(element.dataset.key.toUpperCase(), "").trim();

  function keys(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target) || $("dialog[open]")) return;
    if (event.key === "?") { event.preventDefault(); list(); return; }
    if (event.key === "/") { const find = $("[data-find]"); if (find) { event.preventDefault(); find.focus(); } return; }
    if (keep.get("troth-keys") === "off" || event.repeat) return;
    const button = $$(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`).find((e) => !e.disabled && e.offsetParent);
    if (button) { event.preventDefault(); button.click(); }
  }

  function list() {
    const dialog = document.getElementById("keys");
    if (!dialog) return;
    const rows = $("[data-rows]", dialog);
    rows.replaceChildren();
    for (const button of $$("[data-key]")) {
      const key = document.createElement("kbd"), words = document.createElement("span");
      key.textContent = button.dataset.key.toUpperCase();
      words.textContent = named(button);
      rows.append(key, words);
    }
    const box = $("input", dialog);
    if (box) { box.checked = keep.get("troth-keys") !== "off"; box.onchange = () => keep.set("troth-keys", box.checked ? "on" : "off"); }
    dialog.showModal();
  }

  /* Sheets, dialogs, tables, forms ---- */

  async function sheet(address) {
    const dialog = document.getElementById("sheet");
    if (!dialog) { location.href = address; return; }
    try {
      for (let mark = null, first = true; first || (mark && dialog.open); first = false) {
        if (mark) await new Promise((go) => setTimeout(go, 1000 * mark.dataset.again));
        const answer = await fetch(address, { headers: { Accept: "text/html", ...(mark && { "X-Part": "1" }) }, credentials: "same-origin" });
        const page = new DOMParser().parseFromString(await answer.text(), "text/html"), body = page.querySelector("main");
        if (!answer.ok || answer.redirected || !body) { location.href = address; return; }
        mark = $("[data-again]", body);
        for (const part of $$("[id]", body)) part.removeAttribute("id"); // those of the page underneath stay the only ones
        $("[data-body]", dialog).replaceChildren(...body.childNodes);
        if (first) dialog.showModal();
      }
    } catch { location.href = address; }
  }

  function sort(button) {
    const head = button.closest("th"), table = head.closest("table"), body = table.tBodies[0];
    const place = [...head.parentNode.children].indexOf(head);
    const down = head.getAttribute("aria-sort") === "ascending";
    const value = (row) => row.children[place]?.dataset.value ?? row.children[place]?.textContent.trim() ?? "";
    const rows = [...body.rows].sort((a, b) => value(a).localeCompare(value(b), root.lang, { numeric: true }));
    for (const other of $$("th[aria-sort]", table)) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    body.append(...(down ? rows.reverse() : rows));
  }

  document.addEventListener("click", (event) => {
    const hit = (what) => event.target.closest(what);
    let found;
    if ((found = hit("[data-open]"))) { const d = document.getElementById(found.dataset.open); if (d?.showModal) { event.preventDefault(); d.showModal(); } }
    else if ((found = hit("[data-close]"))) found.closest("dialog")?.close();
    else if ((found = hit("[data-print]"))) print();
    else if ((found = hit("[data-keys]"))) list();
    else if ((found = hit("[data-menu]"))) { event.preventDefault(); const open = $(".rail")?.classList.toggle("open"); found.setAttribute("aria-expanded", String(open)); }
    else if ((found = hit("[data-fold]"))) { const on = root.classList.toggle("folded"); keep.set("troth-rail", on ? "folded" : ""); found.setAttribute("aria-expanded", String(!on)); }
    else if ((found = hit("[data-reload]"))) location.reload();
    else if ((found = hit("[data-dismiss]"))) found.closest(".toast")?.remove();
    else if ((found = hit("button.sort"))) sort(found);
    else if ((found = hit("[data-sheet]")) && !hit("a,button,input,label,select")) sheet(found.dataset.sheet);
    else if (event.target.tagName === "DIALOG") event.target.close();
    if (!hit(".rail,[data-menu]")) $(".rail.open")?.classList.remove("open");
    for (const pop of $$("details.pop[open]")) if (!pop.contains(event.target)) pop.open = false;
  });
  document.addEventListener("keydown", (event) => {
    keys(event);
    if (event.key === "Escape") { $(".rail.open")?.classList.remove("open"); for (const pop of $$("details.pop[open]")) { pop.open = false; $("summary", pop).focus(); } }
  });

  /* A form is sent once; the button that sent it still travels along. */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) { event.preventDefault(); return; }
    if (form.method === "dialog" || form.target) return;
    form.dataset.sent = "1";
    setTimeout(() => { for (const b of $$("button", form)) b.setAttribute("aria-disabled", "true"); });
    setTimeout(() => free(form), 8000);
  });
  const free = (form) => { delete form.dataset.sent; for (const b of $$("button", form)) b.removeAttribute("aria-disabled"); };
  document.addEventListener("change", (event) => { if (event.target.closest("[data-submit]")) event.target.form.requestSubmit(); });
  addEventListener("pageshow", (event) => { if (event.persisted) { $$("form").forEach(free); dispatchEvent(new Event(navigator.onLine ? "online" : "offline")); } });
  addEventListener("offline", () => online(false));
  addEventListener("online", () => { online(true); redraw(); });

  later();
  if (keep.get("troth-rail") === "folded") root.classList.add("folded");
  for (const place of $$("[data-live]")) follow(place);
  for (const toast of $$(".toast:not(.error)")) setTimeout(() => { if (!toast.contains(document.activeElement)) toast.remove(); }, 12000);
  window.troth = { redraw, show };
})();
