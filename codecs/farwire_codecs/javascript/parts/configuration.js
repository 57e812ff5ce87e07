// Configuration (FPort 222, down): a document, or a difference of two, whole or in pieces. Only a document in
// one piece is encoded.

function encodeConfiguration(given) {
  const settings = settingsOf(given);
  const document = encodeDocument(settings);
  const out = [header(0)].concat(document);
  putBytes(out, crc32(document), 4);
  return out;
}

function encodeDocument(settings) {
  if (settings.length > MAXIMUM_SETTINGS) {
    fail(`${settings.length} settings, expected at most ${MAXIMUM_SETTINGS}`);
  }
  const groups = groupsOf(settings);
  const bits = new BitWriter();
  bits.put(header(Math.min(groups.length, 31)), 8);
  if (groups.length >= 31) {
    bits.gamma(groups.length - 30);
  }
  putGroups(bits, groups, true);
  const bytes = bits.bytes();
  checked("length of the document", bytes.length, 0, MAXIMUM_DOCUMENT);
  return bytes;
}

function decodeDocument(bytes) {
  checked("length of the document", bytes.length, 0, MAXIMUM_DOCUMENT);
  let groups = new Cursor("configuration", bytes).header(0x1f);
  const bits = new BitReader("configuration", bytes, 1);
  if (groups === 31) {
    groups += bits.gamma() - 1;
  }
  const settings = takeGroups(bits, groups, true);
  bits.end();
  checkSettings(settings);
  if (hexOfBytes(encodeDocument(settings)) !== hexOfBytes(bytes)) {
    fail("configuration is not written in its one shortest form");
  }
  return settings;
}

function decodeDifference(bytes) {
  checked("length of the difference", bytes.length, 0, MAXIMUM_DOCUMENT);
  const bits = new BitReader("configuration difference", bytes, 0);
  const changed = takeGroups(bits, bits.gamma() - 1, true);
  const removed = takeGroups(bits, bits.gamma() - 1, false);
  bits.end();
  checkSettings(changed);
  const again = new BitWriter();
  for (const [settings, withValues] of [[changed, true], [removed, false]]) {
    again.gamma(groupsOf(settings).length + 1);
    putGroups(again, groupsOf(settings), withValues);
  }
  if (hexOfBytes(again.bytes()) !== hexOfBytes(bytes)) {
    fail("configuration difference is not written in its one shortest form");
  }
  const gone = removed.map(placeOf);
  if (changed.some((setting) => gone.includes(placeOf(setting)))) {
    fail("configuration difference sets and takes back the same setting");
  }
  return { changed: documentData(changed), removed: removed.map(placeOf) };
}

// Fails unless every value is in its range.
function checkSettings(settings) {
  for (const { key, value } of settings) {
    if (key.kind === "text") {
      checked(`length of ${key.name} in bytes`, value.length, key.low, key.high);
    } else if (key.kind === "secret") {
      checked(`length of ${key.name}`, value.length, key.low, key.high);
    } else if (key.kind !== "boolean") {
      checked(key.name, value, key.low, key.high);
    }
  }
}

// Returns the data of a piece: what it says where it is all of a transfer, else its part of the bytes.
function decodeConfigurationPiece(bytes) {
  const cursor = new Cursor("configuration piece", bytes);
  const flags = cursor.header(0x1f);
  if (flags & 8) {
    return { configuration_piece: takePiece(cursor, flags) };
  }
  if (flags & 7) {
    fail(`configuration piece has flags 0x${hex(flags, 2)}, expected 0x00 or 0x10`);
  }
  if (bytes.length <= 5) {
    fail(`configuration ends inside its check: ${bytes.length - 1} bytes`);
  }
  checked("length of the configuration", bytes.length - 1, 0, MAXIMUM_DOCUMENT + 4);
  const content = bytes.slice(1, -4);
  if (flags & 16) {
    return { configuration_difference: decodeDifference(content) };
  }
  const settings = decodeDocument(content);
  const check = unsignedAt(bytes, bytes.length - 4, 4);
  if (crc32(content) !== check) {
    fail(`check of the configuration is ${hex(crc32(content), 8)}, expected ${hex(check, 8)}`);
  }
  return { configuration: documentData(settings) };
}

function takePiece(cursor, flags) {
  const which = cursor.unsigned("index", 1);
  const data = cursor.bytes.slice(cursor.position);
  if (data.length === 0) {
    fail("configuration piece has no data");
  }
  return {
    difference: (flags & 16) !== 0,
    transfer: ((flags & 3) << 1) | (which >> 7),
    index: which & 0x7f,
    last: (flags & 4) !== 0,
    data: hexOfBytes(data),
  };
}

// CRC-32 of IEEE 802.3 (reflected, polynomial 0xEDB88320).
function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) {
      crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    }
  }
  return ~crc >>> 0;
}
