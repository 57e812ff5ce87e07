// What a frame, or what somebody typed, is not allowed to be. Any other exception is a fault of this file.
class FrameError extends Error {}

function fail(text) {
  throw new FrameError(text);
}

// Returns what a message shows of a value: numbers as they are, texts in quotes, objects as JSON.
function shown(value) {
  return typeof value === "number" || value === undefined ? String(value) : JSON.stringify(value);
}

function listed(values) {
  return "(" + values.join(", ") + ")";
}

function hex(value, digits) {
  return value.toString(16).padStart(digits, "0");
}

function hexOfBytes(bytes) {
  return bytes.map((byte) => hex(byte, 2)).join("");
}

// Returns a value that is an integer from `low` to `high`; fails otherwise.
function checked(name, value, low, high) {
  if (!Number.isInteger(value) || value < low || value > high) {
    fail(`${name} is ${shown(value)}, expected ${low} to ${high}`);
  }
  return value;
}

// Reads a frame of the kind `frame` front to back. Integers may have more than 31 bits: they are not shifted.
class Cursor {
  constructor(frame, bytes) {
    this.frame = frame;
    this.bytes = bytes;
    this.position = 0;
  }

  // Returns the header's flags; fails for another version or a flag outside `allowed`.
  header(allowed) {
    const first = this.unsigned("header", 1);
    if (first >> 5 !== VERSION) {
      fail(`${this.frame} has version ${first >> 5}, this codec knows ${VERSION}`);
    }
    const flags = first & 0x1f;
    if (flags & ~allowed) {
      fail(`${this.frame} has flags 0x${hex(flags, 2)}, only 0x${hex(allowed, 2)} are defined`);
    }
    return flags;
  }

  // Steps over `size` bytes and returns where they start.
  skip(name, size) {
    const start = this.position;
    const end = start + size;
    if (end > this.bytes.length) {
      fail(`${this.frame} ends inside ${name}: byte ${this.bytes.length} of ${end}`);
    }
    this.position = end;
    return start;
  }

  take(name, size) {
    const start = this.skip(name, size);
    return this.bytes.slice(start, start + size);
  }

  unsigned(name, size) {
    return unsignedAt(this.bytes, this.skip(name, size), size);
  }

  signed(name, size) {
    return signedAt(this.bytes, this.skip(name, size), size);
  }

  // Returns 7 bits a byte, the lowest first; fails with `tooLong` after 5 bytes, `notShortest` for a last 0.
  sevens(name, tooLong, notShortest) {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.unsigned(name, 1);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (scale > 1 && byte === 0) {
          fail(notShortest);
        }
        return value;
      }
      scale *= 128;
      if (scale > 268435456) {
        fail(tooLong);
      }
    }
  }

  varint(name) {
    const notShortest = `${this.frame}: ${name} is not a shortest varint of 32 bits`;
    const value = this.sevens(name, `${this.frame}: ${name} has more than 5 bytes`, notShortest);
    return value > MAXIMUM_U32 ? fail(notShortest) : value;
  }

  end() {
    const left = this.bytes.length - this.position;
    if (left) {
      fail(`${this.frame} has ${left} bytes after its end`);
    }
  }
}

function unsignedAt(bytes, at, size) {
  let value = 0;
  for (let index = at; index < at + size; index++) {
    value = value * 256 + bytes[index];
  }
  return value;
}

function signedAt(bytes, at, size) {
  const value = unsignedAt(bytes, at, size);
  return bytes[at] < 0x80 ? value : value - 2 ** (8 * size);
}

function header(flags) {
  return (VERSION << 5) | flags;
}

function putUnsigned(out, name, value, size) {
  putBytes(out, checked(name, value, 0, 2 ** (8 * size) - 1), size);
}

function putSigned(out, name, value, size) {
  const half = 2 ** (8 * size - 1);
  checked(name, value, -half, half - 1);
  putBytes(out, value < 0 ? value + 2 * half : value, size);
}

function putBytes(out, value, size) {
  for (let scale = 2 ** (8 * size - 8); scale >= 1; scale /= 256) {
    out.push(Math.floor(value / scale) % 256);
  }
}

function putVarint(out, name, value) {
  putSevens(out, checked(name, value, 0, MAXIMUM_U32));
}

function putSevens(out, value) {
  let left = value;
  while (left > 0x7f) {
    out.push((left % 128) | 0x80);
    left = Math.floor(left / 128);
  }
  out.push(left);
}
