// Objects that somebody types in ChirpStack's UI: every field is known, none is missing.

// Returns an object's keys; fails for anything that is no object.
function keysOf(name, value) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    fail(`${name} is ${shown(value)}, expected an object`);
  }
  return Object.keys(value);
}

// Fails unless `value` has all `required` fields, and no others than those and the `optional` ones.
function checkFields(name, value, required, optional) {
  const known = required.concat(optional);
  for (const key of keysOf(name, value)) {
    if (!known.includes(key)) {
      fail(`${name} has a field ${shown(key)}, expected ${listed(known)}`);
    }
  }
  for (const key of required) {
    if (value[key] === undefined) {
      fail(`${name} has no field ${shown(key)}, expected ${listed(required)}`);
    }
  }
}

// Returns the only key of an object, which must be one of `known`.
function onlyKey(name, value, known) {
  const keys = keysOf(name, value);
  if (keys.length !== 1 || !known.includes(keys[0])) {
    fail(`${name} has the fields ${listed(keys.map(shown))}, expected one of ${listed(known)}`);
  }
  return keys[0];
}

function checkedFlag(name, value) {
  return typeof value === "boolean" ? value : fail(`${name} is ${shown(value)}, expected true or false`);
}

// Returns the bytes that a text of hexadecimal digits spells.
function bytesOfHex(name, text, low, high) {
  if (typeof text !== "string" || !/^([0-9a-fA-F]{2})*$/.test(text)) {
    fail(`${name} is ${shown(text)}, expected pairs of hexadecimal digits`);
  }
  checked(`length of ${name}`, text.length / 2, low, high);
  const bytes = [];
  for (let at = 0; at < text.length; at += 2) {
    bytes.push(parseInt(text.slice(at, at + 2), 16));
  }
  return bytes;
}

// Returns the number that a key of an object spells, as {"1": 0.5} does.
function numberOfKey(name, key, low, high) {
  return /^(0|[1-9][0-9]*)$/.test(key)
    ? checked(name, Number(key), low, high)
    : fail(`${name} is ${shown(key)}, expected ${low} to ${high}`);
}
