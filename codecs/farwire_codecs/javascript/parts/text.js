// Words travel as bytes; here they are strings with one character a byte. The only strict UTF-8 that every
// engine has is in the two functions for URIs.

// Returns undefined for a text with half a character, which has no UTF-8.
function bytesOfText(text) {
  const character = (_, digits) => String.fromCharCode(parseInt(digits, 16));
  try {
    return encodeURIComponent(text).replace(/%(..)/g, character);
  } catch (error) {
    return undefined;
  }
}

// Returns the text, or undefined for bytes that are no UTF-8 or have control characters.
function textOfBytes(bytes) {
  let escaped = "";
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes.charCodeAt(at);
    if (byte < 0x20 || byte === 0x7f) {
      return undefined;
    }
    escaped += "%" + hex(byte, 2);
  }
  try {
    return decodeURIComponent(escaped);
  } catch (error) {
    return undefined;
  }
}
