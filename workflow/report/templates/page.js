/* The page without network: figures with a toolbar that the keyboard reaches; light and dark;
   print. Without this script the figures are the same, and still. */
"use strict";
const Page = (() => {
  const root = document.documentElement;
  const LIGHT = { ink: "#22303c", grid: "#d5dbe1", paper: "#ffffff" };
  const shade = (name) => getComputedStyle(root).getPropertyValue(`--${name}`).trim();

  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else if (value !== null) made.setAttribute(name, value);
    }
    made.append(...children);
    return made;
  }
  const button = (text, label, onclick) =>
    element("button", { type: "button", "aria-label": label, title: label, onclick }, text);

  function save(blob, name) {
    const link = element("a", { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  /* ---- light and dark ---- */
  const system = matchMedia("(prefers-color-scheme: dark)");
  const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const listeners = [];
  function themed() {
    const toggle = document.getElementById("theme");
    toggle.textContent = dark() ? "Light" : "Dark";
    toggle.setAttribute("aria-label", `Switch to ${dark() ? "light" : "dark"} colours`);
    for (const listener of listeners) listener();
  }

  /* ---- figures: the picture itself, zoomed by its viewBox ---- */
  const svgOf = (figure) => figure.querySelector(".still > svg");
  function move(svg, scale, shift) {
    svg.dataset.whole ??= svg.getAttribute("viewBox");
    const [x, y, width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
    const w = width * scale, h = height * scale;
    if (w > 1.001 * Number(svg.dataset.whole.split(" ")[2])) return reset(svg);
    svg.setAttribute("viewBox", [x + (width - w) / 2 + shift * width, y + (height - h) / 2, w, h].join(" "));
  }
  function reset(svg) {
    if (svg.dataset.whole) svg.setAttribute("viewBox", svg.dataset.whole);
  }

  /* The values under the pointer, from where the axes lie in the picture. */
  function reading(figure, event) {
    const svg = svgOf(figure);
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    for (const axes of JSON.parse(figure.dataset.axes)) {
      const words = [];
      for (const kind of ["x", "y"]) {
        const { points, values, log, name } = axes[kind];
        const part = (at[kind] - points[0]) / (points[1] - points[0]);
        if (part < 0 || part > 1) { words.length = 0; break; }
        if (!values) continue;
        const [low, high] = log ? values.map(Math.log10) : values;
        const found = low + part * (high - low);
        words.push(`${name || kind}: ${Number((log ? 10 ** found : found).toPrecision(4))}`);
      }
      if (words.length) return words.join(" · ");
    }
    return "";
  }

  /* What is shown now, in light colours and on white, as text of a file. */
  function image(figure) {
    const copy = svgOf(figure).cloneNode(true);
    const [, , width, height] = copy.getAttribute("viewBox").split(" ");
    copy.setAttribute("width", width);
    copy.setAttribute("height", height);
    copy.setAttribute("style", `background:${LIGHT.paper};color:${LIGHT.ink}`);
    return new XMLSerializer().serializeToString(copy)
      .replaceAll(/var\(--c([0-9a-f]{6})\)/g, "#$1").replaceAll("var(--grid)", LIGHT.grid)
      .replaceAll("var(--sans)", "sans-serif");
  }
  function png(figure) {
    const box = svgOf(figure).viewBox.baseVal, scale = 4;
    const picture = new Image();
    picture.onload = () => {
      const canvas = element("canvas", { width: Math.round(box.width * scale), height: Math.round(box.height * scale) });
      const pen = canvas.getContext("2d");
      pen.fillStyle = LIGHT.paper;
      pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
      canvas.toBlob((blob) => save(blob, `${figure.dataset.name}.png`), "image/png");
    };
    picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(image(figure))}`;
  }

  async function table(figure) {
    const packed = atob(figure.querySelector("script.csv").textContent);
    const bytes = Uint8Array.from(packed, (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const text = await new Response(stream).text();
    save(new Blob([text], { type: "text/csv" }), `${figure.dataset.name}.csv`);
    return text;
  }

  function tools(figure) {
    const svg = svgOf(figure);
    const name = figure.querySelector("figcaption b").textContent.replace(/\.$/, "");
    const bar = element("div", { class: "tools", role: "toolbar", "aria-label": `Tools: ${name}` });
    const values = element("span", { class: "gap values", "aria-hidden": "true" });
    bar.append(
      button("+", "Zoom in", () => move(svg, 0.6, 0)),
      button("−", "Zoom out", () => move(svg, 1 / 0.6, 0)),
      button("←", "Move left", () => move(svg, 1, -0.2)),
      button("→", "Move right", () => move(svg, 1, 0.2)),
      button("Reset", "Reset the view", () => reset(svg)),
      values,
      button("SVG", "Download as SVG", () => save(new Blob([image(figure)], { type: "image/svg+xml" }), `${figure.dataset.name}.svg`)),
      button("PNG", "Download as PNG", () => png(figure)),
      button("CSV", "Download the data as CSV", () => table(figure)),
    );
    svg.addEventListener("pointermove", (event) => { values.textContent = reading(figure, event); });
    svg.addEventListener("pointerleave", () => { values.textContent = ""; });
    figure.querySelector(".still").after(bar);
    const numbers = [...new Set([...svg.querySelectorAll("[data-replica]")].map((g) => Number(g.dataset.replica)))];
    if (numbers.length > 1) bar.after(replicas(svg, numbers.sort((a, b) => a - b)));
  }

  function replicas(svg, numbers) {
    const of = (n) => svg.querySelectorAll(`[data-replica="${n}"]`);
    const show = (n, shown) => { for (const g of of(n)) g.style.display = shown ? "" : "none"; };
    const boxes = numbers.map((n) =>
      element("input", {
        type: "checkbox", checked: "", "data-box": n,
        onchange: (event) => show(n, event.target.checked),
      }));
    const all = (shown) => numbers.forEach((n, i) => { boxes[i].checked = shown; show(n, shown); });
    const stress = (n) => {
      for (const other of numbers) {
        for (const g of of(other)) g.style.opacity = n === null || n === other ? "" : "0.12";
      }
    };
    const labels = numbers.map((n, i) => {
      const label = element("label", {}, boxes[i], ` ${n}`);
      label.addEventListener("mouseenter", () => stress(n));
      label.addEventListener("mouseleave", () => stress(null));
      boxes[i].addEventListener("focus", () => { if (boxes[i].matches(":focus-visible")) stress(n); });
      boxes[i].addEventListener("blur", () => stress(null));
      return label;
    });
    const group = element("div", { role: "group", "aria-label": "Replicas shown", class: "boxes" },
      button("All", "Show all replicas", () => all(true)),
      button("None", "Hide all replicas", () => all(false)), ...labels);
    return element("details", { class: "replicas" },
      element("summary", {}, `Show or hide replicas (${numbers.length})`), group);
  }

  /* ---- print: the flat crystals stand for the 3-D view ---- */
  const flat = () => document.querySelector("details.flat");
  let folded = false;
  function beforePrint() {
    folded = flat()?.open === false;
    if (folded) flat().open = true;
  }
  function afterPrint() {
    if (folded) flat().open = false;
  }

  function start() {
    const toggle = document.getElementById("theme");
    toggle.hidden = false;
    toggle.addEventListener("click", () => {
      root.dataset.theme = dark() ? "light" : "dark";
      themed();
    });
    system.addEventListener("change", themed);
    themed();
    document.querySelectorAll("figure.chart").forEach(tools);
    addEventListener("beforeprint", beforePrint);
    addEventListener("afterprint", afterPrint);
    /* The first screen needs no Plotly, which draws the 3-D view: it is read once that is there. */
    const loaded = new Promise((done) => {
      if (document.readyState === "complete") done();
      else addEventListener("load", () => setTimeout(done), { once: true });
    });
    return loaded.then(() => {
      const plotly = element("script");
      plotly.text = document.getElementById("plotly").textContent;
      document.head.append(plotly);
    });
  }

  return { start, element, button, save, shade, listeners, table };
})();
Page.ready = Page.start();
