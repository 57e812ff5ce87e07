// Acknowledgement (FPort 220, down): {"through": 5, "stored": [7, 10, 16], "schema_wanted": true}.
function encodeAcknowledgement(given) {
  checkFields("acknowledgement", given, ["through"], ["alarms_through", "stored", "schema_wanted"]);
  const { through, alarms_through = 0, stored = [], schema_wanted = false } = given;
  const fixed = [];
  putVarint(fixed, "through", through);
  putVarint(fixed, "alarms_through", alarms_through);
  const bitmap = bitmapOf(stored, through, Math.min(255, LARGEST_PAYLOAD - fixed.length - 2));
  const flags = (checkedFlag("schema_wanted", schema_wanted) ? 1 : 0) | (bitmap.length ? 2 : 0);
  const tail = bitmap.length ? [bitmap.length].concat(bitmap) : [];
  return [header(flags)].concat(fixed, tail);
}

// Returns bytes of which bit i, the lowest of a byte first, stands for record through + 2 + i.
function bitmapOf(stored, through, room) {
  if (!Array.isArray(stored)) {
    fail(`stored is ${shown(stored)}, expected a list of record numbers`);
  }
  const bitmap = [];
  for (const number of stored) {
    const bit = checked("a record in stored", number, through + 2, through + 1 + 8 * room) - through - 2;
    while (bitmap.length <= bit >> 3) {
      bitmap.push(0);
    }
    bitmap[bit >> 3] |= 1 << (bit & 7);
  }
  return bitmap;
}

function decodeAcknowledgement(bytes) {
  const cursor = new Cursor("acknowledgement", bytes);
  const flags = cursor.header(3);
  const through = cursor.varint("through");
  const alarmsThrough = cursor.varint("alarms_through");
  const bitmap = flags & 2 ? cursor.take("bitmap", cursor.unsigned("bitmap length", 1)) : [];
  if (flags & 2 && !bitmap[bitmap.length - 1]) {
    fail("acknowledgement: the bitmap ends in a zero byte or is empty");
  }
  cursor.end();
  const stored = [];
  for (let bit = 0; bit < 8 * bitmap.length; bit++) {
    if ((bitmap[bit >> 3] >> (bit & 7)) & 1) {
      stored.push(through + 2 + bit);
    }
  }
  return {
    through: through,
    alarms_through: alarmsThrough,
    stored: stored,
    schema_wanted: (flags & 1) !== 0,
  };
}
