// The channel table of a node, for history batches that lack it: the device's variable farwire_schema
// has the schema's id and its table as a batch carries them inline, in hexadecimal digits; several with ","
// between.

// Returns the bytes of a schema's table, or undefined where the variable has none of this id; fails for a
// text of another form.
function schemaTable(variables, schemaId) {
  const { farwire_schema: text = "" } = variables;
  let found = undefined;
  for (const piece of text.split(",").filter((part) => part.trim() !== "")) {
    const bytes = bytesOfHex("farwire_schema", piece.replace(/\s/g, ""), 2, 4096);
    found = bytes[0] === schemaId ? bytes.slice(1) : found;
  }
  return found;
}
