// Settings to bits and back: a group for each key in use, with its indices and then its values. A setting is
// {key, index, value}: key a row of KEYS, index null for a key of the node, value a number, a boolean, or the
// bytes of a text or a secret as a string.

function groupsOf(settings) {
  const groups = [];
  for (const setting of settings) {
    const last = groups[groups.length - 1];
    if (last && last[0].key === setting.key) {
      last.push(setting);
    } else {
      groups.push([setting]);
    }
  }
  return groups;
}

function putGroups(bits, groups, withValues) {
  const memory = {};
  let previous = 0;
  for (const group of groups) {
    const key = group[0].key;
    bits.gamma(key.number - previous);
    previous = key.number;
    if (key.scope !== "node") {
      putIndices(bits, memory, key.scope, group.map(({ index }) => index));
    }
    if (withValues) {
      putValues(bits, key, group.map(({ value }) => value));
    }
  }
}

function takeGroups(bits, count, withValues) {
  const memory = {};
  const settings = [];
  let number = 0;
  for (let group = 0; group < count; group++) {
    number += bits.gamma();
    const key = KEYS[number] || fail(`configuration key ${number} is not known`);
    const indices = key.scope === "node" ? [null] : takeIndices(bits, memory, key.scope);
    if (settings.length + indices.length > MAXIMUM_SETTINGS) {
      fail(`configuration has more than ${MAXIMUM_SETTINGS} settings`);
    }
    let value = null;
    for (const index of indices) {
      value = withValues ? takeValue(bits, key, value) : null;
      settings.push({ key: key, index: index, value: value });
    }
  }
  return settings;
}

// Indices are one bit 1 when they are those of the group before with this scope, else runs of them.
function putIndices(bits, memory, scope, indices) {
  if (indices.join() === (memory[scope] || [1]).join()) {
    bits.put(1, 1);
    return;
  }
  memory[scope] = indices;
  bits.put(0, 1);
  const starts = indices.filter((index) => !indices.includes(index - 1));
  bits.gamma(starts.length);
  let free = 0;
  for (const start of starts) {
    let end = start + 1;
    while (indices.includes(end)) {
      end++;
    }
    bits.gamma(start - free + 1);
    bits.gamma(end - start);
    free = end + 1;
  }
}

function takeIndices(bits, memory, scope) {
  if (bits.get(1)) {
    return memory[scope] || [1];
  }
  const indices = [];
  let free = 0;
  for (let runs = bits.gamma(); runs > 0; runs--) {
    const start = free + bits.gamma() - 1;
    const end = start + bits.gamma();
    if (end > MAXIMUM_INDEX + 1) {
      fail(`configuration has a ${scope} above ${MAXIMUM_INDEX}`);
    }
    for (let index = start; index < end; index++) {
      indices.push(index);
    }
    free = end + 1;
  }
  memory[scope] = indices;
  return indices;
}

function putValues(bits, key, values) {
  let previous = null;
  for (const value of values) {
    if (key.kind !== "boolean" && previous !== null) {
      bits.put(value === previous ? 1 : 0, 1);
    }
    if (key.kind === "boolean" || value !== previous) {
      putValue(bits, key, value, previous);
    }
    previous = value;
  }
}

function putValue(bits, key, value, previous) {
  if (key.kind === "boolean") {
    bits.put(value ? 1 : 0, 1);
  } else if (key.kind === "signed" || (key.kind === "unsigned" && previous !== null)) {
    const difference = value - (previous || 0);
    bits.number(difference < 0 ? -2 * difference - 1 : 2 * difference);
  } else if (key.kind === "unsigned") {
    bits.number(value);
  } else if (key.kind === "duration") {
    bits.duration(value);
  } else if (key.kind === "choice") {
    bits.gamma(value + 1);
  } else {
    bits.word(value);
  }
}

function takeValue(bits, key, previous) {
  if (key.kind === "boolean") {
    return bits.get(1) === 1;
  }
  if (previous !== null && bits.get(1)) {
    return previous;
  }
  if (key.kind === "signed" || (key.kind === "unsigned" && previous !== null)) {
    const folded = bits.number();
    return (previous || 0) + (folded % 2 ? -(folded + 1) / 2 : folded / 2);
  }
  if (key.kind === "unsigned") {
    return bits.number();
  }
  if (key.kind === "duration") {
    return bits.duration();
  }
  if (key.kind === "choice") {
    return bits.gamma() - 1;
  }
  const bytes = bits.word(key.high);
  if (key.kind === "text" && textOfBytes(bytes) === undefined) {
    fail(`${key.name} has control characters or is no UTF-8`);
  }
  return bytes;
}
