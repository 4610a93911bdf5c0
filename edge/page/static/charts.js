// Charts over time: spectrogram, scores, signal. All share one clock of the device's samples.

import { color, fit, labelColor, small } from "./dom.js";

const RING = 2048; // columns of the spectrogram that are stored

// Estimates the source time of this moment, so that charts move evenly between two messages.
export class Clock {
  constructor() {
    this.offset = null;
    this.jumps = 0;
    this.latest = 0;
  }

  update(t) {
    this.latest = t;
    const offset = t - performance.now() / 1000;
    if (this.offset === null || Math.abs(offset - this.offset) > 1.5) {
      if (this.offset !== null) this.jumps += 1;
      this.offset = offset;
    } else if (offset > this.offset) this.offset = offset;
    else this.offset += (offset - this.offset) * 0.02;
  }

  now() {
    return this.offset === null ? 0 : performance.now() / 1000 + this.offset;
  }
}

// Colours from quiet to loud, on dark and on light ground.
const STOPS = {
  dark: [[13, 20, 30], [18, 52, 86], [16, 106, 128], [38, 166, 124], [184, 206, 84], [255, 236, 160]],
  light: [[247, 249, 251], [202, 227, 236], [120, 187, 208], [48, 134, 176], [48, 74, 140], [50, 20, 90]],
};

function palette(stops) {
  const bytes = new Uint8ClampedArray(256 * 4);
  for (let level = 0; level < 256; level++) {
    const place = (level / 255) * (stops.length - 1);
    const index = Math.min(Math.floor(place), stops.length - 2);
    for (let c = 0; c < 3; c++) {
      bytes[4 * level + c] = stops[index][c] + (stops[index + 1][c] - stops[index][c]) * (place - index);
    }
    bytes[4 * level + 3] = 255;
  }
  return bytes;
}

export class Spectrogram {
  constructor(settings) {
    this.settings = settings;
    this.buffer = document.createElement("canvas");
    this.buffer.width = RING;
    this.buffer.height = settings.bins;
    this.context = this.buffer.getContext("2d", { willReadFrequently: false });
    this.useTheme();
    this.newest = null;
    this.floor = 40; // of the levels, and their range above it: both follow the sound
    this.range = 70;
  }

  useTheme() {
    const stops = STOPS[color("--scheme")] ?? STOPS.dark;
    this.colors = palette(stops);
    this.context.fillStyle = `rgb(${stops[0].join(",")})`;
    this.context.fillRect(0, 0, RING, this.settings.bins);
  }

  // `end`: source time of the newest sample in the last column.
  add(text, end) {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const bins = this.settings.bins;
    const count = bytes.length / bins;
    let first = Math.round(end / this.settings.step_s) - count + 1;
    // Times are rounded: a column that is nearly the next one is the next one.
    if (this.newest !== null && Math.abs(first - this.newest - 1) <= 2) first = this.newest + 1;
    const last = first + count - 1;
    if (this.newest !== null && first > this.newest + 1) this.blank(this.newest + 1, first - 1);
    const image = this.context.createImageData(1, bins);
    for (let c = 0; c < count; c++) {
      let sum = 0;
      let loudest = 0;
      for (let b = 0; b < bins; b++) {
        sum += bytes[c * bins + b];
        loudest = Math.max(loudest, bytes[c * bins + b]);
      }
      const range = Math.max(55, loudest - this.floor);
      this.range += (range - this.range) * (range > this.range ? 0.3 : 0.002);
      const mean = sum / bins;
      this.floor += (mean - this.floor) * (mean < this.floor ? 0.1 : 0.002);
      for (let b = 0; b < bins; b++) {
        const level = Math.max(0, Math.min(255, ((bytes[c * bins + b] - this.floor + 6) / this.range) * 255));
        const from = 4 * Math.round(level);
        image.data.set(this.colors.subarray(from, from + 4), 4 * (bins - 1 - b));
      }
      this.context.putImageData(image, (((first + c) % RING) + RING) % RING, 0);
    }
    this.newest = last;
  }

  blank(first, last) {
    for (let n = Math.max(first, last - RING); n <= last; n++) this.context.fillRect(n % RING, 0, 1, this.settings.bins);
  }

  draw(canvas, now, span) {
    const { context, width, height } = fit(canvas);
    context.fillStyle = this.context.fillStyle;
    context.fillRect(0, 0, width, height);
    if (this.newest === null) return;
    const step = this.settings.step_s;
    const perColumn = (width / span) * step;
    const oldest = Math.max(this.newest - RING + 1, Math.floor((now - span) / step));
    context.imageSmoothingEnabled = true;
    for (let n = oldest; n <= this.newest; ) {
      const at = ((n % RING) + RING) % RING;
      const count = Math.min(RING - at, this.newest - n + 1);
      const x = width - (now - (n - 1) * step) / span * width;
      context.drawImage(this.buffer, at, 0, count, this.settings.bins, x, 0, count * perColumn + 0.5, height);
      n += count;
    }
  }
}

// A scale for scores: thresholds near 1 are stretched apart.
export function scoreScale(threshold) {
  if (threshold > 0.85) return { to: (s) => 1 - Math.cbrt(1 - s), from: (p) => 1 - (1 - p) ** 3, ticks: [0.5, 0.9, 0.99, 1] };
  return { to: (s) => s, from: (p) => p, ticks: [0.25, 0.5, 0.75, 1] };
}

// Scores of labels over time, as the mean that is compared with the threshold.
export class Scores {
  constructor(state) {
    this.labels = state.labels;
    this.words = state.words;
    this.smoothing = state.decision.smoothing_s ?? 0;
    this.rows = [];
    this.recent = [];
    this.hidden = new Set();
    this.spans = []; // refractory times: [from, to, label]
    this.closed = []; // times at which the gate was closed: [from, to]
  }

  add(rows, keep) {
    for (const row of rows) {
      const at = row[0];
      this.recent = this.recent.filter((other) => at - other[0] < this.smoothing - 0.001);
      this.recent.push(row);
      const mean = new Array(row.length);
      mean[0] = at;
      for (let i = 1; i < row.length; i++) {
        let sum = 0;
        for (const other of this.recent) sum += other[i];
        mean[i] = sum / this.recent.length;
      }
      this.rows.push(mean);
    }
    const newest = this.rows.length ? this.rows[this.rows.length - 1][0] : 0;
    while (this.rows.length && newest - this.rows[0][0] > keep) this.rows.shift();
  }

  gate(t, open, keep) {
    const last = this.closed[this.closed.length - 1];
    if (open) {
      if (last && last[1] === Infinity) last[1] = t;
    } else if (!last || last[1] !== Infinity) this.closed.push([t, Infinity]);
    while (this.closed.length && this.closed[0][1] < t - keep) this.closed.shift();
  }

  draw(canvas, now, span, thresholds) {
    const { context, width, height } = fit(canvas);
    context.clearRect(0, 0, width, height);
    const values = Object.values(thresholds);
    const scale = scoreScale(values.length ? values[0] : 0);
    const top = 8;
    const bottom = height - 6;
    const x = (t) => width - ((now - t) / span) * width;
    const y = (s) => bottom - scale.to(Math.max(0, Math.min(1, s))) * (bottom - top);
    context.fillStyle = color("--shade");
    for (const [from, to] of this.closed) {
      const left = Math.max(0, x(from));
      context.fillRect(left, 0, Math.min(width, x(Math.min(to, now))) - left, height);
    }
    for (const [from, to, label] of this.spans) {
      context.globalAlpha = 0.13;
      context.fillStyle = labelColor(this.words, label);
      context.fillRect(x(from), 0, x(to) - x(from), height);
      context.globalAlpha = 1;
    }
    context.font = small();
    context.textBaseline = "middle";
    context.lineWidth = 1;
    for (const tick of scale.ticks) {
      context.strokeStyle = color("--line");
      context.beginPath();
      context.moveTo(0, y(tick));
      context.lineTo(width, y(tick));
      context.stroke();
      context.fillStyle = color("--dim");
      context.fillText(String(tick), 4, y(tick) + (tick === 1 ? 8 : -7));
    }
    this.labels.forEach((label, index) => {
      if (this.hidden.has(label)) return;
      const isWord = this.words.includes(label);
      context.strokeStyle = isWord ? labelColor(this.words, label) : color("--dim");
      context.globalAlpha = isWord ? 1 : 0.35;
      context.lineWidth = isWord ? 2 : 1;
      context.beginPath();
      let before = -Infinity;
      for (const row of this.rows) {
        if (row[0] < now - span - 0.5) continue;
        if (row[0] - before > 0.3) context.moveTo(x(row[0]), y(row[index + 1]));
        else context.lineTo(x(row[0]), y(row[index + 1]));
        before = row[0];
      }
      context.stroke();
      context.globalAlpha = 1;
    });
    const byThreshold = new Map();
    for (const [label, value] of Object.entries(thresholds)) {
      if (!this.hidden.has(label)) byThreshold.set(value, [...(byThreshold.get(value) ?? []), label]);
    }
    context.setLineDash([6, 5]);
    context.lineWidth = 1.5;
    const most = Math.max(0, ...[...byThreshold.values()].map((labels) => labels.length));
    for (const [value, labels] of byThreshold) {
      const single = labels.length === 1 && most > 1;
      context.strokeStyle = single ? labelColor(this.words, labels[0]) : color("--text");
      context.beginPath();
      context.moveTo(0, y(value));
      context.lineTo(width, y(value));
      context.stroke();
      if (!single) {
        context.fillStyle = color("--text");
        context.textAlign = "right";
        context.fillText(value.toFixed(3).replace(/0+$/, ""), width - 4, y(value) - 8);
        context.textAlign = "left";
      }
    }
    context.setLineDash([]);
  }
}

// A signal of one or two rows over time: motion or an ECG.
export class Signal {
  constructor(colors) {
    this.colors = colors;
    this.rows = [];
    this.open = [];
  }

  add(rows, keep) {
    this.rows.push(...rows);
    const newest = this.rows.length ? this.rows[this.rows.length - 1][0] : 0;
    let drop = 0;
    while (drop < this.rows.length && newest - this.rows[drop][0] > keep) drop += 1;
    if (drop) this.rows.splice(0, drop);
  }

  gate(t, open) {
    const last = this.open[this.open.length - 1];
    if (open) {
      if (!last || last[1] !== Infinity) this.open.push([t, Infinity]);
    } else if (last && last[1] === Infinity) last[1] = t;
    if (this.open.length > 40) this.open.shift();
  }

  draw(canvas, now, span, ranges) {
    const { context, width, height } = fit(canvas);
    context.clearRect(0, 0, width, height);
    const x = (t) => width - ((now - t) / span) * width;
    context.fillStyle = color("--tint");
    for (const [from, to] of this.open) context.fillRect(x(from), 0, x(Math.min(to, now)) - x(from), height);
    this.colors.forEach((name, index) => {
      const [low, high] = ranges[index];
      const y = (value) => height - 6 - ((value - low) / (high - low)) * (height - 12);
      context.strokeStyle = color(name);
      context.lineWidth = 1.6;
      context.beginPath();
      let before = -Infinity;
      for (const row of this.rows) {
        if (row[0] < now - span - 0.2) continue;
        if (row[0] - before > 0.5) context.moveTo(x(row[0]), y(row[index + 1]));
        else context.lineTo(x(row[0]), y(row[index + 1]));
        before = row[0];
      }
      context.stroke();
    });
  }
}

// A path in a box, with x to the right and y up.
export function drawPath(canvas, path, style, width = 4) {
  const box = fit(canvas);
  const { context } = box;
  context.clearRect(0, 0, box.width, box.height);
  if (!path || path.length < 2) return;
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const [px, py] of path) {
    left = Math.min(left, px); right = Math.max(right, px);
    low = Math.min(low, py); high = Math.max(high, py);
  }
  const pad = Math.max(8, width * 2.5);
  const size = Math.max(right - left, high - low, 1e-6);
  const scale = (Math.min(box.width, box.height) - 2 * pad) / size;
  const cx = box.width / 2 - (scale * (left + right)) / 2;
  const cy = box.height / 2 + (scale * (low + high)) / 2;
  context.lineCap = context.lineJoin = "round";
  context.lineWidth = width;
  context.strokeStyle = style;
  context.beginPath();
  path.forEach(([px, py], index) => {
    const at = [cx + scale * px, cy - scale * py];
    if (index) context.lineTo(...at);
    else context.moveTo(...at);
  });
  context.stroke();
  const [ex, ey] = path[path.length - 1];
  context.fillStyle = style;
  context.beginPath();
  context.arc(cx + scale * ex, cy - scale * ey, width * 1.3, 0, 7);
  context.fill();
}
