"use strict";
(() => {
  const swaps = __SWAPS__, config = __CONFIG__;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const still = matchMedia("(prefers-reduced-motion: reduce)");

  // Charts: drawn in the light colours; in the dark every colour is swapped for its twin.
  const turned = (value) => {
    if (typeof value === "string") return Object.hasOwn(swaps, value) ? swaps[value] : value;
    if (Array.isArray(value)) return value.map(turned);
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, turned(part)]));
    }
    return value;
  };
  const plots = [...document.querySelectorAll(".plot")].map((box) => {
    const script = box.querySelector("script");
    const spec = JSON.parse(script.textContent);
    script.remove();
    return [box, spec];
  });
  const draw = (light) => {
    if (typeof Plotly === "undefined") return;
    for (const [box, spec] of plots) {
      const shown = dark.matches && !light ? turned(spec) : structuredClone(spec);
      Plotly.react(box, shown.data, shown.layout, config);
    }
  };
  draw(false);
  dark.addEventListener("change", () => draw(false));
  addEventListener("beforeprint", () => draw(true));
  addEventListener("afterprint", () => draw(false));

  // Tables: sorted by their heads, copied as they stand.
  const key = (row, column) => {
    const cell = row.cells[column], raw = cell.dataset.v ?? cell.textContent.trim(), figure = Number(raw);
    return raw === "" || raw === "-" ? null : Number.isNaN(figure) ? raw : figure;
  };
  const compare = (a, b) => typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), undefined, { numeric: true });
  document.addEventListener("click", (event) => {
    const sort = event.target.closest("[data-sort]");
    if (sort) {
      const head = sort.closest("th"), table = head.closest("table"), body = table.tBodies[0];
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      for (const row of body.querySelectorAll("[data-group]")) row.remove();
      const rows = [...body.rows].map((row) => [key(row, head.cellIndex), row]);
      // What has no value stands last, whichever way the others go.
      rows.sort(([a], [b]) => a === null ? (b === null ? 0 : 1) : b === null ? -1 : down ? compare(b, a) : compare(a, b));
      body.append(...rows.map(([, row]) => row));
    }
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      const table = copy.parentNode.querySelector("table");
      const quoted = (cell) => {
        let words = cell.textContent.trim().replace(/\s+/g, " ");
        // A spreadsheet would run a cell that begins like a formula; figures stay figures.
        if (/^[=@+]/.test(words) || (/^-/.test(words) && !/^-[\d.]*/.exec(words)[0].slice(1) && words !== "-")) words = "'" + words;
        return /[",\n]/.test(words) ? '"' + words.replaceAll('"', '""') + '"' : words;
      };
      const rows = [...table.rows].filter((row) => !row.hidden && !("group" in row.dataset));
      const csv = rows.map((row) => [...row.cells].map(quoted).join(",")).join("\n") + "\n";
      const said = copy.textContent;
      const tell = (words) => { copy.textContent = words; setTimeout(() => { copy.textContent = said; }, 1500); };
      const by_hand = () => {
        const area = document.createElement("textarea");
        area.value = csv;
        document.body.append(area);
        area.select();
        tell(document.execCommand("copy") ? "Copied" : "Could not copy");
        area.remove();
      };
      if (navigator.clipboard) navigator.clipboard.writeText(csv).then(() => tell("Copied"), by_hand);
      else by_hand();
    }
    const role = event.target.closest("[data-role]");
    if (role) {
      for (const other of role.parentNode.querySelectorAll("[data-role]")) other.setAttribute("aria-pressed", String(other === role));
      let group = null;
      for (const row of document.querySelectorAll("[data-tags], [data-group]")) {
        if ("group" in row.dataset) { group = row; group.hidden = true; continue; }
        row.hidden = role.dataset.role !== "" && !row.dataset.tags.split(" ").includes(role.dataset.role);
        if (group && !row.hidden) group.hidden = false;
      }
    }
    const opener = event.target.closest("a[data-sheet]");
    if (opener && typeof HTMLDialogElement !== "undefined") {
      const source = document.getElementById(opener.hash.slice(1)), sheet = document.getElementById("sheet");
      if (source && sheet) {
        event.preventDefault();
        const inside = source.cloneNode(true);
        inside.removeAttribute("id");
        sheet.querySelector(".inside").replaceChildren(inside);
        sheet.showModal();
        sheet.scrollTop = 0;
      }
    }
    if (event.target.closest("[data-close]") || event.target.id === "sheet") document.getElementById("sheet").close();
  });

  // The rail tells where the reader is.
  const links = new Map([...document.querySelectorAll("nav.rail a")].map((link) => [link.hash.slice(1), link]));
  if (typeof IntersectionObserver !== "undefined") {
    const watch = new IntersectionObserver((seen) => {
      for (const one of seen) if (one.isIntersecting) {
        for (const link of links.values()) link.removeAttribute("aria-current");
        links.get(one.target.id)?.setAttribute("aria-current", "true");
      }
    }, { rootMargin: "-10% 0px -80% 0px" });
    for (const name of links.keys()) { const part = document.getElementById(name); if (part) watch.observe(part); }
  }
  document.documentElement.style.scrollBehavior = still.matches ? "auto" : "smooth";
})();
