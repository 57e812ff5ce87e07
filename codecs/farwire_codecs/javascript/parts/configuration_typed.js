// Settings as one types them: {"sampling_interval_s": 60, "high": {"3": 850}, "log_level": "debug"}. A key of
// channels, sensors or servers has an object by their index. They are a whole document: a setting that is not
// in it has the node's own value.

function settingsOf(given) {
  const settings = [];
  const known = keysOf("configuration", given).map(
    (name) => Object.values(KEYS).find((key) => key.name === name) || noKey(name)
  );
  for (const key of known.sort((one, other) => one.number - other.number)) {
    if (key.scope === "node") {
      settings.push({ key: key, index: null, value: valueOf(key, key.name, given[key.name]) });
      continue;
    }
    for (const text of keysOf(key.name, given[key.name])) {
      const index = numberOfKey(`${key.scope} of ${key.name}`, text, 0, MAXIMUM_INDEX);
      const value = valueOf(key, `${key.name} of ${key.scope} ${index}`, given[key.name][text]);
      settings.push({ key: key, index: index, value: value });
    }
  }
  return settings;
}

function noKey(name) {
  return fail(`configuration key ${shown(name)} is not known`);
}

// Returns a setting's value from what was typed; a message never tells a secret.
function valueOf(key, name, value) {
  if (key.kind === "boolean") {
    return checkedFlag(name, value);
  }
  if (key.kind === "choice") {
    return key.names.includes(value)
      ? key.names.indexOf(value)
      : fail(`${name} is ${shown(value)}, expected one of ${listed(key.names)}`);
  }
  if (key.kind === "text" || key.kind === "secret") {
    if (typeof value !== "string" || (key.kind === "secret" && value === MASK)) {
      fail(`${name} is no text, or the mask of one; expected a text of ${key.low} to ${key.high} bytes`);
    }
    const bytes = bytesOfText(value);
    if (bytes === undefined) {
      fail(`${name} is no UTF-8`);
    }
    checked(`length of ${name} in bytes`, bytes.length, key.low, key.high);
    return textOfBytes(bytes) === undefined && key.kind === "text"
      ? fail(`${name} has control characters`)
      : bytes;
  }
  return checked(name, value, key.low, key.high);
}

// Returns what one types for settings; a secret is not shown.
function documentData(settings) {
  const data = {};
  for (const { key, index, value } of settings) {
    const typed =
      key.kind === "secret" ? MASK
      : key.kind === "choice" ? key.names[value]
      : key.kind === "text" ? textOfBytes(value)
      : value;
    if (index === null) {
      data[key.name] = typed;
    } else {
      data[key.name] = data[key.name] || {};
      data[key.name][index] = typed;
    }
  }
  return data;
}

function placeOf({ key, index }) {
  return index === null ? key.name : `${key.name} ${index}`;
}
