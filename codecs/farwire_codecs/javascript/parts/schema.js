// The channel table of a node, for history batches that do not carry it: the device's variable
// farwire_schema, "5 = 1:103, 2:104" for schema 5 of channel 1, temperature, and channel 2, humidity; several
// with ";" between.

// Returns [[channel, type], ...] of a schema, undefined where the variables do not say; fails for a bad text.
function schemaOf(variables, schemaId) {
  const text = variables.farwire_schema || "";
  let found = undefined;
  for (const part of text.split(";").filter((piece) => piece.trim() !== "")) {
    const match = /^\s*(\d+)\s*=\s*(\d+\s*:\s*\d+(\s*,\s*\d+\s*:\s*\d+)*)\s*$/.exec(part);
    if (match === null) {
      fail(`farwire_schema is ${shown(text)}, expected the form "5 = 1:103, 2:104"`);
    }
    const channels = match[2].split(",").map((pair) => pair.split(":").map(Number));
    checkSchema(checked("schema id", Number(match[1]), 0, 255), channels);
    found = Number(match[1]) === schemaId ? channels : found;
  }
  return found;
}

function checkSchema(schemaId, channels) {
  checked(`channels of schema ${schemaId}`, channels.length, 1, MAXIMUM_CHANNELS);
  const seen = new Set();
  for (const [channel, typeId] of channels) {
    checked(`channel of schema ${schemaId}`, channel, 0, 255);
    typeOf(checked(`type of schema ${schemaId}`, typeId, 0, 255));
    seen.add(channel * 256 + typeId);
  }
  if (seen.size !== channels.length) {
    fail("schema names a channel and type twice");
  }
}
