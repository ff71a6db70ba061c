/* The 3-D view: both crystals, one frame of one run, the metal and what holds it. */
(() => {
  const stage = document.getElementById("stage");
  if (!stage) return;
  const canvas = document.createElement("canvas");
  if (!(canvas.getContext("webgl2") || canvas.getContext("webgl"))) {
    stage.querySelector(".no-webgl").hidden = false;
    return;
  }
  const ABSENT = -32768;
  const COLOURS = { closed: "#56b4e9", open: "#009e73", alpha7: "#e69f00", ligand: "#8a6d3b", metal: "#b8549a", oxygen: "#d55e00" };
  const { shade, listeners } = Page;
  const get = (id) => document.getElementById(id);

  function unpack(text) {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const whole = new Int16Array(bytes.buffer);
    return Array.from({ length: whole.length / 3 }, (_, i) =>
      whole[3 * i] === ABSENT ? null : [whole[3 * i] / 100, whole[3 * i + 1] / 100, whole[3 * i + 2] / 100]);
  }
  const apart = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

  /* A smooth line through Cα atoms (Catmull-Rom), broken where residues are missing. */
  function smooth(points, numbers) {
    const x = [], y = [], z = [], text = [];
    const add = (p, t) => { x.push(p ? p[0] : null); y.push(p ? p[1] : null); z.push(p ? p[2] : null); text.push(t); };
    points.forEach((point, i) => {
      const next = points[i + 1];
      add(point, `residue ${numbers[i]}`);
      if (!next) return;
      if (numbers[i + 1] !== numbers[i] + 1) { add(null, ""); return; }
      const before = points[i - 1] ?? point, after = points[i + 2] ?? next;
      for (const t of [0.25, 0.5, 0.75]) {
        add([0, 1, 2].map((k) => 0.5 * (2 * point[k] + (next[k] - before[k]) * t
          + (2 * before[k] - 5 * point[k] + 4 * next[k] - after[k]) * t * t
          + (3 * point[k] - before[k] - 3 * next[k] + after[k]) * t * t * t)), `residue ${numbers[i]}`);
      }
    });
    return { x, y, z, text };
  }
  const only = (points, numbers, [low, high]) => {
    const kept = numbers.flatMap((n, i) => (n >= low && n <= high ? [i] : []));
    return smooth(kept.map((i) => points[i]), kept.map((i) => numbers[i]));
  };
  const spread = (points, text) => ({
    x: points.map((p) => p?.[0] ?? null), y: points.map((p) => p?.[1] ?? null),
    z: points.map((p) => p?.[2] ?? null), text,
  });

  let content, runs, plotted = false, playing = null;
  const state = { run: 0, frame: 0, shown: new Set(["closed", "open", "run", "site"]) };

  function frameOf(run, k) {
    const size = run.numbers.length + run.site.length + 1 + content.shell + run.ligand.length;
    const all = run.points.slice(k * size, (k + 1) * size);
    const site = all.slice(run.numbers.length, run.numbers.length + run.site.length);
    const metal = all[run.numbers.length + run.site.length];
    const rest = all.slice(run.numbers.length + run.site.length + 1);
    const ligand = rest.slice(content.shell), names = run.others[k];
    const others = rest.slice(0, names.length);
    const held = [];
    if (metal) {
      for (const place of run.donors) {
        const [number, residue, atom] = run.site[place];
        if (apart(site[place], metal) <= content.cutoff) held.push({ name: `${residue}${number} ${atom}`, at: site[place] });
      }
      others.forEach((at, i) => held.push({ name: names[i], at }));
      for (const each of held) each.far = apart(each.at, metal);
      held.sort((a, b) => a.far - b.far);
    }
    return { chain: all.slice(0, run.numbers.length), site, metal, others, names, held, ligand };
  }

  function traces() {
    const ink = shade("ink");
    const line = (points, color, width, name, more = {}) => ({
      type: "scatter3d", mode: "lines", line: { color, width, ...more }, name, hoverinfo: "text+name", ...points });
    const { numbers } = content.crystals, see = (what) => state.shown.has(what);
    const list = [];
    for (const kind of ["closed", "open"]) {
      const dash = { dash: kind === "open" ? "dash" : "solid" };
      for (const [points, width] of [[smooth(content[kind], numbers), 3], [only(content[kind], numbers, content.alpha7), 12]]) {
        list.push({ ...line(points, COLOURS[kind], width, `${kind} crystal`, dash), visible: see(kind), opacity: 0.85 });
      }
    }
    const run = runs[state.run];
    if (!run) return list;
    const now = frameOf(run, state.frame), chain = smooth(now.chain, run.numbers);
    list.push({ ...line(chain, ink, 5, run.name), visible: see("run") });
    list.push({ ...line(only(now.chain, run.numbers, content.alpha7), COLOURS.alpha7, 14, "helix α7 of the run"), visible: see("run") });
    if (run.ligand.length) list.push({ ...line(smooth(now.ligand, run.ligand), COLOURS.ligand, 5, "ICAM-1"), visible: see("run") });
    const sticks = run.bonds.flatMap(([i, j]) => [now.site[i], now.site[j], null]);
    const dots = [...run.donors.map((i) => now.site[i]), ...now.others];
    const names = [...run.donors.map((i) => `${run.site[i][1]}${run.site[i][0]} ${run.site[i][2]}`), ...now.names];
    list.push({ ...line(spread(sticks, ""), ink, 7, "MIDAS side chains"), hoverinfo: "skip", visible: see("site") });
    list.push({ type: "scatter3d", mode: "markers", marker: { size: 5, color: COLOURS.oxygen }, name: "oxygens", hoverinfo: "text", ...spread(dots, names), visible: see("site") });
    if (now.metal) {
      const dashes = now.held.flatMap(({ at }) => [now.metal, at, null]);
      const places = now.held.map(({ at }) => at.map((v, k) => v + (v - now.metal[k]) * 0.45));
      const label = ({ name, far }) => `${name === "water O" ? "O" : name.split(" ").slice(0, -1).join(" ")} ${far.toFixed(2)}`;
      list.push({ ...line(spread(dashes, ""), COLOURS.metal, 6, "distances", { dash: "dash" }), hoverinfo: "skip", visible: see("site") });
      list.push({ type: "scatter3d", mode: "markers+text", marker: { size: 11, color: COLOURS.metal, symbol: "circle" }, name: run.metals[state.frame], hoverinfo: "text", textposition: "top center", textfont: { size: 15, color: ink }, ...spread([now.metal], [run.metals[state.frame]]), visible: see("site") });
      list.push({ type: "scatter3d", mode: "text", hoverinfo: "skip", textfont: { size: 12, color: ink }, name: "", ...spread(places, now.held.map(label)), visible: see("site") && state.look === "site" });
    }
    return list;
  }

  function told() {
    const run = runs[state.run];
    if (!run) return;
    const ns = run.times_ns[state.frame];
    const moment = ns >= 1 ? `${Number(ns.toPrecision(4))} ns` : `${Number((1000 * ns).toPrecision(3))} ps`;
    get("moment").textContent = `${moment} (frame ${state.frame + 1} of ${run.frames})`;
    get("frame").setAttribute("aria-valuetext", get("moment").textContent);
    const { held, metal } = frameOf(run, state.frame);
    const rows = held.map(({ name, far }) => Page.element("tr", {}, Page.element("th", { scope: "row" }, name), Page.element("td", { class: "num" }, far.toFixed(2))));
    if (!metal) rows.push(Page.element("tr", {}, Page.element("td", { colspan: "2" }, "no ion in the site")));
    get("held").querySelector("tbody").replaceChildren(...rows);
    get("held").querySelector("caption").textContent = metal
      ? `${run.metals[state.frame]} and the ${held.length} oxygens within ${content.cutoff} Å of it in this frame.`
      : "The site is empty in this frame.";
  }

  const BLANK = { visible: false, showspikes: false };
  function layout() {
    const run = runs[state.run];
    const middle = state.look === "site" && run ? frameOf(run, state.frame).metal ?? run.centre : null;
    const range = (k) => (middle ? [middle[k] - 7, middle[k] + 7] : undefined);
    return {
      paper_bgcolor: "rgba(0,0,0,0)", showlegend: false, margin: { l: 0, r: 0, t: 0, b: 0 }, height: 480,
      font: { family: shade("sans"), color: shade("ink") }, uirevision: "kept",
      scene: {
        xaxis: { ...BLANK, range: range(0), autorange: !middle }, yaxis: { ...BLANK, range: range(1), autorange: !middle },
        zaxis: { ...BLANK, range: range(2), autorange: !middle },
        aspectmode: "data", camera: state.camera, uirevision: "kept", dragmode: "orbit",
      },
    };
  }
  function show() {
    told();
    if (!plotted) return undefined;
    return Plotly.react(get("canvas"), traces(), layout(), { displayModeBar: false, responsive: true, scrollZoom: false });
  }
  /* Looks with α7 upright, from the side on which it moves across the sheet. */
  function camera(turn) {
    const a = (state.angle = (state.angle ?? 40) + turn) * Math.PI / 180;
    const axis = content.axis;
    const side = Math.abs(axis[2]) < 0.9 ? [-axis[1], axis[0], 0] : [0, -axis[2], axis[1]];
    const size = Math.hypot(...side), u = side.map((v) => v / size);
    const w = [axis[1] * u[2] - axis[2] * u[1], axis[2] * u[0] - axis[0] * u[2], axis[0] * u[1] - axis[1] * u[0]];
    const eye = [0, 1, 2].map((k) => 1.45 * (Math.cos(a) * u[k] + Math.sin(a) * w[k]));
    state.camera = { eye: { x: eye[0], y: eye[1], z: eye[2] }, up: { x: -axis[0], y: -axis[1], z: -axis[2] } };
  }

  function choose(index) {
    state.run = index;
    const run = runs[index];
    get("frame").max = run ? run.frames - 1 : 0;
    state.frame = Math.min(state.frame, run ? run.frames - 1 : 0);
    get("frame").value = state.frame;
    return show();
  }
  function stop() {
    clearInterval(playing);
    playing = null;
    get("play").textContent = "Play";
  }
  function play() {
    if (playing) return stop();
    get("play").textContent = "Pause";
    playing = setInterval(() => {
      state.frame = (state.frame + 1) % runs[state.run].frames;
      get("frame").value = state.frame;
      show();
    }, 160);
    return undefined;
  }

  function load() {
    content = JSON.parse(get("scene").textContent);
    for (const kind of ["closed", "open"]) content[kind] = unpack(content.crystals[kind]);
    const helix = content.crystals.numbers.flatMap((n, i) => (n >= content.alpha7[0] && n <= content.alpha7[1] ? [content.closed[i]] : []));
    const length = apart(helix[0], helix.at(-1));
    content.axis = helix.at(-1).map((v, k) => (v - helix[0][k]) / length);
    runs = content.runs;
    for (const run of runs) {
      run.points = unpack(run.xyz);
      const sums = run.donors.map((i) => run.points[run.numbers.length + i]);
      run.centre = [0, 1, 2].map((k) => sums.reduce((sum, p) => sum + p[k], 0) / sums.length);
    }
  }

  function begin() {
    load();
    camera(0);
    for (const id of ["run", "frame", "play"]) get(id).disabled = !runs.length;
    get("held").hidden = !runs.length;
    choose(0);
    Plotly.newPlot(get("canvas"), traces(), layout(), { displayModeBar: false, responsive: true, scrollZoom: false })
      .then(() => { plotted = true; });
    get("run").addEventListener("change", (event) => choose(Number(event.target.value)));
    get("frame").addEventListener("input", (event) => { state.frame = Number(event.target.value); show(); });
    get("play").addEventListener("click", play);
    for (const box of stage.querySelectorAll("input[type=checkbox]")) {
      box.addEventListener("change", () => { state.shown[box.checked ? "add" : "delete"](box.value); show(); });
    }
    const redraw = (change) => { change(); state.camera = { ...state.camera }; return Plotly.newPlot(get("canvas"), traces(), layout(), { displayModeBar: false, responsive: true }); };
    for (const press of stage.querySelectorAll("[data-look]")) {
      press.addEventListener("click", () => redraw(() => { state.look = press.dataset.look; camera(0); }));
    }
    for (const press of stage.querySelectorAll("[data-turn]")) {
      press.addEventListener("click", () => { camera(Number(press.dataset.turn)); Plotly.relayout(get("canvas"), { "scene.camera": state.camera }); });
    }
    get("view-png").addEventListener("click", () => Plotly.downloadImage(get("canvas"), { format: "png", filename: fileName(), width: 1200, height: 900 }));
    get("view-csv").addEventListener("click", table);
    listeners.push(show);
  }
  const fileName = () => `view ${runs[state.run]?.name ?? "crystals"}`.replaceAll(/[^a-z0-9]+/gi, "_");
  /* What the table beside the picture says, of every frame. */
  function table() {
    const run = runs[state.run];
    const rows = ["time_ns,metal,oxygen,distance_angstrom"];
    for (let k = 0; run && k < run.frames; k++) {
      for (const { name, far } of frameOf(run, k).held) rows.push([run.times_ns[k], run.metals[k], name, far.toFixed(2)].join(","));
    }
    const text = `${rows.join("\n")}\n`;
    Page.save(new Blob([text], { type: "text/csv" }), `${fileName()}.csv`);
    return text;
  }

  stage.querySelector(".flat").open = false;
  stage.querySelector(".viewer").hidden = false;
  Page.ready.then(() => new IntersectionObserver((entries, observer) => {
    if (entries.some((entry) => entry.isIntersecting)) { observer.disconnect(); begin(); }
  }, { rootMargin: "300px" }).observe(stage));
})();
