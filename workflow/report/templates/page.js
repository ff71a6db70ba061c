/* The page without network: figures drawn when they come into view, with a toolbar that the
   keyboard reaches; light and dark; print. Without this script the page shows still figures. */
"use strict";
const Page = (() => {
  const root = document.documentElement;
  const LIGHT = { ink: "#22303c", grid: "#d5dbe1", paper: "#ffffff" };
  /* Colours that are too dark on a dark page, and what stands for them there. */
  const BRIGHT = {
    "#0072b2": "#4ea8e6", "#d55e00": "#f08b45", "#004c6d": "#6fb7d8", "#7a5195": "#b78fd6",
    "#2f4b7c": "#86a4dc", "#00876c": "#2fb396", "#009e73": "#22b98d",
  };
  const shade = (name) => getComputedStyle(root).getPropertyValue(`--${name}`).trim();
  const now = () => ({ ink: shade("ink"), grid: shade("grid"), paper: shade("card") });

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

  /* ---- figures ---- */
  const STATIC = { displayModeBar: false, responsive: true, doubleClick: "reset" };
  function content(figure, colours) {
    let text = figure.querySelector("script.plotly").textContent;
    if (colours !== LIGHT && dark()) {
      for (const [deep, bright] of Object.entries(BRIGHT)) text = text.replaceAll(deep, bright);
    }
    for (const [name, value] of Object.entries(colours)) {
      text = text.replaceAll(`"@${name}"`, JSON.stringify(value));
    }
    const { data, layout } = JSON.parse(text);
    const notes = layout.annotations;
    const above = notes.filter((note) => note.yref.endsWith("domain") && note.y === 1);
    const beside = notes.filter((note) => note.xref.endsWith("domain") && note.x === 1);
    const lines = Math.max(0, ...above.map((note) => note.text.split("<br>").length));
    const wide = Math.max(0, ...beside.map((note) => note.text.length));
    Object.assign(layout, {
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: shade("sans"), size: 13, color: colours.ink },
      margin: { l: 48, r: 14 + 7 * wide, t: 12 + 16 * lines, b: 44 },
      hovermode: "closest",
      dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
      legend: { orientation: "h", yref: "container", y: 0, yanchor: "bottom", itemsizing: "constant" },
      uirevision: "kept",
    });
    if (layout.showlegend) {
      const named = new Set(data.filter((t) => t.showlegend !== false && t.name).map((t) => t.name));
      layout.margin.b += 22 * Math.ceil(named.size / 3);
    }
    for (const key of Object.keys(layout).filter((name) => /^[xy]axis/.test(name))) {
      Object.assign(layout[key], {
        gridcolor: colours.grid, linecolor: colours.ink, tickcolor: colours.ink,
        showline: key.startsWith("x"), ticks: "outside", ticklen: 3,
      });
      if (layout[key].title.text) layout[key].title.standoff = 8;
    }
    return { data, layout };
  }

  function draw(figure) {
    const live = figure.querySelector(".live");
    const { data, layout } = content(figure, now());
    if (!figure.dataset.drawn) {
      live.hidden = false;
      live.style.minHeight = `${layout.height}px`;
      figure.dataset.drawn = "yes";
      Plotly.newPlot(live, data, layout, STATIC);
      performance.mark("figure drawn");
      tools(figure, live);
    } else {
      /* What the reader has hidden and zoomed to stays. */
      data.forEach((trace, i) => {
        for (const kept of ["visible", "opacity"]) {
          if (live.data[i][kept] !== undefined) trace[kept] = live.data[i][kept];
        }
      });
      for (const kind of ["x", "y"]) {
        for (const key of axesOf(live, kind)) layout[key].range = [...live._fullLayout[key].range];
      }
      Plotly.react(live, data, layout, STATIC);
    }
  }

  const axesOf = (live, kind) => Object.keys(live._fullLayout).filter((k) => RegExp(`^${kind}axis\\d*$`).test(k));
  function move(live, scale, shift) {
    const change = {};
    for (const key of axesOf(live, "x")) {
      const [low, high] = live._fullLayout[key].range;
      const half = ((high - low) / 2) * scale;
      const middle = (low + high) / 2 + shift * (high - low);
      change[`${key}.range`] = [middle - half, middle + half];
    }
    return Plotly.relayout(live, change);
  }
  function reset(figure, live) {
    const { layout } = content(figure, now());
    const change = {};
    for (const kind of ["x", "y"]) {
      for (const key of axesOf(live, kind)) change[`${key}.range`] = layout[key].range;
    }
    return Plotly.relayout(live, change);
  }

  function image(figure, live, format) {
    const { data, layout } = content(figure, LIGHT);
    data.forEach((trace, i) => { if (live.data[i].visible === false) trace.visible = false; });
    for (const kind of ["x", "y"]) {
      for (const key of axesOf(live, kind)) layout[key].range = [...live._fullLayout[key].range];
    }
    layout.paper_bgcolor = LIGHT.paper;
    const title = figure.querySelector("figcaption b").textContent.replace(/\.$/, "");
    layout.title = { text: title, font: { size: 14 }, x: 0.02, y: 0.98, yanchor: "top" };
    layout.margin.t += 24;
    return Plotly.downloadImage(
      { data, layout },
      { format, filename: figure.dataset.name, width: live.clientWidth, height: layout.height + 24, scale: format === "png" ? 2 : 1 },
    );
  }

  async function table(figure) {
    const packed = atob(figure.querySelector("script.csv").textContent);
    const bytes = Uint8Array.from(packed, (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const text = await new Response(stream).text();
    save(new Blob([text], { type: "text/csv" }), `${figure.dataset.name}.csv`);
    return text;
  }

  function tools(figure, live) {
    const name = figure.querySelector("figcaption b").textContent.replace(/\.$/, "");
    const bar = element("div", { class: "tools", role: "toolbar", "aria-label": `Tools: ${name}` });
    bar.append(
      button("+", "Zoom in", () => move(live, 0.6, 0)),
      button("−", "Zoom out", () => move(live, 1 / 0.6, 0)),
      button("←", "Move left", () => move(live, 1, -0.2)),
      button("→", "Move right", () => move(live, 1, 0.2)),
      button("Reset", "Reset the view", () => reset(figure, live)),
      element("span", { class: "gap" }),
      button("SVG", "Download as SVG", () => image(figure, live, "svg")),
      button("PNG", "Download as PNG", () => image(figure, live, "png")),
      button("CSV", "Download the data as CSV", () => table(figure)),
    );
    live.after(bar);
    const numbers = [...new Set(live.data.map((t) => t.meta?.replica).filter((n) => n !== undefined))];
    if (numbers.length > 1) bar.after(replicas(live, numbers.sort((a, b) => a - b)));
  }

  function replicas(live, numbers) {
    const of = (n) => live.data.flatMap((t, i) => (t.meta?.replica === n ? [i] : []));
    const boxes = numbers.map((n) =>
      element("input", {
        type: "checkbox", checked: "", "data-replica": n,
        onchange: (event) => Plotly.restyle(live, { visible: event.target.checked }, of(n)),
      }));
    const all = (shown) => {
      for (const box of boxes) box.checked = shown;
      return Plotly.restyle(live, { visible: shown }, numbers.flatMap(of));
    };
    const stress = (n) => {
      const every = numbers.flatMap(of);
      const found = every.map((i) => (n === null || live.data[i].meta.replica === n ? 1 : 0.12));
      return Plotly.restyle(live, { opacity: found }, every);
    };
    const labels = numbers.map((n, i) => {
      const label = element("label", {}, boxes[i], ` ${n}`);
      if (numbers.length <= 24) {
        label.addEventListener("mouseenter", () => stress(n));
        label.addEventListener("mouseleave", () => stress(null));
        boxes[i].addEventListener("focus", () => { if (boxes[i].matches(":focus-visible")) stress(n); });
        boxes[i].addEventListener("blur", () => stress(null));
      }
      return label;
    });
    const group = element("div", { role: "group", "aria-label": "Replicas shown", class: "boxes" },
      button("All", "Show all replicas", () => all(true)),
      button("None", "Hide all replicas", () => all(false)), ...labels);
    return element("details", { class: "replicas" },
      element("summary", {}, `Show or hide replicas (${numbers.length})`), group);
  }

  /* ---- print: the still figures, in light colours ---- */
  const flat = () => document.querySelector("details.flat");
  let folded = false;
  function beforePrint() {
    folded = flat()?.open === false;
    if (folded) flat().open = true;
    for (const still of document.querySelectorAll("noscript.still")) {
      if (still.closest("details:not([open])") || still.nextElementSibling?.classList.contains("print")) continue;
      const copy = element("div", { class: "print" });
      copy.innerHTML = still.textContent;
      still.after(copy);
    }
  }
  function afterPrint() {
    document.querySelectorAll(".print").forEach((copy) => copy.remove());
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
    listeners.push(() => document.querySelectorAll("figure[data-drawn]").forEach(draw));
    themed();
    addEventListener("beforeprint", beforePrint);
    addEventListener("afterprint", afterPrint);
    /* The first screen needs no Plotly: its five megabytes are read once that is there. */
    const loaded = new Promise((done) => {
      if (document.readyState === "complete") done();
      else addEventListener("load", () => setTimeout(done), { once: true });
    });
    return loaded.then(() => {
      const plotly = element("script");
      plotly.text = document.getElementById("plotly").textContent;
      document.head.append(plotly);
      watch();
    });
  }
  function watch() {
    const seen = new IntersectionObserver((entries) => {
      for (const entry of entries.filter((each) => each.isIntersecting)) {
        seen.unobserve(entry.target);
        draw(entry.target);
      }
    }, { rootMargin: "300px" });
    for (const figure of document.querySelectorAll("figure.chart")) seen.observe(figure);
  }

  return { start, element, button, save, shade, listeners, table };
})();
Page.ready = Page.start();
