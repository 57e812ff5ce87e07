// Cayenne LPP uplinks: dynamic (FPort 1), packed (2), full-scale GPS (3) and history (100 to 199), strict.

// Returns how a device speaks LPP: the types of the profile that its variable farwire_lpp_profile names, and
// whether zero bytes at the end are padding (farwire_lpp_padded).
function dialectOf(variables) {
  const { farwire_lpp_profile: name = "agreed", farwire_lpp_padded: padded = "false" } = variables;
  if (!Object.keys(PROFILES).includes(name)) {
    fail(`farwire_lpp_profile is ${shown(name)}, expected one of ${listed(Object.keys(PROFILES))}`);
  }
  if (padded !== "true" && padded !== "false") {
    fail(`farwire_lpp_padded is ${shown(padded)}, expected "true" or "false"`);
  }
  const types = name === "agreed" ? TYPES : Object.assign({}, TYPES, PROFILES[name]);
  return { types: types, padded: padded === "true" };
}

function typeOf(typeId) {
  return TYPES[typeId] || fail(`LPP type ${typeId} is not in the table of types`);
}

function sizeOf(found) {
  return found.axes.reduce((sum, axis) => sum + axis.size, 0);
}

function rawAt(found, bytes, at) {
  const raw = [];
  let start = at;
  for (const { size, signed } of found.axes) {
    raw.push(signed ? signedAt(bytes, start, size) : unsignedAt(bytes, start, size));
    start += size;
  }
  return raw;
}

// Returns one number for a type of one axis, else an object by the names of the axes.
function byAxis(found, numbers) {
  if (found.names.length === 0) {
    return numbers[0];
  }
  const object = {};
  found.names.forEach((name, index) => {
    object[name] = numbers[index];
  });
  return object;
}

// Adds what a type and its integers say to an object, and returns it: name, unit, value, raw.
function describe(object, found, raw) {
  object.name = found.name;
  if (found.unit) {
    object.unit = found.unit;
  }
  if (raw) {
    object.value = byAxis(found, raw.map((value, index) => value / found.axes[index].steps));
    object.raw = byAxis(found, raw);
  }
  return object;
}

// Returns the items that `take` reads one after the other: a function of where an item starts and of how many
// there were before it, to [item, where the next one starts]. Padding is no item.
function lppItems(bytes, padded, take) {
  let end = bytes.length;
  if (padded) {
    while (end > 0 && bytes[end - 1] === 0) {
      end--;
    }
  }
  const items = [];
  let start = 0;
  while (start < end) {
    const [item, after] = take(start, items.length);
    items.push(item);
    start = after;
  }
  return items;
}

function lppDynamic(bytes, { types, padded }) {
  return lppItems(bytes, padded, (start) => {
    if (start + 2 > bytes.length) {
      fail(`LPP ends after channel ${bytes[start]}`);
    }
    const typeId = bytes[start + 1];
    const found = types[typeId];
    if (found && found.special) {
      const read = SPECIAL[found.name](bytes, start + 2);
      return [specialItem(bytes[start], typeId, found, read), read.after];
    }
    return lppValue({ channel: bytes[start] }, bytes, start + 1, types, 0);
  });
}

function lppPacked(bytes, { types, padded }) {
  return lppItems(bytes, padded, (start, before) => {
    return lppValue({ channel: before + 1 }, bytes, start, types, 0);
  });
}

function lppHistory(channel, bytes, { types, padded }, recvTime) {
  return lppItems(bytes, padded, (start) => {
    const read = lppValue({ channel: channel }, bytes, start, types, 2);
    addAge(read[0], 8 * unsignedAt(bytes, start + 1, 2), recvTime);
    return read;
  });
}

// Completes an item whose type stands at byte `at`, with `between` bytes before its value; returns it, and
// where the next one starts.
function lppValue(item, bytes, at, types, between) {
  const typeId = bytes[at];
  const found = types[typeId];
  if (found === undefined || found.special) {
    fail(`LPP type ${typeId} at byte ${at} is not in the table of types`);
  }
  const size = between + sizeOf(found);
  const left = bytes.length - at - 1;
  if (size > left) {
    const what = between ? `${size} bytes with its age` : `${size} bytes`;
    fail(`LPP type ${typeId} at byte ${at} needs ${what}, ${left} are left`);
  }
  item.type = typeId;
  return [describe(item, found, rawAt(found, bytes, at + 1 + between)), at + 1 + size];
}

function lppGps(bytes, { padded }) {
  const found = TYPES[FULL_SCALE_GPS];
  const size = 1 + sizeOf(found);
  return lppItems(bytes, padded, (start) => {
    if (start + size > bytes.length) {
      fail(`full-scale GPS has ${bytes.length} bytes, expected a multiple of ${size}`);
    }
    return [describe({ channel: bytes[start] }, found, rawAt(found, bytes, start + 1)), start + size];
  });
}

// Returns the items, and beside them {name: {channel: value}} as ChirpStack's own CAYENNE_LPP codec shows it,
// so that its charts keep their names. There, as here, the last of two items of one name and channel remains.
function lppData(frame, items) {
  const data = { frame: frame, items: items };
  for (const item of items) {
    if (item.value !== undefined) {
      data[item.name] = data[item.name] || {};
      data[item.name][item.channel] = item.value;
    }
  }
  return data;
}
