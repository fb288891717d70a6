/* Draws the figures of a page: light or dark as the page is, again when that changes, and light on paper. */
(() => {
  "use strict";
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const config = { displayModeBar: false, responsive: true, showTips: false, doubleClick: "reset" };
  const turned = (value, swaps) => {
    if (typeof value === "string") return Object.hasOwn(swaps, value) ? swaps[value] : value;
    if (Array.isArray(value)) return value.map((one) => turned(one, swaps));
    if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, turned(v, swaps)]));
    return value;
  };
  const narrow = matchMedia("(max-width: 800px)");
  // On a phone every second or third name under the axis: all of them would run into each other.
  const thinned = (axis) => {
    if (!narrow.matches || !axis?.tickvals || !axis.ticktext) return;
    const room = Math.max(2, Math.floor(40 / Math.max(...axis.ticktext.map((one) => String(one).length + 2))));
    const every = Math.ceil(axis.tickvals.length / room);
    for (const part of ["tickvals", "ticktext"]) axis[part] = axis[part].filter((_, k) => k % every === 0);
  };
  const told = new WeakMap();
  const draw = (light) => {
    if (typeof Plotly === "undefined") return;
    for (const box of document.querySelectorAll("[data-plot]")) {
      const script = box.querySelector("script");
      if (script) { told.set(box, JSON.parse(script.textContent)); script.remove(); }
      const { figure, swaps } = told.get(box);
      const shown = dark.matches && !light ? turned(figure, swaps) : structuredClone(figure);
      thinned(shown.layout.xaxis);
      if (shown.layout.height) box.style.height = `${shown.layout.height}px`; // else a new width lets it grow out of its box
      Plotly.react(box, shown.data, shown.layout, config);
    }
  };
  draw(false);
  document.addEventListener("troth:drawn", () => draw(false));
  for (const media of [dark, narrow]) media.addEventListener("change", () => draw(false));
  addEventListener("beforeprint", () => draw(true));
  addEventListener("afterprint", () => draw(false));
})();
