// LPP types of single vendors that are no fixed row of integers. Each takes the bytes and where its value
// starts to {raw, value, after}; a float that is no number has no value.
const POLYLINE_HEAD = 8;

const SPECIAL = {
  polyline: (bytes, at) => {
    const left = bytes.length - at;
    const size = left ? bytes[at] : POLYLINE_HEAD;
    if (left && size < POLYLINE_HEAD) {
      fail(`LPP polyline: length is ${size}, expected ${POLYLINE_HEAD} or more`);
    }
    needed(bytes, at, size);
    const factor = polylineFactor(bytes[at + 1]);
    let latitude = signedAt(bytes, at + 2, 3);
    let longitude = signedAt(bytes, at + 5, 3);
    const raw = [latitude * factor, longitude * factor];
    for (const byte of bytes.slice(at + POLYLINE_HEAD, at + size)) {
      latitude += nibble(byte & 0x0f);
      longitude += nibble(byte >> 4);
      raw.push(latitude * factor, longitude * factor);
    }
    const value = [];
    for (let index = 0; index < raw.length; index += 2) {
      value.push({ latitude: raw[index] / 10000, longitude: raw[index + 1] / 10000 });
    }
    return { raw: raw, value: value, after: at + size };
  },
  float: (bytes, at) => {
    needed(bytes, at, 4);
    const value = new DataView(Uint8Array.from(bytes.slice(at, at + 4)).buffer).getFloat32(0);
    return {
      raw: unsignedAt(bytes, at, 4),
      value: Number.isFinite(value) ? value : undefined,
      after: at + 4,
    };
  },
};

function needed(bytes, at, size) {
  const left = bytes.length - at;
  if (left < size) {
    fail(`LPP type ${bytes[at - 1]} at byte ${at - 1} needs ${size} bytes, ${left} are left`);
  }
}

// 1 to 199 stand for themselves, 227 to 239 for 1, 2, 5, 10, 20, ...
function polylineFactor(factor) {
  if (factor >= 227 && factor <= 239) {
    return [1, 2, 5][(factor - 227) % 3] * 10 ** Math.floor((factor - 227) / 3);
  }
  return factor >= 1 && factor <= 199
    ? factor
    : fail(`LPP polyline: factor is ${factor}, expected 1 to 199 or 227 to 239`);
}

function nibble(value) {
  return value > 7 ? value - 16 : value;
}

function specialItem(channel, typeId, found, { raw, value }) {
  const item = { channel: channel, type: typeId, name: found.name };
  if (value !== undefined) {
    item.value = value;
  }
  item.raw = raw;
  return item;
}
