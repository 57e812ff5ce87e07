// Acknowledgement (FPort 220, down): {"through": 5, "stored": [7, 10, 16], "schema_wanted": true}; what is
// wanted of the node are flags, false when they are left out.
function encodeAcknowledgement(given) {
  const wants = Object.keys(ACKNOWLEDGEMENT_WANTS);
  checkFields("acknowledgement", given, ["through"], ["alarms_through", "stored"].concat(wants));
  const { through, alarms_through = 0, stored = [] } = given;
  const fixed = [];
  putVarint(fixed, "through", through);
  putVarint(fixed, "alarms_through", alarms_through);
  const bitmap = bitmapOf(stored, through, Math.min(MAXIMUM_BITMAP, LARGEST_PAYLOAD - fixed.length - 2));
  let flags = bitmap.length ? HAS_BITMAP : 0;
  for (const want of wants) {
    if (given[want] !== undefined && checkedFlag(want, given[want])) {
      flags |= ACKNOWLEDGEMENT_WANTS[want];
    }
  }
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
  const wants = Object.keys(ACKNOWLEDGEMENT_WANTS);
  const allowed = wants.reduce((flags, want) => flags | ACKNOWLEDGEMENT_WANTS[want], HAS_BITMAP);
  const cursor = new Cursor("acknowledgement", bytes);
  const flags = cursor.header(allowed);
  const through = cursor.varint("through");
  const alarmsThrough = cursor.varint("alarms_through");
  const bitmap = flags & HAS_BITMAP ? cursor.take("bitmap", cursor.unsigned("bitmap length", 1)) : [];
  if (flags & HAS_BITMAP && !bitmap[bitmap.length - 1]) {
    fail("acknowledgement: the bitmap ends in a zero byte or is empty");
  }
  cursor.end();
  const stored = [];
  for (let bit = 0; bit < 8 * bitmap.length; bit++) {
    if ((bitmap[bit >> 3] >> (bit & 7)) & 1) {
      stored.push(through + 2 + bit);
    }
  }
  const found = { through: through, alarms_through: alarmsThrough, stored: stored };
  for (const want of wants) {
    found[want] = (flags & ACKNOWLEDGEMENT_WANTS[want]) !== 0;
  }
  return found;
}
