// The REST API as the page uses it: the key, JSON answers, the live stream.

const API = "/api/v1";
const STORED = "farwire-key";
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;

export class UnknownKey extends Error {}

let key = "";

/** Take the key from `#key=...` (and off the address, so that it is not shared by accident) or the browser. */
export function findKey() {
  const given = new URLSearchParams(location.hash.slice(1)).get("key");
  if (given) {
    history.replaceState(null, "", location.pathname + location.search);
    setKey(given);
  } else {
    key = localStorage.getItem(STORED) ?? "";
  }
  return key;
}

export function setKey(text) {
  key = text.trim();
  localStorage.setItem(STORED, key);
}

async function ask(path, signal, body = undefined) {
  const headers = { Authorization: `Bearer ${key}`, ...(body && { "Content-Type": "application/json" }) };
  const answer = await fetch(API + path, { method: body ? "POST" : "GET", headers, body, signal });
  if (answer.status === 401) throw new UnknownKey("The key is not known here.");
  if (!answer.ok) {
    const document = await answer.json().catch(() => null);
    throw new Error(document?.error?.message ?? `The service answered ${answer.status}.`);
  }
  return answer;
}

export async function get(path, parameters = {}, signal = undefined) {
  const given = new URLSearchParams(parameters).toString();
  return (await ask(given ? `${path}?${given}` : path, signal)).json();
}

export async function post(path, body) {
  return (await ask(path, undefined, JSON.stringify(body))).json();
}

export async function allDevices() {
  const found = [];
  let after = "";
  do {
    const page = await get("/devices", { limit: 1000, after });
    found.push(...page.devices.map(withNames));
    after = page.after;
  } while (after);
  return found;
}

/** A device, or what the stream says of one, with its named values among the others: what has a name has no channel. */
export function withNames(said) {
  if (!Array.isArray(said.last)) return said; // a piece of a log says with it that no more follow
  const named = (said.named ?? []).map((each) => ({ ...each, named: true, axes: [], decimals: [], values: [each.value] }));
  return { ...said, last: [...said.last, ...named] };
}

/** Readings of one name in a period, as `readings`; only numbers can be drawn. */
export async function namedReadings(devEui, name, fromMs, toMs, most, signal) {
  const pages = await paged(`/devices/${devEui}/named`, { name, from: fromMs, to: toMs }, most, signal);
  const found = pages.readings.filter((each) => typeof each.value === "number");
  return { ...pages, readings: found.map((each) => ({ ...each, values: [each.value] })) };
}

/** Readings of one channel in a period, the oldest first; `most` bounds how many are fetched. */
export async function readings(devEui, channel, fromMs, toMs, most, signal) {
  return paged(`/devices/${devEui}/readings`, { channel, from: fromMs, to: toMs }, most, signal);
}

async function paged(path, wanted, most, signal) {
  const found = [];
  let cursor = null;
  do {
    const parameters = { ...wanted, limit: 1000, order: "desc" };
    if (cursor) parameters.cursor = cursor;
    const page = await get(path, parameters, signal);
    found.push(...page.readings);
    cursor = page.cursor;
  } while (cursor && found.length < most);
  return { readings: found.reverse(), whole: cursor === null };
}

/** Follow the live stream for ever: `onEvent(name, data)`, `onState("live" | "lost")`. */
export async function follow(onEvent, onState) {
  let waitMs = FIRST_WAIT_MS;
  for (;;) {
    try {
      const reader = (await ask("/events")).body.pipeThrough(new TextDecoderStream()).getReader();
      onState("live");
      waitMs = FIRST_WAIT_MS;
      let text = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        const blocks = (text + value).split("\n\n");
        text = blocks.pop();
        for (const block of blocks) tell(block, onEvent);
      }
    } catch (error) {
      if (error instanceof UnknownKey) throw error;
    }
    onState("lost");
    await new Promise((resume) => setTimeout(resume, waitMs));
    waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
  }
}

function tell(block, onEvent) {
  const fields = Object.fromEntries(block.split("\n").map((line) => [line.split(":", 1)[0], line.replace(/^\w+: /, "")]));
  if (fields.event && fields.data) onEvent(fields.event, JSON.parse(fields.data));
}
