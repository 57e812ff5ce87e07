// Buffer, as far as codec files use it: ChirpStack has one beside TS013. Evaluated only for files that name it.
globalThis.Buffer = (() => {
  "use strict";
  const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

  const utf8 = (text) => {
    const escaped = encodeURIComponent(text);
    const bytes = [];
    for (let i = 0; i < escaped.length; i++) {
      if (escaped[i] === "%") bytes.push(parseInt(escaped.slice(++i, ++i + 1), 16));
      else bytes.push(escaped.charCodeAt(i));
    }
    return bytes;
  };

  const hex = (text) => {
    const bytes = [];
    for (let i = 0; i + 1 < text.length && /^[0-9a-f]{2}$/i.test(text.slice(i, i + 2)); i += 2) {
      bytes.push(parseInt(text.slice(i, i + 2), 16));
    }
    return bytes;
  };

  const base64 = (text) => {
    const bytes = [];
    let bits = 0, held = 0;
    for (const letter of text.replace(/-/g, "+").replace(/_/g, "/")) {
      const digit = DIGITS.indexOf(letter);
      if (digit < 0) continue;
      held = ((held << 6) | digit) & 0xfff;
      bits += 6;
      if (bits >= 8) bytes.push((held >> (bits -= 8)) & 255);
    }
    return bytes;
  };

  const toBase64 = (bytes) => {
    let text = "";
    for (let i = 0; i < bytes.length; i += 3) {
      const held = (bytes[i] << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
      for (let j = 0; j < 4; j++) text += i + j > bytes.length ? "=" : DIGITS[(held >> (18 - 6 * j)) & 63];
    }
    return text;
  };

  const fromText = (text, encoding = "utf8") => {
    switch (encoding.toLowerCase()) {
      case "hex": return hex(text);
      case "base64": case "base64url": return base64(text);
      case "ascii": case "latin1": case "binary": return Array.from(text, (letter) => letter.charCodeAt(0) & 255);
      default: return utf8(text);
    }
  };

  const fromUtf8 = (bytes) => {
    try {
      return decodeURIComponent(Array.from(bytes, (byte) => "%" + byte.toString(16).padStart(2, "0")).join(""));
    } catch { // not UTF-8
      return Array.from(bytes, (byte) => (byte < 128 ? String.fromCharCode(byte) : "\ufffd")).join("");
    }
  };

  class Buffer extends Uint8Array {
    // `new Buffer([1, 2])` and `new Buffer("0102", "hex")` are old, and still written.
    constructor(content, from, length) {
      if (typeof content === "string") super(fromText(content, from));
      else if (content instanceof ArrayBuffer) super(content, from, length);
      else super(content);
    }

    static from(content, from, length) {
      if (content?.type === "Buffer" && Array.isArray(content.data)) return new Buffer(content.data);
      if (typeof content === "string" || content instanceof ArrayBuffer) return new Buffer(content, from, length);
      return new Buffer(Array.from(content));
    }

    static alloc(size, fill = 0) { return new Buffer(size).fill(fill); }
    static allocUnsafe(size) { return new Buffer(size); }
    static isBuffer(value) { return value instanceof Buffer; }
    static byteLength(text, encoding) { return typeof text === "string" ? fromText(text, encoding).length : text.byteLength; }
    static concat(parts) { return new Buffer(parts.flatMap((part) => Array.from(part))); }

    slice(start, end) { return this.subarray(start, end); } // shares its bytes, unlike Uint8Array's
    equals(other) { return this.length === other.length && this.every((byte, i) => byte === other[i]); }
    toJSON() { return { type: "Buffer", data: Array.from(this) }; }

    toString(encoding = "utf8", start = 0, end = this.length) {
      const bytes = this.subarray(start, end);
      switch (encoding.toLowerCase()) {
        case "hex": return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
        case "base64": return toBase64(bytes);
        case "ascii": return Array.from(bytes, (byte) => String.fromCharCode(byte & 127)).join("");
        case "latin1": case "binary": return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
        default: return fromUtf8(bytes);
      }
    }

    readUIntBE(at, size) { return this.#whole(at, size, false); }
    readUIntLE(at, size) { return this.#whole(at, size, true); }
    readIntBE(at, size) { return signed(this.#whole(at, size, false), size); }
    readIntLE(at, size) { return signed(this.#whole(at, size, true), size); }
    writeUIntBE(value, at, size) { return this.#put(value, at, size, false); }
    writeUIntLE(value, at, size) { return this.#put(value, at, size, true); }
    writeIntBE(value, at, size) { return this.#put(value < 0 ? value + 256 ** size : value, at, size, false); }
    writeIntLE(value, at, size) { return this.#put(value < 0 ? value + 256 ** size : value, at, size, true); }

    #whole(at, size, little) {
      if (!(at >= 0 && at + size <= this.length)) throw new RangeError(`no ${size} bytes at ${at} of ${this.length}`);
      let value = 0;
      for (let i = 0; i < size; i++) value = value * 256 + this[at + (little ? size - 1 - i : i)];
      return value;
    }

    #put(value, at, size, little) {
      if (!(at >= 0 && at + size <= this.length)) throw new RangeError(`no ${size} bytes at ${at} of ${this.length}`);
      for (let i = 0; i < size; i++) {
        this[at + (little ? i : size - 1 - i)] = value % 256;
        value = Math.floor(value / 256);
      }
      return at + size;
    }
  }

  const signed = (value, size) => (value >= 256 ** size / 2 ? value - 256 ** size : value);
  const define = (name, method) => Object.defineProperty(Buffer.prototype, name, { value: method, writable: true, configurable: true });

  for (const [word, size] of [["8", 1], ["16", 2], ["32", 4]]) {
    for (const order of size === 1 ? [""] : ["BE", "LE"]) {
      for (const [kind, names] of [["UInt", ["UInt", "Uint"]], ["Int", ["Int"]]]) {
        for (const name of names) {
          define(`read${name}${word}${order}`, function (at = 0) { return this[`read${kind}${order || "BE"}`](at, size); });
          define(`write${name}${word}${order}`, function (value, at = 0) { return this[`write${kind}${order || "BE"}`](value, at, size); });
        }
      }
    }
  }
  const views = [["Float", "Float32", 4], ["Double", "Float64", 8], ["BigInt64", "BigInt64", 8], ["BigUInt64", "BigUint64", 8]];
  for (const [name, view, size] of views) {
    for (const order of ["BE", "LE"]) {
      define(`read${name}${order}`, function (at = 0) {
        return new DataView(this.buffer, this.byteOffset, this.length)[`get${view}`](at, order === "LE");
      });
      define(`write${name}${order}`, function (value, at = 0) {
        new DataView(this.buffer, this.byteOffset, this.length)[`set${view}`](at, value, order === "LE");
        return at + size;
      });
    }
  }
  return Buffer;
})();
