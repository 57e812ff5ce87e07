// A piece of a node's log or of its crash report (FPort 214, up).
function decodeLogPiece(bytes) {
  const cursor = new Cursor("log piece", bytes);
  const flags = cursor.header(3);
  const number = cursor.unsigned("number", 2);
  const offset = cursor.varint("offset");
  const data = cursor.take("data", cursor.unsigned("length", 1));
  cursor.end();
  checked("offset", offset, 0, MAXIMUM_REPORT);
  checked("end of the log piece", offset + data.length, 0, MAXIMUM_REPORT);
  const last = (flags & 1) !== 0;
  if (data.length === 0 && (offset || !last)) {
    fail(`log piece at ${offset} has no data; only the one piece of an empty report has none`);
  }
  return {
    frame: "log_piece",
    kind: REPORT_KINDS[flags >> 1],
    number: number,
    offset: offset,
    last: last,
    text: data.map(readable).join(""),
    data: hexOfBytes(data),
  };
}

// Returns a byte of a text as one reads it: line ends, tabs and ASCII as they are, others as \xff.
function readable(byte) {
  const plain = (byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x0d || byte === 0x09;
  return plain ? String.fromCharCode(byte) : "\\x" + hex(byte, 2);
}
