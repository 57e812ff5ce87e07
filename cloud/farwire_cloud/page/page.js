// The page: what is known of the plant, kept fresh by the live stream, and drawn at most a few times a second.

import { UnknownKey, allDevices, findKey, follow, get, namedReadings, readings, setKey, withNames } from "./api.js";
import { dateTime, draw } from "./chart.js";
import { showLogs, startLogs, tellLogs } from "./logs.js";
import { ago, alarmCard, channelName, choices, deviceCard, isInSafeMode, seriesOf, sums } from "./view.js";

const RANGES = [[3_600_000, "1 h"], [6 * 3_600_000, "6 h"], [86_400_000, "24 h"], [7 * 86_400_000, "7 d"]];
const DRAW_EVERY_MS = 400;
const RELOAD_EVERY_MS = 15_000; // what other copies of the service took in is not in this one's stream
const HISTORY_EVERY_MS = 3_000;
const MOST_POINTS = 12_000;
const NARROW = "(max-width: 900px)";

const at = (id) => document.getElementById(id);
const devices = new Map();
let alarms = [];
let selected = null; // { devEui, series }
let rangeMs = 6 * 3_600_000;
let freshSeries = new Map(); // DevEUI -> series that changed since the last drawing
let drawing = null;
let loading = null;
let historyStale = false;
let historyTimer = null;

/** The plant's time: a twin may run ahead of this computer's clock. */
function plantNow() {
  return Math.max(Date.now(), ...[...devices.values()].map((device) => device.last_seen_ms));
}

function drawSoon() {
  drawing ??= setTimeout(() => {
    drawing = null;
    drawAll();
  }, DRAW_EVERY_MS);
}

function drawAll() {
  const nowMs = plantNow();
  const all = [...devices.values()].sort((a, b) => (a.name || a.dev_eui).localeCompare(b.name || b.dev_eui, undefined, { numeric: true }));
  const wanted = at("filter").value.trim().toLowerCase();
  const shown = all.filter((device) => `${device.name} ${device.dev_eui}`.toLowerCase().includes(wanted));
  const focused = document.activeElement?.dataset?.eui;
  at("devices").replaceChildren(...shown.map((device) =>
    deviceCard(device, device.dev_eui === selected?.devEui, freshSeries.get(device.dev_eui) ?? new Set(), nowMs, select)));
  if (focused) at("devices").querySelector(`[data-eui="${focused}"]`)?.focus({ preventScroll: true });
  freshSeries = new Map();
  at("empty").hidden = all.length > 0;
  sums(at("sums"), all);
  at("alarms").hidden = alarms.length === 0;
  at("alarms").replaceChildren(...alarms.map((alarm) =>
    alarmCard(alarm, devices.get(alarm.dev_eui)?.name || alarm.dev_eui, nowMs, select)));
  if (!selected && all.length) select((all.find((device) => device.last.length) ?? all[0]).dev_eui, null, false);
  drawHead();
}

function drawHead() {
  const device = devices.get(selected?.devEui);
  at("history").hidden = !device;
  if (!device) return;
  showLogs(device.dev_eui);
  at("safe-mode").hidden = !isInSafeMode(device);
  at("history-device").textContent = device.name || device.dev_eui;
  const radio = device.radio ? ` · ${device.radio.rssi_dbm} dBm, SNR ${device.radio.snr_db} dB, DR${device.radio.data_rate}` : "";
  const { stored, gone } = device.records;
  at("history-about").textContent =
    `${device.dev_eui} · ${stored.toLocaleString()} records${gone ? `, ${gone.toLocaleString()} given up` : ""}${radio}`;
  choices(at("ranges"), RANGES, rangeMs, (chosen) => {
    rangeMs = chosen;
    drawHead();
    loadHistory();
  });
  choices(at("series"), device.last.map((value) => [seriesOf(value), channelName(value)]), selected.series, (series) =>
    select(device.dev_eui, series, false));
}

function select(devEui, series = null, scroll = true) {
  const device = devices.get(devEui);
  if (!device) return;
  const first = device.last[0] && seriesOf(device.last[0]);
  const known = device.last.some((value) => seriesOf(value) === selected?.series);
  selected = { devEui, series: series ?? (known ? selected.series : first) ?? null };
  for (const card of at("devices").children) card.setAttribute("aria-pressed", String(card.dataset.eui === devEui));
  drawHead();
  loadHistory();
  if (scroll && matchMedia(NARROW).matches) at("history").scrollIntoView({ behavior: "smooth" });
}

async function loadHistory() {
  const device = devices.get(selected?.devEui);
  const value = device?.last.find((each) => seriesOf(each) === selected.series);
  if (!value) {
    at("plot").replaceChildren();
    return;
  }
  loading?.abort();
  loading = new AbortController();
  const { signal } = loading;
  historyStale = false;
  const toMs = Math.max(device.last_seen_ms, value.time_ms);
  const fromMs = toMs - rangeMs;
  try {
    const found = value.named
      ? await namedReadings(device.dev_eui, value.name, fromMs, toMs, MOST_POINTS, signal)
      : await readings(device.dev_eui, value.channel, fromMs, toMs, MOST_POINTS, signal);
    const points = found.readings.filter((each) => each.type === value.type)
      .map((each) => ({ timeMs: each.time_ms, values: each.values }))
      .sort((a, b) => a.timeMs - b.timeMs);
    const label = `${channelName(value)} of ${device.name || device.dev_eui}`;
    draw(at("plot"), points, found.whole || !points.length ? fromMs : points[0].timeMs, toMs, { unit: value.unit, axes: value.axes, decimals: value.decimals, label });
    const count = `${points.length.toLocaleString()} reading${points.length === 1 ? "" : "s"}`;
    at("history-note").textContent = `${label}: ${count} up to ${dateTime(toMs)}${found.whole ? "" : ", the newest ones only"}.`;
    at("plot").dataset.points = points.length;
  } catch (error) {
    if (error.name !== "AbortError") fail(error);
  }
}

function historySoon(devEui) {
  if (devEui !== selected?.devEui) return;
  historyStale = true;
  historyTimer ??= setTimeout(() => {
    historyTimer = null;
    if (historyStale) loadHistory();
  }, HISTORY_EVERY_MS);
}

let reloading = null;

/** Read devices and alarms again; calls while one is under way share it. */
function reload() {
  reloading ??= (async () => {
    try {
      const [found, open] = await Promise.all([allDevices(), get("/alarms")]);
      for (const device of found) devices.set(device.dev_eui, device);
      alarms = open.alarms;
      drawAll();
    } finally {
      reloading = null;
    }
  })();
  return reloading;
}

function onEvent(name, told) {
  const data = withNames(told);
  tellLogs(name, data);
  const device = devices.get(data.dev_eui);
  if (!device || name === "alarms" || name === "joined" || name === "state" || name === "lost") {
    if (name !== "order") setTimeout(() => reload().catch(fail), DRAW_EVERY_MS);
    return;
  }
  if (!Array.isArray(data.last)) return;
  device.last_seen_ms = Math.max(device.last_seen_ms, data.time_ms);
  const fresh = freshSeries.get(device.dev_eui) ?? new Set();
  for (const value of data.last) {
    const place = device.last.findIndex((each) => seriesOf(each) === seriesOf(value));
    if (place < 0) device.last.push(value);
    else if (device.last[place].time_ms <= value.time_ms) device.last[place] = value;
    else continue;
    fresh.add(seriesOf(value));
  }
  if (name === "records") device.records.stored = Math.max(device.records.stored, Math.max(0, ...data.numbers) - device.records.missing - device.records.gone);
  freshSeries.set(device.dev_eui, fresh);
  drawSoon();
  historySoon(device.dev_eui);
}

function showState(state) {
  at("link").dataset.state = state;
  at("link").textContent = state === "live" ? "live" : "no connection, trying again";
}

function fail(error) {
  if (error instanceof UnknownKey) askForKey(error.message);
  else showState("lost");
}

function askForKey(message) {
  at("key-error").textContent = message;
  if (!at("key-dialog").open) at("key-dialog").showModal();
}

let following = false;

async function open() {
  try {
    await reload();
  } catch (error) {
    fail(error);
    if (!(error instanceof UnknownKey)) setTimeout(open, 2000);
    return;
  }
  if (following) return;
  following = true;
  follow(onEvent, (state) => {
    showState(state);
    if (state === "live") reload().catch(fail); // what came while the stream was away
  }).catch(fail).finally(() => { following = false; });
}

startLogs(fail);
at("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  setKey(at("key").value);
  at("key").value = "";
  at("key-dialog").close();
  open();
});
at("change-key").addEventListener("click", () => askForKey(""));
at("filter").addEventListener("input", drawAll);
addEventListener("resize", () => historySoon(selected?.devEui));
setInterval(() => { if (following) reload().catch(fail); }, RELOAD_EVERY_MS);
setInterval(() => {
  const nowMs = plantNow();
  for (const seen of document.querySelectorAll("[data-time-ms]")) seen.textContent = ago(Number(seen.dataset.timeMs), nowMs);
}, 5000);

if (findKey()) open();
else askForKey("");
