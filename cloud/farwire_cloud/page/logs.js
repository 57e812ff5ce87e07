// What the chosen device wrote down of itself: its logs and crash reports as they came, and asking for the newest.

import { get, post } from "./api.js";
import { dateTime } from "./chart.js";
import { element } from "./view.js";

const MOST_SHOWN = 5;
const LOAD_AFTER_MS = 400; // pieces come one after the other
const NAMES = { log: "Log", crash_report: "Crash report" };
const FATES = {
  queued: "waits until the device can be reached",
  sent: "sent to the device",
  acknowledged: "the device answered, its pieces follow",
  failed: "failed",
  expired: "the device was not reached in time",
};

const host = document.getElementById("logs");
const said = document.getElementById("logs-state");
const list = document.getElementById("logs-list");
let devEui = null;
let asked = null; // { orderId, what }
let timer = null;
let onError = () => {};

/** Show this device's, once the part of the page is opened. */
export function showLogs(chosen) {
  if (chosen === devEui) return;
  devEui = chosen;
  asked = null;
  said.textContent = "";
  list.replaceChildren();
  if (host.open) load();
}

/** Take an event of the live stream. */
export function tellLogs(name, data) {
  if (data.dev_eui !== devEui) return;
  if (name === "order" && data.order_id === asked?.orderId) sayFate(data.fate);
  if (name === "log_piece" && host.open) timer ??= setTimeout(load, LOAD_AFTER_MS);
}

/** `fail` takes what keeps logs from being shown. */
export function startLogs(fail) {
  onError = fail;
  host.addEventListener("toggle", () => { if (host.open) load(); });
  for (const button of host.querySelectorAll("[data-report]")) {
    button.addEventListener("click", () => request(button.dataset.report));
  }
}

async function request(report) {
  const of = devEui;
  const what = NAMES[report];
  said.textContent = `${what}: being asked for.`;
  try {
    const order = await post(`/devices/${of}/commands`, { command: "send_log", report });
    if (of !== devEui) return;
    asked = { orderId: order.order_id, what };
    sayFate(order.fate);
  } catch (error) {
    if (of === devEui) said.textContent = `${what}: ${error.message}`;
  }
}

function sayFate(fate) {
  said.textContent = `${asked.what}: ${FATES[fate] ?? fate}.`;
}

async function load() {
  clearTimeout(timer);
  timer = null;
  const of = devEui;
  if (!of) return;
  try {
    const found = await get(`/devices/${of}/logs`, { limit: MOST_SHOWN });
    if (of !== devEui) return;
    list.replaceChildren(...found.logs.map(reportOf));
    if (!found.logs.length) list.append(element("p", "faint", "None has come yet."));
  } catch (error) {
    onError(error);
  }
}

function reportOf(report) {
  const made = element("article", "report");
  const lacks = report.missing.map(({ first, end }) => (end === null ? `from byte ${first} on` : `bytes ${first} to ${end - 1}`));
  const head = element("h3", "", `${NAMES[report.report] ?? report.report} ${report.number}`);
  head.append(element("span", "faint", ` · ${dateTime(report.time_ms)}${report.whole ? "" : ", in part"}`));
  made.append(head, element("pre", "", report.text || "(empty)"));
  if (lacks.length) made.append(element("p", "faint", `Did not come: ${lacks.join(", ")}.`));
  return made;
}
