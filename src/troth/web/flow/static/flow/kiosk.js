/* The kiosk goes back to its first page when nobody touches it, and asks before it does. */
(() => {
  "use strict";
  const main = document.querySelector("[data-home]"), dialog = document.getElementById("idle");
  const rest = +main.dataset.idle;
  const bar = dialog?.querySelector("progress");
  let left = rest, asked = 0;
  const home = () => { location.replace(main.dataset.home); };
  const touched = () => { left = rest; if (dialog?.open) dialog.close(); asked = 0; };
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, touched);
  // What somebody left behind must not come back with the back button.
  addEventListener("pageshow", (event) => { if (event.persisted) home(); });
  if (!rest) { setInterval(() => location.reload(), 10 * 60000); return; }
  setInterval(() => {
    if (asked) {
      asked -= 1;
      if (bar) bar.value = asked;
      if (!asked) home();
    } else if ((left -= 1) <= 0 && dialog?.showModal) { asked = 15; bar.value = 15; dialog.showModal(); }
    else if (left <= 0) home();
  }, 1000);
})();
