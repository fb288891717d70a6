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
  const told = new WeakMap();
  const draw = (light) => {
    if (typeof Plotly === "undefined") return;
    for (const box of document.querySelectorAll("[data-plot]")) {
      const script = box.querySelector("script");
      if (script) { told.set(box, JSON.parse(script.textContent)); script.remove(); }
      const { figure, swaps } = told.get(box);
      const shown = dark.matches && !light ? turned(figure, swaps) : structuredClone(figure);
      Plotly.react(box, shown.data, shown.layout, config);
    }
  };
  draw(false);
  document.addEventListener("troth:drawn", () => draw(false));
  dark.addEventListener("change", () => draw(false));
  addEventListener("beforeprint", () => draw(true));
  addEventListener("afterprint", () => draw(false));
})();
