// Devices, alarms and sums as elements. Everything that a device says is set as text, never as markup.

import { dateTime, format } from "./chart.js";

const MOST_CELLS = 24; // a vendor's codec may name hundreds of values; the rest is in the list of the history

/** What people call a channel: the type's name in words, and the channel's number; or the name that a value has. */
export function channelName(value) {
  if (value.named) return value.name;
  const words = value.name.replace(/Sensor$/, "").replace(/_/g, " ").replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  return `${words[0].toUpperCase()}${words.slice(1)} ${value.channel}`;
}

export function seriesOf(value) {
  return value.named ? `name ${value.name}` : `${value.channel}/${value.type}`;
}

export function ago(timeMs, nowMs) {
  if (!timeMs) return "never";
  const seconds = Math.max(0, Math.round((nowMs - timeMs) / 1000));
  if (seconds < 5) return "now";
  if (seconds < 90) return `${seconds} s ago`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 129_600) return `${Math.round(seconds / 3600)} h ago`;
  return dateTime(timeMs);
}

/** Whether the device said in its newest state report that it runs in safe mode. */
export function isInSafeMode(device) {
  return device.report?.reset_reason === "safe_mode";
}

export function deviceCard(device, selected, fresh, nowMs, onSelect) {
  const card = element("button", "device");
  card.type = "button";
  card.dataset.eui = device.dev_eui;
  card.setAttribute("aria-pressed", String(selected));
  const head = element("span", "device-head");
  head.append(element("span", "device-name", device.name || device.dev_eui));
  if (device.alarms.length) head.append(element("span", "badge bad", device.alarms.length === 1 ? "alarm" : `${device.alarms.length} alarms`));
  if (isInSafeMode(device)) head.append(element("span", "badge bad", "safe mode"));
  if (device.records.missing) {
    const badge = element("span", "badge waiting", `${device.records.missing} awaited`);
    badge.title = "records that the node still holds, and that are being asked for";
    head.append(badge);
  }
  const seen = element("span", "device-seen faint", ago(device.last_seen_ms, nowMs));
  seen.dataset.timeMs = device.last_seen_ms;
  seen.title = device.last_seen_ms ? dateTime(device.last_seen_ms) : "";
  head.append(seen);
  const values = element("span", "values");
  for (const value of device.last.slice(0, MOST_CELLS)) values.append(valueCell(value, fresh.has(seriesOf(value))));
  card.append(head, values);
  card.addEventListener("click", () => onSelect(device.dev_eui));
  return card;
}

function valueCell(value, isFresh) {
  const several = value.values.length > 1;
  const cell = element("span", `${several ? "wide" : ""} ${isFresh ? "fresh" : ""}`.trim());
  const shown = element("span", several ? "value several" : "value", shownValues(value));
  if (value.unit) shown.append(" ", element("small", "", value.unit));
  cell.append(element("span", "value-name", channelName(value)), shown);
  return cell;
}

function shownValues(value) {
  return value.values.map((each, i) => shownValue(each, value.decimals[i])).join(" / ");
}

function shownValue(value, decimals) {
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "number" ? format(value, decimals) : value;
}

export function alarmCard(alarm, deviceName, nowMs, onSelect) {
  const card = element("button", "alarm");
  card.type = "button";
  const value = alarm.value ? `${shownValues(alarm.value)} ${alarm.value.unit}` : "";
  const what = alarm.condition.toLowerCase().replace(/_/g, " ");
  card.append(
    element("strong", "", `${what[0].toUpperCase()}${what.slice(1)}`),
    element("span", "", `${deviceName}, ${alarm.value ? channelName(alarm.value).toLowerCase() : `channel ${alarm.channel}`}`),
    element("span", "", value),
    element("span", "faint", ago(alarm.time_ms, nowMs)),
  );
  card.addEventListener("click", () => onSelect(alarm.dev_eui, alarm.value ? seriesOf(alarm.value) : null));
  return card;
}

export function sums(host, devices) {
  const add = (of) => devices.reduce((sum, device) => sum + of(device), 0);
  const missing = add((device) => device.records.missing);
  const gone = add((device) => device.records.gone);
  const rows = [
    ["devices", devices.length, ""],
    ["records", add((device) => device.records.stored), ""],
    ["alarms", add((device) => device.alarms.length), "bad"],
  ];
  if (missing) rows.push(["awaited", missing, "waiting"]);
  if (gone) rows.push(["given up", gone, "bad"]);
  host.replaceChildren(...rows.map(([name, count, kind]) => {
    const row = element("div", count ? kind : "");
    row.append(element("dt", "", name), element("dd", "", count.toLocaleString()));
    return row;
  }));
}

export function choices(host, options, chosen, onChoose) {
  host.replaceChildren(...options.map(([id, label]) => {
    const button = element("button", "", label);
    button.type = "button";
    button.setAttribute("aria-pressed", String(id === chosen));
    button.addEventListener("click", () => onChoose(id));
    return button;
  }));
}

export function element(name, kind = "", content = null) {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  if (content !== null) made.textContent = content;
  return made;
}
