// One channel over time as SVG. Points: [{ timeMs, values: [number, ...] }], the oldest first.

const SVG = "http://www.w3.org/2000/svg";
const MARGIN = { top: 26, right: 14, bottom: 26, left: 52 };
const MOST_CURVES = 3;
const GAP = 4; // times the usual distance between two points: the curve is broken there
const STEPS_MS = [1, 2, 5, 10, 15, 30].map((n) => n * 1000)
  .concat([1, 2, 5, 10, 15, 30].map((n) => n * 60_000), [1, 2, 3, 6, 12].map((n) => n * 3_600_000), [1, 2, 7, 14, 30].map((n) => n * 86_400_000));

export function draw(host, points, fromMs, toMs, { unit, axes, decimals, label }) {
  const width = host.clientWidth, height = host.clientHeight;
  const svg = make("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
  host.replaceChildren(svg);
  const inner = { left: MARGIN.left, right: width - MARGIN.right, top: MARGIN.top, bottom: height - MARGIN.bottom };
  const x = (timeMs) => inner.left + ((timeMs - fromMs) / (toMs - fromMs)) * (inner.right - inner.left);
  for (const timeMs of timeTicks(fromMs, toMs, Math.max(2, Math.floor(width / 110)))) {
    const anchor = x(timeMs) > inner.right - 24 ? "end" : "middle";
    svg.append(line("grid", x(timeMs), inner.top, x(timeMs), inner.bottom));
    svg.append(text(timeLabel(timeMs, toMs - fromMs), x(timeMs), height - 6, anchor));
  }
  if (!points.length) {
    const nothing = text("Nothing was measured in this period.", width / 2, height / 2, "middle");
    nothing.setAttribute("class", "nothing");
    svg.append(nothing);
    return;
  }
  const curves = Math.min(MOST_CURVES, points[0].values.length);
  const { low, high, ticks } = valueScale(points, curves, Math.max(4, Math.floor(height / 46)));
  const y = (value) => inner.bottom - ((value - low) / (high - low)) * (inner.bottom - inner.top);
  for (const tick of ticks) {
    svg.append(line("grid", inner.left, y(tick), inner.right, y(tick)));
    svg.append(text(format(tick), inner.left - 8, y(tick) + 4, "end"));
  }
  svg.append(text(axes.length ? `${axes.slice(0, curves).join(", ")} ${unit}` : unit, inner.left - 8, 12, "start"));
  const runs = split(points);
  for (let curve = 0; curve < curves; curve++) {
    for (const run of runs) {
      const path = outline(run, curve, x, y, inner);
      if (curves === 1 && run.length > 1) {
        const floor = `L${x(run.at(-1).timeMs).toFixed(1)} ${inner.bottom}L${x(run[0].timeMs).toFixed(1)} ${inner.bottom}Z`;
        svg.append(make("path", { class: `area f${curve + 1}`, d: path + floor }));
      }
      svg.append(make("path", { class: `curve s${curve + 1}`, d: path }));
    }
    const last = points.at(-1);
    svg.append(make("circle", { class: `f${curve + 1}`, cx: x(last.timeMs), cy: y(last.values[curve]), r: 3.5 }));
  }
  follow(host, svg, points, curves, x, y, inner, unit, axes, decimals);
}

/** Break the points where something is missing. */
function split(points) {
  const steps = points.slice(1).map((point, i) => point.timeMs - points[i].timeMs).sort((a, b) => a - b);
  const usual = steps[steps.length >> 1] || Infinity;
  const runs = [[points[0]]];
  for (let i = 1; i < points.length; i++) {
    if (points[i].timeMs - points[i - 1].timeMs > usual * GAP) runs.push([]);
    runs.at(-1).push(points[i]);
  }
  return runs;
}

/** A path with at most the first, lowest, highest and last point of each pixel column: it looks the same. */
function outline(run, curve, x, y, inner) {
  const columns = new Map();
  const dense = run.length > 2 * (inner.right - inner.left);
  run.forEach((point, i) => {
    const column = dense ? Math.round(x(point.timeMs)) : i;
    const value = point.values[curve];
    const seen = columns.get(column);
    if (!seen) columns.set(column, { first: point, last: point, low: point, high: point });
    else {
      seen.last = point;
      if (value < seen.low.values[curve]) seen.low = point;
      if (value > seen.high.values[curve]) seen.high = point;
    }
  });
  const kept = [...columns.values()].flatMap(({ first, low, high, last }) =>
    [...new Set([first, low, high, last])].sort((a, b) => a.timeMs - b.timeMs));
  const at = kept.map((point) => `${x(point.timeMs).toFixed(1)} ${y(point.values[curve]).toFixed(1)}`);
  return at.length === 1 ? `M${at[0]}h0.1` : `M${at.join("L")}`;
}

function follow(host, svg, points, curves, x, y, inner, unit, axes, decimals) {
  const cursor = line("cursor", 0, inner.top, 0, inner.bottom);
  const dots = Array.from({ length: curves }, (_, i) => make("circle", { class: `f${i + 1}`, r: 4 }));
  const tip = document.createElement("div");
  tip.className = "tip";
  const marks = [cursor, ...dots];
  const show = (event) => {
    const at = event.clientX - host.getBoundingClientRect().left;
    const point = points.reduce((best, each) => (Math.abs(x(each.timeMs) - at) < Math.abs(x(best.timeMs) - at) ? each : best));
    const left = x(point.timeMs);
    cursor.setAttribute("x1", left);
    cursor.setAttribute("x2", left);
    dots.forEach((dot, i) => {
      dot.setAttribute("cx", left);
      dot.setAttribute("cy", y(point.values[i]));
    });
    const values = point.values.slice(0, curves).map((value, i) => (axes[i] ? `${axes[i]} ` : "") + format(value, decimals[i]));
    tip.textContent = `${values.join(", ")} ${unit} · ${dateTime(point.timeMs)}`;
    if (!tip.isConnected) {
      svg.append(...marks);
      host.append(tip);
    }
    tip.style.left = `${Math.max(0, Math.min(left - tip.offsetWidth / 2, host.clientWidth - tip.offsetWidth))}px`;
  };
  const hide = () => [...marks, tip].forEach((each) => each.remove());
  svg.addEventListener("pointermove", show);
  svg.addEventListener("pointerdown", show);
  svg.addEventListener("pointerleave", hide);
}

function valueScale(points, curves, count) {
  let low = Infinity, high = -Infinity;
  for (const point of points) {
    for (let i = 0; i < curves; i++) {
      low = Math.min(low, point.values[i]);
      high = Math.max(high, point.values[i]);
    }
  }
  const spread = high - low || Math.abs(high) * 0.1 || 1;
  low -= spread * 0.08;
  high += spread * 0.08;
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((each) => each >= rough);
  const ticks = [];
  for (let n = Math.ceil(low / step); n * step <= high; n++) ticks.push(Number((n * step).toPrecision(12)));
  return { low, high, ticks };
}

function timeTicks(fromMs, toMs, count) {
  const step = STEPS_MS.find((each) => (toMs - fromMs) / each <= count) ?? STEPS_MS.at(-1);
  const zone = new Date(fromMs).getTimezoneOffset() * 60_000; // ticks at full local hours and days
  const ticks = [];
  for (let at = Math.ceil((fromMs - zone) / step) * step + zone; at <= toMs; at += step) ticks.push(at);
  return ticks;
}

function timeLabel(timeMs, spanMs) {
  const time = new Date(timeMs);
  if (spanMs > 2 * 86_400_000) return time.toLocaleDateString(undefined, { day: "numeric", month: "short" });
  const options = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  return time.toLocaleTimeString(undefined, spanMs < 300_000 ? { ...options, second: "2-digit" } : options);
}

export function format(value, decimals = undefined) {
  const options = decimals === undefined ? { maximumFractionDigits: 6 } : { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return value.toLocaleString(undefined, options);
}

export function dateTime(timeMs) {
  return new Date(timeMs).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium", hourCycle: "h23" });
}

function make(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
  return element;
}

function line(kind, x1, y1, x2, y2) {
  return make("line", { class: kind, x1, y1, x2, y2 });
}

function text(content, x, y, anchor) {
  const element = make("text", { x, y, "text-anchor": anchor });
  element.textContent = content;
  return element;
}
