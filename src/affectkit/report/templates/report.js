"use strict";
// Draws the lanes and keeps them in step with the recording. All text goes through
// textContent, never through markup, since every name on this page is somebody else's.
(() => {
  const holder = document.getElementById("data");
  if (!holder) return;
  const data = JSON.parse(holder.textContent);
  const byId = (id) => document.getElementById(id);
  const media = byId("media");
  const sentences = data.mode === "sentences";
  const total = Math.max(data.length, 1e-3);
  const view = { from: 0, to: total, now: 0, split: false };
  const least = Math.min(total, sentences ? 4 : 2);
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const RIBBON = 30, THIN = 15, PLOT = 92, MARKS = 14, SPACE = 6;

  // --- words -------------------------------------------------------------------------
  function clock(t) {
    if (sentences) return "sentence " + (Math.min(Math.floor(t), Math.ceil(total) - 1) + 1);
    const whole = Math.floor(Math.max(t, 0));
    const h = Math.floor(whole / 3600), m = Math.floor((whole % 3600) / 60), s = whole % 60;
    const pad = (n) => String(n).padStart(2, "0");
    return h ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
  }
  function signed(hundredths) {
    const value = (Math.abs(hundredths) / 100).toFixed(2);
    return (hundredths < 0 ? "−" : "+") + value;
  }
  function told(ribbon, i, group) {
    if (ribbon.l[i] < 0) {
      const why = ribbon.reasons[ribbon.r[i]];
      return ["cannot tell" + (why ? ": " + why : "")];
    }
    const out = [];
    const likeliest = [];
    for (let k = 0; k < ribbon.p[i].length; k += 2) {
      likeliest.push(`${data.labels[ribbon.p[i][k]].name} ${ribbon.p[i][k + 1]} %`);
    }
    out.push(likeliest.join(", ") || data.labels[ribbon.l[i]].name);
    if (ribbon.c[i] !== null) out.push(`confidence ${ribbon.c[i]} %`);
    if (ribbon.v[i] !== null) out.push(`pleasantness ${signed(ribbon.v[i])}${margin(ribbon.vs[i])}`);
    if (ribbon.a[i] !== null) out.push(`energy ${signed(ribbon.a[i])}${margin(ribbon.as[i])}`);
    if (ribbon.d[i] !== null) out.push(group ? `${ribbon.d[i]} % of those present lead with another label` : `${ribbon.d[i]} % of people would say otherwise`);
    return out;
  }
  const margin = (sd) => (sd === null ? "" : ` ± ${((1.28 * sd) / 100).toFixed(2)}`);

  // --- cells -------------------------------------------------------------------------
  // The first cell that ends after t; cells are in order of time.
  function seekCell(ribbon, t) {
    let low = 0, high = ribbon.s.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ribbon.e[middle] / 100 <= t) low = middle + 1; else high = middle;
    }
    return low;
  }
  function cellAt(ribbon, t) {
    const i = seekCell(ribbon, t);
    return i < ribbon.s.length && ribbon.s[i] / 100 <= t + 1e-6 ? i : -1;
  }
  // Cells in view, put together to at most one a pixel and a half, so that hours stay light.
  function cells(ribbon, width) {
    const out = [];
    const first = seekCell(ribbon, view.from);
    let last = first;
    while (last < ribbon.s.length && ribbon.s[last] / 100 < view.to) last++;
    const bucket = last - first > width / 1.5 ? ((view.to - view.from) / width) * 1.5 : 0;
    for (let i = first; i < last;) {
      const cell = {
        s: ribbon.s[i] / 100, e: ribbon.e[i] / 100, l: ribbon.l[i], c: ribbon.c[i],
        d: ribbon.d[i], v: ribbon.v[i], a: ribbon.a[i], vs: ribbon.vs[i], as: ribbon.as[i],
      };
      let j = i + 1;
      if (bucket) {
        const end = cell.s + bucket;
        const time = new Map([[cell.l, cell.e - cell.s]]);
        const sums = {}, counts = {};
        const add = (k) => {
          for (const name of ["c", "d", "v", "a", "vs", "as"]) {
            if (ribbon[name][k] === null) continue;
            sums[name] = (sums[name] || 0) + ribbon[name][k];
            counts[name] = (counts[name] || 0) + 1;
          }
        };
        add(i);
        for (; j < last && ribbon.s[j] / 100 < end; j++) {
          time.set(ribbon.l[j], (time.get(ribbon.l[j]) || 0) + (ribbon.e[j] - ribbon.s[j]) / 100);
          add(j);
          cell.e = Math.max(cell.e, ribbon.e[j] / 100);
        }
        let most = -1;
        for (const [label, length] of time) if (length > most) { most = length; cell.l = label; }
        for (const name of ["c", "d", "v", "a", "vs", "as"]) {
          cell[name] = counts[name] && cell.l >= 0 ? sums[name] / counts[name] : null;
        }
      }
      out.push(cell);
      i = j;
    }
    return out;
  }

  // --- drawing -----------------------------------------------------------------------
  const NS = "http://www.w3.org/2000/svg";
  function shape(name, attributes, parent, text) {
    const element = document.createElementNS(NS, name);
    for (const key in attributes) element.setAttribute(key, attributes[key]);
    if (text !== undefined) element.textContent = text;
    if (parent) parent.appendChild(element);
    return element;
  }
  const near = (n) => Math.round(n * 10) / 10;
  function frame(host, height) {
    const width = Math.max(host.clientWidth, 280);
    const gutter = width < 560 ? 46 : 70;
    const svg = shape("svg", { viewBox: `0 0 ${width} ${height}`, focusable: "false" });
    const x = (t) => gutter + ((t - view.from) / (view.to - view.from)) * (width - gutter - 2);
    const at = (px) => view.from + ((px - gutter) / (width - gutter - 2)) * (view.to - view.from);
    return { svg, x, at, width, gutter, height };
  }
  function drawRibbon(f, ribbon, top, height) {
    shape("rect", { class: "bed", x: f.gutter, y: top, width: f.width - f.gutter - 2, height, rx: 3 }, f.svg);
    const list = cells(ribbon, f.width - f.gutter);
    const left = f.gutter, right = f.width - 2;
    const clip = (px) => near(Math.min(Math.max(px, left), right));
    for (let i = 0; i < list.length;) {
      let j = i + 1;
      while (j < list.length && list[j].l === list[i].l && f.x(list[j].s) - f.x(list[j - 1].e) < 0.75) j++;
      const begin = clip(f.x(list[i].s));
      const end = Math.max(clip(f.x(list[j - 1].e)), begin + 1);
      if (list[i].l < 0) {
        shape("rect", { class: "gap", x: begin, y: top + 0.5, width: near(end - begin), height: height - 1 }, f.svg);
      } else {
        const bottom = top + height;
        let path = `M${begin} ${bottom}`;
        for (let k = i; k < j; k++) {
          const share = list[k].c === null ? 1 : list[k].c / 100;
          path += `V${near(bottom - height * (0.28 + 0.72 * share))}H${k === j - 1 ? end : clip(f.x(list[k].e))}`;
        }
        shape("path", { d: path + `V${bottom}Z`, fill: `url(#look${list[i].l})` }, f.svg);
        if (end - begin > 20 && height >= THIN) {
          shape("text", { class: "letters", x: near((begin + end) / 2), y: bottom - 4 }, f.svg, data.labels[list[i].l].letters);
        }
      }
      i = j;
    }
  }
  function drawLine(f, list, top, key, deviation, name) {
    const y = (hundredths) => near(top + (PLOT / 2) * (1 - Math.min(1, Math.max(-1, hundredths / 100))));
    const runs = [];
    let run = [];
    const flush = () => { if (run.length) runs.push(run); run = []; };
    for (let i = 0; i < list.length; i++) {
      const cell = list[i];
      const before = run[run.length - 1];
      if (cell[key] === null) { flush(); continue; }
      const apart = before && cell.s - before.e > 1.5 * Math.max(cell.e - cell.s, 0.2);
      if (apart && !sentences) flush();
      run.push(cell);
    }
    flush();
    for (const part of runs) {
      const points = part.map((cell) => [near(f.x((cell.s + cell.e) / 2)), cell]);
      // A run reaches from the start of its first cell to the end of its last.
      points.unshift([near(f.x(part[0].s)), part[0]]);
      points.push([near(f.x(part[part.length - 1].e)), part[part.length - 1]]);
      if (part.every((cell) => cell[deviation] !== null)) {
        const upper = points.map(([px, cell]) => `${px} ${y(cell[key] + 1.28 * cell[deviation])}`);
        const lower = points.map(([px, cell]) => `${px} ${y(cell[key] - 1.28 * cell[deviation])}`).reverse();
        shape("path", { class: `band-${name}`, d: "M" + upper.concat(lower).join("L") + "Z" }, f.svg);
      }
      shape("path", { class: `line-${name}`, d: "M" + points.map(([px, cell]) => `${px} ${y(cell[key])}`).join("L") }, f.svg);
    }
    if (sentences && list.length < 120) {
      for (const cell of list) {
        if (cell[key] === null) continue;
        const cx = near(f.x((cell.s + cell.e) / 2)), cy = y(cell[key]);
        if (name === "v") shape("circle", { class: "dot-v", cx, cy, r: 3 }, f.svg);
        else shape("rect", { class: "dot-a", x: cx - 2.5, y: cy - 2.5, width: 5, height: 5 }, f.svg);
      }
    }
  }
  function drawSpread(f, ribbon, top) {
    shape("rect", { class: "bed", x: f.gutter, y: top, width: f.width - f.gutter - 2, height: THIN, rx: 3 }, f.svg);
    const clip = (px) => near(Math.min(Math.max(px, f.gutter), f.width - 2));
    for (const cell of cells(ribbon, f.width - f.gutter)) {
      const height = cell.d === null ? 0 : near((THIN * cell.d) / 100);
      if (!height) continue;
      const begin = clip(f.x(cell.s));
      shape("rect", { class: "amount", x: begin, y: top + THIN - height, width: near(clip(f.x(cell.e)) - begin), height }, f.svg);
    }
  }
  let clips = 0;
  function drawLane(host, lane) {
    const shown = lane.ribbons.length ? lane.ribbons : [];
    const split = view.split && shown.length > 1 ? shown.slice(1) : [];
    const marks = data.marks.filter((m) => m.who === lane.person && !lane.group);
    const thin = split.length + (lane.group ? 1 : 0);
    const plotTop = RIBBON + SPACE + thin * (THIN + 3) + (thin ? 3 : 0);
    const height = plotTop + PLOT + (marks.length ? MARKS : 0) + 4;
    const f = frame(host, height);
    const rows = [];
    const label = (text, y) => shape("text", { class: "axis", x: f.gutter - 7, y, "text-anchor": "end" }, f.svg, text);
    if (shown.length) {
      drawRibbon(f, shown[0], 0, RIBBON);
      rows.push([0, RIBBON, shown[0]]);
      label(shown[0].modality === "fused" ? (shown.length > 2 || split.length ? "all" : "") : shown[0].name, 20);
    }
    split.forEach((ribbon, i) => {
      const top = RIBBON + SPACE + i * (THIN + 3);
      drawRibbon(f, ribbon, top, THIN);
      rows.push([top, top + THIN, ribbon]);
      label(ribbon.name, top + 11);
    });
    if (lane.group && shown.length) {
      const top = RIBBON + SPACE + split.length * (THIN + 3);
      drawSpread(f, shown[0], top);
      label("spread", top + 11);
    }
    for (const [value, text] of [[1, "+1"], [0, "0"], [-1, "−1"]]) {
      const y = near(plotTop + (PLOT / 2) * (1 - value));
      shape("path", { class: value ? "grid" : "zero", d: `M${f.gutter} ${y}H${f.width - 2}` }, f.svg);
      label(text, Math.min(y + 4, plotTop + PLOT));
    }
    if (shown.length) {
      const list = cells(shown[0], f.width - f.gutter);
      // Lines of cells half in view must not reach into the gutter.
      const id = `clip${clips++}`;
      const clip = shape("clipPath", { id }, shape("defs", {}, f.svg));
      shape("rect", { x: f.gutter, y: plotTop - 2, width: f.width - f.gutter - 2, height: PLOT + 4 }, clip);
      const group = shape("g", { "clip-path": `url(#${id})` }, f.svg);
      const inside = { ...f, svg: group };
      drawLine(inside, list, plotTop, "a", "as", "a");
      drawLine(inside, list, plotTop, "v", "vs", "v");
    }
    for (const mark of marks) {
      const middle = f.x((mark.s + mark.e) / 2);
      if (middle < f.gutter || middle > f.width) continue;
      const cx = near(middle), cy = plotTop + PLOT + 9;
      const drawn = mark.kind === "apart"
        ? shape("path", { class: "mark-apart", d: `M${cx} ${cy - 5}L${cx + 5} ${cy}L${cx} ${cy + 5}L${cx - 5} ${cy}Z` }, f.svg)
        : shape("circle", { class: "mark-contested", cx, cy, r: 4 }, f.svg);
      shape("title", {}, drawn, mark.text);
    }
    f.head = shape("path", { class: "playhead", d: `M0 0V${height}` }, f.svg);
    f.rows = rows;
    f.lane = lane;
    f.svg.setAttribute("tabindex", "0");
    f.svg.setAttribute("role", "slider");
    f.svg.setAttribute("aria-label", `${lane.name}: emotion ${sentences ? "by sentence" : "over time"}`);
    f.svg.setAttribute("aria-valuemin", "0");
    f.svg.setAttribute("aria-valuemax", String(Math.round(total)));
    listen(f);
    const had = host.firstChild && host.firstChild === document.activeElement;
    host.replaceChildren(f.svg);
    if (had) f.svg.focus({ preventScroll: true });
    return f;
  }
  function drawRuler(host) {
    const f = frame(host, 24);
    const span = view.to - view.from;
    const fits = Math.max(2, Math.floor((f.width - f.gutter) / 76));
    const steps = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200];
    const step = steps.find((s) => span / s <= fits) || 14400;
    if (sentences) {
      shape("text", { class: "axis", x: f.gutter - 7, y: 15, "text-anchor": "end" }, f.svg, "no.");
    }
    for (let t = Math.ceil(view.from / step) * step; t <= view.to + 1e-9; t += step) {
      const px = near(f.x(sentences ? t + 0.5 : t));
      if (px > f.width - 2 || (sentences && t >= total)) continue;
      shape("path", { class: "grid", d: `M${px} 19V24` }, f.svg);
      const anchor = px > f.width - 24 ? "end" : "middle";
      shape("text", { class: "axis", x: px, y: 15, "text-anchor": anchor }, f.svg, sentences ? String(t + 1) : clock(t));
    }
    f.head = shape("path", { class: "playhead", d: "M0 17V24" }, f.svg);
    listen(f);
    host.replaceChildren(f.svg);
    return f;
  }
  let frames = [];
  function draw() {
    clips = 0;
    frames = [];
    for (const host of document.querySelectorAll("[data-ruler]")) frames.push(drawRuler(host));
    for (const host of document.querySelectorAll("[data-lane]")) {
      if (host.clientWidth) frames.push(drawLane(host, data.lanes[Number(host.dataset.lane)]));
    }
    const zoomed = view.to - view.from < total - 1e-6;
    const pan = byId("pan");
    if (pan) {
      byId("pan-label").hidden = !zoomed;
      pan.value = zoomed ? String((1000 * view.from) / (total - (view.to - view.from))) : "0";
      pan.setAttribute("aria-valuetext", `${clock(view.from)} to ${clock(view.to)}`);
    }
    follow();
  }
  let waiting = false;
  function redraw() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; draw(); });
  }

  // --- the moment --------------------------------------------------------------------
  function follow() {
    for (const f of frames) {
      const px = near(f.x(view.now));
      f.head.setAttribute("transform", `translate(${px} 0)`);
      f.head.setAttribute("visibility", px >= f.gutter - 1 && px <= f.width ? "visible" : "hidden");
      if (f.lane) {
        f.svg.setAttribute("aria-valuenow", String(Math.round(view.now)));
        f.svg.setAttribute("aria-valuetext", `${clock(view.now)}: ${phrase(f.lane)}`);
      }
    }
    const readout = byId("readout");
    if (readout) {
      const parts = data.lanes.filter((lane) => !lane.group).slice(0, 3)
        .map((lane) => [lane, lane.ribbons.length ? cellAt(lane.ribbons[0], view.now) : -1])
        .filter(([, i]) => i >= 0)
        .map(([lane, i]) => {
          const ribbon = lane.ribbons[0];
          const sure = ribbon.c[i] === null ? "" : ` (${ribbon.c[i]} % confident)`;
          return `${lane.name}: ${ribbon.l[i] < 0 ? "cannot tell" : data.labels[ribbon.l[i]].name + sure}`;
        });
      readout.textContent = `At ${clock(view.now)} – ${parts.join("; ") || "nothing to read"}`;
    }
    sayLine();
    drawBoxes();
  }
  function phrase(lane) {
    const i = lane.ribbons.length ? cellAt(lane.ribbons[0], view.now) : -1;
    return i < 0 ? "nothing to read" : told(lane.ribbons[0], i, lane.group).join(", ");
  }
  function go(t, options) {
    view.now = Math.min(Math.max(t, 0), total);
    if (media && !(options && options.fromMedia) && media.readyState > 0) media.currentTime = view.now;
    const span = view.to - view.from;
    if (span < total && (view.now < view.from || view.now > view.to)) {
      view.from = Math.min(Math.max(view.now - span * 0.1, 0), total - span);
      view.to = view.from + span;
      redraw();
    }
    follow();
  }
  let current = -1;
  const list = byId("lines");
  function sayLine() {
    if (!list) return;
    let found = -1;
    for (let i = 0; i < data.said.length; i++) {
      const [start, end] = data.said[i];
      if (start !== null && start <= view.now + 1e-6 && view.now < Math.max(end, start + 0.2)) { found = i; break; }
    }
    if (found === current) return;
    const old = list.querySelector("li.now");
    if (old) old.classList.remove("now");
    current = found;
    const line = found < 0 ? null : list.querySelector(`li[data-line="${found}"]`);
    if (!line) return;
    line.classList.add("now");
    const top = line.offsetTop - list.clientHeight / 3;
    list.scrollTo({ top, behavior: still ? "auto" : "smooth" });
  }
  function drawBoxes() {
    const host = byId("boxes");
    const boxes = data.boxes;
    if (!host || !boxes || !media) return;
    const t = view.now * 100;
    let low = 0, high = boxes.t.length;
    while (low < high) { const m = (low + high) >> 1; if (boxes.t[m] <= t) low = m + 1; else high = m; }
    const drawn = [];
    if (low > 0 && t - boxes.t[low - 1] <= Math.max(boxes.lasts * 100, 30)) {
      const moment = boxes.t[low - 1];
      for (let i = low - 1; i >= 0 && boxes.t[i] === moment; i--) {
        const place = {
          x: boxes.x[i] / 10 + "%", y: boxes.y[i] / 10 + "%",
          width: boxes.w[i] / 10 + "%", height: boxes.h[i] / 10 + "%", rx: 4,
        };
        drawn.push(shape("rect", { class: "box-rim", ...place }), shape("rect", { class: "box", ...place }));
        drawn.push(shape("text", { class: "box-name", x: place.x, y: place.y, dy: -5 }, null, boxes.people[boxes.i[i]]));
      }
    }
    host.replaceChildren(...drawn);
  }

  // --- hands -------------------------------------------------------------------------
  const tip = byId("tip");
  function showTip(f, ribbon, t, clientX, clientY) {
    const i = ribbon ? cellAt(ribbon, t) : -1;
    if (i < 0) { tip.hidden = true; return; }
    const title = document.createElement("b");
    const what = ribbon.modality === "fused" ? f.lane.name : `${f.lane.name}, ${ribbon.name}`;
    title.textContent = `${what}, ${clock(t)}`;
    const rest = told(ribbon, i, f.lane.group).map((text) => {
      const span = document.createElement("span");
      span.textContent = text;
      return span;
    });
    tip.replaceChildren(title, ...rest);
    tip.hidden = false;
    const room = document.documentElement.clientWidth;
    const left = Math.min(Math.max(8, clientX + 14), room - tip.offsetWidth - 8);
    tip.style.left = `${left + scrollX}px`;
    tip.style.top = `${clientY + scrollY + 18}px`;
  }
  function where(f, event) {
    const box = f.svg.getBoundingClientRect();
    const scale = f.width / box.width;
    return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
  }
  function listen(f) {
    const svg = f.svg;
    let held = false;
    svg.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      held = true;
      svg.setPointerCapture(event.pointerId);
      go(f.at(where(f, event)[0]));
    });
    svg.addEventListener("pointermove", (event) => {
      const [px, py] = where(f, event);
      const t = Math.min(Math.max(f.at(px), 0), total);
      if (held) go(t);
      if (!f.lane) return;
      const row = f.rows.find(([top, bottom]) => py >= top && py < bottom) || f.rows[0];
      if (px < f.gutter || !row) tip.hidden = true;
      else showTip(f, row[2], t, event.clientX, event.clientY);
    });
    const end = () => { held = false; };
    svg.addEventListener("pointerup", end);
    svg.addEventListener("pointercancel", end);
    svg.addEventListener("pointerleave", () => { tip.hidden = true; });
    svg.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      zoom(event.deltaY > 0 ? 1.25 : 0.8, f.at(where(f, event)[0]));
    }, { passive: false });
    if (!f.lane) return;
    const atHead = () => {
      const box = svg.getBoundingClientRect();
      showTip(f, f.rows.length ? f.rows[0][2] : null, view.now, box.left + (f.x(view.now) * box.width) / f.width, box.top + 30);
    };
    svg.addEventListener("focus", () => { if (svg.matches(":focus-visible")) atHead(); });
    svg.addEventListener("blur", () => { tip.hidden = true; });
    svg.addEventListener("keydown", (event) => {
      const step = sentences ? 1 : Math.max(1, (view.to - view.from) / 120);
      const forward = event.key === "ArrowRight" || event.key === "ArrowUp";
      const back = event.key === "ArrowLeft" || event.key === "ArrowDown";
      if (forward || back) go(event.shiftKey ? change(f.rows[0] && f.rows[0][2], forward) : view.now + (forward ? step : -step));
      else if (event.key === "PageDown") go(view.now + 10 * step);
      else if (event.key === "PageUp") go(view.now - 10 * step);
      else if (event.key === "Home") go(0);
      else if (event.key === "End") go(total - (sentences ? 1 : 0));
      else if (event.key === "+" || event.key === "=") zoom(0.6, view.now);
      else if (event.key === "-") zoom(1 / 0.6, view.now);
      else if (event.key === "0") zoom(Infinity, view.now);
      else if (event.key === " " && media) toggle();
      else if (event.key === "Escape") { tip.hidden = true; return; }
      else return;
      event.preventDefault();
      if (event.key !== " ") requestAnimationFrame(() => {
        const focused = frames.find((g) => g.svg === document.activeElement);
        if (focused) focused.showAtHead();
      });
    });
    f.showAtHead = atHead;
  }
  // Where the leading label next changes, or stops being told.
  function change(ribbon, forward) {
    if (!ribbon || !ribbon.s.length) return view.now;
    let i = Math.min(seekCell(ribbon, view.now), ribbon.s.length - 1);
    const label = ribbon.l[i];
    const step = forward ? 1 : -1;
    while (i + step >= 0 && i + step < ribbon.s.length && ribbon.l[i] === label) i += step;
    if (!forward) while (i > 0 && ribbon.l[i - 1] === ribbon.l[i]) i--;
    return ribbon.s[i] / 100;
  }
  function zoom(factor, around) {
    const span = Math.min(Math.max((view.to - view.from) * factor, least), total);
    const share = (around - view.from) / (view.to - view.from);
    view.from = Math.min(Math.max(around - share * span, 0), total - span);
    view.to = view.from + span;
    redraw();
  }
  function toggle() { if (media.paused) media.play().catch(() => {}); else media.pause(); }
  const on = (id, kind, what) => { const element = byId(id); if (element) element.addEventListener(kind, what); };
  const middle = () => (view.now >= view.from && view.now <= view.to ? view.now : (view.from + view.to) / 2);
  on("closer", "click", () => zoom(0.5, middle()));
  on("farther", "click", () => zoom(2, middle()));
  on("whole", "click", () => zoom(Infinity, 0));
  on("pan", "input", (event) => {
    const span = view.to - view.from;
    view.from = (Number(event.target.value) / 1000) * (total - span);
    view.to = view.from + span;
    redraw();
  });
  on("split", "change", (event) => { view.split = event.target.checked; draw(); });
  on("play", "click", toggle);
  on("find", "input", (event) => {
    const wanted = event.target.value.toLocaleLowerCase();
    for (const line of list.children) line.hidden = !line.textContent.toLocaleLowerCase().includes(wanted);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest(".seek");
    if (button) go(Number(button.dataset.at));
  });
  for (const more of document.querySelectorAll("details")) more.addEventListener("toggle", redraw);

  if (media) {
    let playing = 0;
    const tick = () => { go(media.currentTime, { fromMedia: true }); playing = requestAnimationFrame(tick); };
    const button = byId("play");
    const say = (text) => { if (button) { button.textContent = text; button.setAttribute("aria-label", text); } };
    media.addEventListener("play", () => { say("Pause"); cancelAnimationFrame(playing); tick(); });
    media.addEventListener("pause", () => { say("Play"); cancelAnimationFrame(playing); });
    media.addEventListener("seeked", () => { if (media.paused) go(media.currentTime, { fromMedia: true }); });
    media.addEventListener("loadedmetadata", () => { if (view.now) media.currentTime = view.now; });
    media.addEventListener("error", () => { const absent = byId("absent"); if (absent) absent.hidden = false; if (button) button.hidden = true; });
  }

  // Only labels that occur are worth a place in the legend.
  const used = new Set();
  for (const lane of data.lanes) for (const ribbon of lane.ribbons) for (const l of ribbon.l) used.add(l);
  for (const key of document.querySelectorAll("[data-look]")) key.classList.toggle("unused", !used.has(Number(key.dataset.look)));
  if (!data.lanes.some((lane) => lane.ribbons.length > 2)) { const box = byId("split"); if (box) box.parentElement.hidden = true; }

  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    for (const more of folded) more.open = true;
    draw();
  });
  addEventListener("afterprint", () => { for (const more of folded) more.open = false; });
  if ("ResizeObserver" in window) {
    let width = 0;
    new ResizeObserver(() => { if (document.body.clientWidth !== width) { width = document.body.clientWidth; redraw(); } }).observe(document.body);
  }
  draw();
})();
