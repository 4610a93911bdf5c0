// The live view.

import { Clock, drawPath, Scores, Signal, Spectrogram } from "./charts.js";
import { on, post, store } from "./connection.js";
import { color, el, fit, labelColor, rem, small } from "./dom.js";
import { t } from "./strings.js";

const MAX_LINES = 60; // of the list, and marks in the charts
const KEEP_S = 12; // of the charts
const FRESH_S = 2.5; // a detection is shown large for this time

const clock = new Clock();
let charts = null; // kept while other views are shown
let paths = new Map(); // by source time: strokes of events

function span() {
  return window.innerWidth < 700 ? 5 : 8;
}

function newCharts(state) {
  return {
    model: state.model,
    spectrogram: state.spectrogram && new Spectrogram(state.spectrogram),
    scores: new Scores(state),
    signal: new Signal(state.kind === "motion" ? ["--accent", "--second"] : ["--accent"]),
    marks: [],
    path: null,
    drawn: null,
    last: null,
    number: "",
    numberDone: false,
  };
}

on("hello", (state) => {
  charts = newCharts(state);
  paths = new Map();
  clock.offset = null;
});

on("state", (state) => {
  if (charts && charts.model !== state.model) charts = newCharts(state);
});

on("live", (live) => {
  if (!charts || live.t === null) return;
  const jumps = clock.jumps;
  clock.update(live.t);
  if (clock.jumps !== jumps) charts = newCharts(store.state); // the clock of the source jumped
  if (live.columns && charts.spectrogram) charts.spectrogram.add(live.columns, live.columns_t);
  if (live.scores) charts.scores.add(live.scores, KEEP_S);
  charts.scores.gate(live.t, live.open, KEEP_S);
  if (live.signal) charts.signal.add(live.signal, KEEP_S);
  charts.signal.gate(live.t, live.open);
  if (live.path) charts.path = live.path;
  else if (charts.path && !live.open) charts.path = null;
});

on("stroke", (stroke) => {
  paths.set(stroke.t, stroke.path);
  if (paths.size > 100) paths.delete(paths.keys().next().value);
  if (charts) {
    charts.drawn = stroke.path;
    charts.path = null;
  }
});

function addMark(mark) {
  charts.marks.push(mark);
  if (charts.marks.length > MAX_LINES) charts.marks.shift();
}

on("near_miss", (miss) => {
  if (charts) addMark({ t: miss.t, label: miss.label, weak: true });
});

function showLast(event) {
  charts.last = { ...event, at: performance.now() };
  charts.drawn = null; // its own path follows
}

on("event", (event) => {
  if (!charts) return;
  if (event.event === "detection") {
    addMark({ t: event.t, label: event.label });
    const { refractory_s: refractory, delay_s: delay } = store.state.decision;
    const from = event.t + (delay ?? 0);
    if (refractory) charts.scores.spans.push([from, from + refractory, event.label]);
    if (charts.scores.spans.length > 30) charts.scores.spans.shift();
    showLast(event);
    if (store.state.joins_digits) {
      if (charts.numberDone) charts.number = "";
      charts.numberDone = false;
      charts.number += event.label;
    }
  } else if (event.event === "number") {
    charts.number = event.digits;
    charts.numberDone = true;
  } else if (event.event === "rejection") {
    showLast(event);
  } else if (event.event === "retracted") {
    charts.marks = charts.marks.filter((mark) => mark.t !== event.t);
  }
});

export function show(main) {
  const state = store.state;
  if (!state) {
    main.append(el("p", { class: "empty", text: t("status.connecting") }));
    const stop = on("state", () => {
      stop();
      main.replaceChildren();
      leave = show(main);
    });
    let leave = stop;
    return () => leave();
  }
  charts ??= newCharts(state);
  const parts = state.kind === "motion" ? motionParts(state) : streamParts(state);
  const list = el("ol");
  const log = el("div", { class: "events", id: "events", role: "log", "aria-label": t("live.events"), tabindex: "0" }, list);
  const pause = el("button", { type: "button", id: "pause", class: "quiet", onclick: () => post("/api/settings", { listening: !store.state.listening }) });
  main.append(
    el("h1", { class: "hidden", text: t("live.title") }),
    el("div", { class: `live ${state.kind}` },
      ...parts.nodes,
      el("section", { class: "card log" }, el("h2", {}, el("span", { text: t("live.events") }), pause), log),
    ),
  );
  const listing = new Listing(list);
  store.events.forEach((event) => listing.add(event));
  const showPause = () => { pause.textContent = t(store.state.listening ? "live.pause" : "live.resume"); };
  showPause();
  let frame = requestAnimationFrame(function paint() {
    if (charts) parts.paint(store.state.ended ? clock.latest : clock.now());
    frame = requestAnimationFrame(paint);
  });
  const stops = [
    on("event", (event) => listing.add(event)),
    on("near_miss", (miss) => listing.add({ event: "near_miss", ...miss })),
    on("hello", () => listing.clear()),
    on("state", showPause),
    on("stroke", () => listing.drawPaths()),
  ];
  const themed = () => {
    charts?.spectrogram?.useTheme();
    parts.useTheme?.();
    if (charts?.last) charts.last = { ...charts.last }; // so that the answer is painted again
    listing.clear();
    store.events.forEach((event) => listing.add(event));
  };
  window.addEventListener("theme", themed);
  return () => {
    cancelAnimationFrame(frame);
    stops.forEach((stop) => stop());
    window.removeEventListener("theme", themed);
  };
}

function answerCard(state) {
  const label = el("p", { class: "answer", id: "answer" });
  const detail = el("p", { class: "detail" });
  const number = el("p", { class: "number", id: "number" });
  let shown = null;
  const node = el("section", { class: "card now", "aria-label": t("live.title") }, label, detail, state.joins_digits ? number : null);
  const paint = () => {
    const last = charts.last;
    const isFresh = last && performance.now() - last.at < 1000 * FRESH_S;
    node.classList.toggle("fresh", Boolean(isFresh));
    if (state.joins_digits && number.dataset.text !== charts.number) {
      number.dataset.text = charts.number;
      number.textContent = charts.number;
    }
    number.classList.toggle("done", charts.numberDone);
    if (shown === last) return;
    shown = last;
    if (!last) {
      label.textContent = "";
      detail.textContent = t("live.waiting");
    } else if (last.event === "detection") {
      label.textContent = last.label;
      label.style.color = labelColor(state.words, last.label);
      detail.textContent = `${t("live.scoreOf", { score: last.score.toFixed(2) })} · ${t("live.delay", { ms: last.latency_ms })}${truth(last)}`;
    } else {
      label.textContent = "–";
      label.style.color = "";
      detail.textContent = `${last.reason}${truth(last)}`;
    }
  };
  detail.textContent = state.hint || t("live.waiting");
  return { node, paint };
}

function truth(event) {
  return event.truth === undefined ? "" : ` · ${t("live.truth", { truth: event.truth ?? t("live.nothing") })}`;
}

function streamParts(state) {
  const answer = answerCard(state);
  const shown = state.spectrogram ? "spectrogram" : "signal";
  const first = el("canvas", { class: "wave", role: "img", id: shown, "aria-label": t(`live.${state.kind === "ecg" ? "ecg" : shown}`) });
  const scores = el("canvas", { class: "scores", id: "scores", role: "img", "aria-label": t("live.scores") });
  const marks = el("canvas", { class: "marks", "aria-hidden": "true" });
  const legend = el("div", { class: "legend", role: "group", "aria-label": t("live.labels") });
  for (const label of state.labels) {
    const isWord = state.words.includes(label);
    const chip = el("button", { type: "button", class: "chip", "aria-pressed": "true", "data-label": label, onclick: () => {
      const hidden = charts.scores.hidden;
      if (hidden.has(label)) hidden.delete(label);
      else hidden.add(label);
      chip.setAttribute("aria-pressed", String(!hidden.has(label)));
    } }, el("i"), el("span", { text: label }), el("b", { text: "" }));
    if (charts.scores.hidden.has(label)) chip.setAttribute("aria-pressed", "false");
    chip.useTheme = () => { chip.firstElementChild.style.background = isWord ? labelColor(state.words, label) : color("--dim"); };
    chip.useTheme();
    legend.append(chip);
  }
  let painted = 0;
  const paint = (now) => {
    const seconds = span();
    if (charts.spectrogram) {
      charts.spectrogram.draw(first, now, seconds);
      drawFrequencies(first, state.spectrogram);
    } else charts.signal.draw(first, now, seconds, [signalRange()]);
    charts.scores.draw(scores, now, seconds, store.state.thresholds[""] === undefined ? store.state.thresholds : {});
    drawMarks(marks, now, seconds);
    answer.paint();
    if (performance.now() - painted > 150) {
      painted = performance.now();
      const row = charts.scores.rows[charts.scores.rows.length - 1];
      const isNew = row && now - row[0] < 0.6;
      [...legend.children].forEach((chip, index) => {
        chip.lastElementChild.textContent = isNew ? row[index + 1].toFixed(2) : "";
      });
    }
  };
  const card = el("section", { class: "card stream" }, el("div", { class: "stack" }, first, scores, marks), legend);
  return { nodes: [answer.node, card], paint, useTheme: () => [...legend.children].forEach((chip) => chip.useTheme()) };
}

function signalRange() {
  let [low, high] = [-0.5, 1];
  for (const [, value] of charts.signal.rows) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}

function drawFrequencies(canvas, settings) {
  const { context, height } = fit(canvas);
  const mel = (hz) => 2595 * Math.log10(1 + hz / 700);
  context.font = small();
  context.fillStyle = color("--over");
  context.textBaseline = "middle";
  for (const hz of [500, 1000, 2000, 4000]) {
    if (hz > settings.high_hz) continue;
    const place = (mel(hz) - mel(settings.low_hz)) / (mel(settings.high_hz) - mel(settings.low_hz));
    context.fillText(hz < 1000 ? `${hz} Hz` : `${hz / 1000} kHz`, 4, Math.max(9, height - place * height));
  }
}

function drawMarks(canvas, now, seconds) {
  const { context, width, height } = fit(canvas);
  context.clearRect(0, 0, width, height);
  context.font = `600 ${0.85 * rem()}px ${color("--font")}`;
  context.textBaseline = "middle";
  for (const mark of charts.marks) {
    const x = width - ((now - mark.t) / seconds) * width;
    if (x < -60) continue;
    const hue = labelColor(store.state.words, mark.label);
    context.strokeStyle = hue;
    context.globalAlpha = mark.weak ? 0.6 : 1;
    context.setLineDash(mark.weak ? [3, 4] : []);
    context.lineWidth = mark.weak ? 1 : 1.5;
    context.beginPath();
    context.moveTo(x, 6 + 1.4 * rem());
    context.lineTo(x, height);
    context.stroke();
    context.setLineDash([]);
    const text = mark.weak ? `${mark.label}?` : mark.label;
    const half = context.measureText(text).width / 2 + 8;
    context.fillStyle = mark.weak ? color("--card") : hue;
    context.beginPath();
    context.roundRect(x - half, 4, 2 * half, 1.4 * rem(), 0.7 * rem());
    context.fill();
    if (mark.weak) context.stroke();
    context.fillStyle = color(mark.weak ? "--text" : "--ground");
    context.textAlign = "center";
    context.fillText(text, x, 4.5 + 0.7 * rem());
    context.globalAlpha = 1;
    context.textAlign = "left";
  }
}

function motionParts(state) {
  const answer = answerCard(state);
  const stroke = el("canvas", { class: "stroke", id: "stroke", role: "img", "aria-label": t("live.stroke") });
  const signal = el("canvas", { class: "signal", id: "signal", role: "img", "aria-label": t("live.motion") });
  const hint = el("p", { class: "hint" });
  const bars = el("div", { class: "bars", id: "bars" });
  const rows = new Map();
  for (const label of state.labels) {
    const bar = el("i");
    const mark = el("u");
    const value = el("b", { text: "–" });
    bars.append(el("div", { class: "bar" }, el("span", { text: label }), el("div", {}, bar, mark), value));
    rows.set(label, { bar, mark, value });
  }
  let shown = null;
  let thresholds = null;
  const paint = (now) => {
    const path = charts.path ?? charts.drawn;
    const isDrawing = Boolean(charts.path);
    drawPath(stroke, path, color(isDrawing ? "--accent" : charts.last?.event === "detection" ? "--good" : "--dim"), 5);
    const text = isDrawing ? t("live.drawing") : t("live.still");
    if (hint.textContent !== text) hint.textContent = text;
    charts.signal.draw(signal, now, span(), [[0, 30], [0, 12]]);
    answer.paint();
    if (charts.last !== shown) {
      shown = charts.last;
      for (const [label, { bar, value }] of rows) {
        const score = shown?.scores?.[label];
        bar.style.width = `${100 * (score ?? 0)}%`;
        bar.style.background = label === shown?.label ? "var(--good)" : "";
        value.textContent = score === undefined ? "–" : score.toFixed(2);
      }
    }
    if (thresholds !== store.state.thresholds) {
      thresholds = store.state.thresholds;
      for (const [label, { mark }] of rows) {
        mark.hidden = thresholds[label] === undefined;
        mark.style.left = `${100 * (thresholds[label] ?? 0)}%`;
      }
    }
  };
  const legend = el("p", { class: "key" }, el("span", { class: "accent", text: t("live.accel") }), el("span", { class: "second", text: t("live.turn") }));
  return {
    nodes: [
      answer.node,
      el("section", { class: "card drawing" }, stroke, hint),
      el("section", { class: "card scores-of" }, el("h2", { text: t("live.lastStroke") }), bars),
      el("section", { class: "card strip" }, signal, legend),
    ],
    paint,
  };
}

// The list of events, newest first.
class Listing {
  constructor(list) {
    this.list = list;
    this.clear();
  }

  clear() {
    this.list.replaceChildren(el("li", { class: "empty", text: t("live.noEvents") }));
    this.isEmpty = true;
  }

  add(event) {
    const line = this.line(event);
    if (!line) return;
    if (this.isEmpty) this.list.replaceChildren();
    this.isEmpty = false;
    this.list.prepend(line);
    if (this.list.children.length > MAX_LINES) this.list.lastElementChild.remove();
    this.drawPaths();
  }

  line(event) {
    const time = event.time ? new Date(event.time).toLocaleTimeString("en-GB") : "";
    const row = (kind, title, text, hue) => {
      const name = el("b", { text: title });
      if (hue) name.style.color = hue;
      const thumb = store.state.kind === "motion" && ["detection", "rejection"].includes(kind)
        ? el("canvas", { class: "thumb", "data-t": String(event.t), "aria-hidden": "true" }) : null;
      return el("li", { class: kind }, el("time", { text: time }), thumb, name, el("span", { text }));
    };
    const { words } = store.state;
    switch (event.event) {
      case "detection":
        return row("detection", event.label, `${event.score.toFixed(2)} · ${event.latency_ms} ms${event.heart_rate ? ` · ${event.heart_rate.toFixed(0)}/min` : ""}${truth(event)}`, labelColor(words, event.label));
      case "number":
        return row("number", event.digits, t("live.number", { digits: event.digits }));
      case "rejection":
        return row("rejection", t("live.rejected"), event.reason + truth(event));
      case "retracted":
        return row("retracted", event.label, t("live.retracted", { label: event.label }));
      case "near_miss":
        return row("near", t("live.nearMiss", { label: event.label }), event.reason);
      case "device_lost":
        return row("fault", t("live.device"), event.reason);
      case "device_found":
        return row("note", t("live.device"), t("live.back"));
      case "error":
        return row("fault", t("live.error"), event.message);
      case "summary":
        return row("note", t("status.ended"), t("live.summary", { count: event.detections, seconds: event.duration }));
      default:
        return null;
    }
  }

  drawPaths() {
    for (const thumb of this.list.querySelectorAll("canvas.thumb:not([data-drawn])")) {
      const path = paths.get(Number(thumb.dataset.t));
      if (path && thumb.clientWidth) {
        drawPath(thumb, path, color("--text"), 2);
        thumb.dataset.drawn = "";
      }
    }
  }
}
