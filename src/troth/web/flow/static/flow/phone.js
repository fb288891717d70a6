/* The phone's ticket: the band of waiting shortens as time goes by; the phone shakes when the turn comes. */
(() => {
  "use strict";
  const ticket = document.getElementById("ticket");
  if (!ticket) return;
  const told = ticket.dataset, title = document.title;
  let since = +told.since, low = +told.low, high = +told.high, shaken = "";
  const words = ticket.querySelector("[data-band]"), span = ticket.querySelector("[data-span]"), gone = ticket.querySelector("[data-gone]");

  function draw() {
    const now = Date.now() / 1000, whole = Math.max(1, high - since);
    const at = (instant) => Math.min(600, Math.max(0, (600 * (instant - since)) / whole));
    gone.setAttribute("width", at(now));
    const start = at(Math.max(now, low));
    span.setAttribute("x", Math.min(start, 590));
    span.setAttribute("width", Math.max(10, 600 - start));
    const least = Math.floor((low - now) / 60 + 0.25), most = Math.max(1, Math.ceil((high - now) / 60 - 0.25));
    if (most >= 90) return; // the page says hours better
    words.textContent = now > high + 60 ? told.late : now >= high ? told.now : least < 1 || least >= most
      ? told.under.replace("{most}", most) : told.range.replace("{least}", least).replace("{most}", most);
  }

  function call(said) {
    ticket.classList.toggle("is-called", Boolean(said.called));
    const state = said.called ? `called ${said.counter} ${said.calls || ""}` : said.soon ? "soon" : "";
    document.title = said.called ? `${told.called}: ${said.counter}` : said.soon ? `${told.soon} · ${title}` : title;
    if (state && state !== shaken && navigator.vibrate && navigator.userActivation?.hasBeenActive) navigator.vibrate(said.called ? [300, 150, 300, 150, 300] : [200]);
    shaken = state;
  }

  ticket.addEventListener("troth:live", (event) => {
    const said = event.detail;
    if (said.low !== undefined) { since = said.since; low = said.low; high = said.high; draw(); }
    call(said);
    if (said.moved) location.replace(said.moved);
  });
  draw();
  setInterval(draw, 10000);
})();
