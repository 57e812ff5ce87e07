// The bits of configuration, the highest of each byte first. Numbers may have more than 31 bits.
class BitWriter {
  constructor() {
    this.bits = [];
  }

  put(value, width) {
    for (let scale = 2 ** (width - 1); scale >= 1; scale /= 2) {
      this.bits.push(Math.floor(value / scale) % 2);
    }
  }

  // A number from 1 on.
  gamma(value) {
    this.put(value, 2 * bitLength(value) - 1);
  }

  // A number from 0 on.
  number(value) {
    const length = bitLength(value);
    this.put(Math.min(length, 15), 4);
    if (length >= 15) {
      this.put(length - 15, 6);
    }
    this.put(value, length - 1);
  }

  duration(seconds) {
    let value = seconds;
    if (seconds === 0 || seconds % 60) {
      this.put(0, 1);
    } else if (seconds % 3600) {
      this.put(2, 2);
      value = seconds / 60 - 1;
    } else {
      this.put(3, 2);
      value = seconds / 3600 - 1;
    }
    this.gamma(Math.floor(value / 8) + 1);
    this.put(value % 8, 3);
  }

  word(bytes) {
    const codes = bytes.split("").map((character) => character.charCodeAt(0));
    const places = bytes.split("").map((character) => ALPHABET.indexOf(character));
    this.number(codes.length);
    if (codes.length === 0) {
      return;
    }
    if (!places.includes(-1)) {
      this.put(0, 1);
      places.forEach((place) => this.put(place, 6));
    } else {
      const width = codes.some((code) => code > 0x7f) ? 8 : 7;
      this.put(width - 5, 2);
      codes.forEach((code) => this.put(code, width));
    }
  }

  // Returns the bytes, the last one filled up with zero bits.
  bytes() {
    const bytes = [];
    for (let at = 0; at < this.bits.length; at += 8) {
      bytes.push(parseInt(this.bits.slice(at, at + 8).join("").padEnd(8, "0"), 2));
    }
    return bytes;
  }
}

// Reads bits from byte `start` on; fails past the end.
class BitReader {
  constructor(name, bytes, start) {
    this.name = name;
    this.bytes = bytes;
    this.position = 8 * start;
  }

  get(width) {
    const end = this.position + width;
    if (end > 8 * this.bytes.length) {
      fail(`${this.name} of ${this.bytes.length} bytes ends inside a field`);
    }
    let value = 0;
    for (; this.position < end; this.position++) {
      value = 2 * value + ((this.bytes[this.position >> 3] >> (7 - (this.position & 7))) & 1);
    }
    return value;
  }

  gamma() {
    let zeros = 0;
    while (this.get(1) === 0) {
      zeros++;
      if (zeros >= 24) {
        fail(`${this.name} has ${zeros} zero bits before a number`);
      }
    }
    return 2 ** zeros + this.get(zeros);
  }

  number() {
    let length = this.get(4);
    if (length === 15) {
      length += this.get(6);
    }
    return length ? 2 ** (length - 1) + this.get(length - 1) : 0;
  }

  duration() {
    const unit = this.get(1) ? (this.get(1) ? 3600 : 60) : 1;
    const value = 8 * (this.gamma() - 1) + this.get(3);
    return unit === 1 ? value : (value + 1) * unit;
  }

  word(most) {
    const count = this.number();
    if (count > most) {
      fail(`${this.name} has a word of ${count} bytes, expected at most ${most}`);
    }
    if (count === 0) {
      return "";
    }
    const width = this.get(1) ? (this.get(1) ? 8 : 7) : 6;
    let bytes = "";
    for (let at = 0; at < count; at++) {
      const code = this.get(width);
      bytes += width === 6 ? ALPHABET[code] : String.fromCharCode(code);
    }
    return bytes;
  }

  // Fails unless only zero bits are left, within the byte that was begun.
  end() {
    const left = 8 * this.bytes.length - this.position;
    if (left > 7 || this.get(left)) {
      fail(`${this.name} has bits after its end`);
    }
  }
}

function bitLength(value) {
  let length = 0;
  for (let left = value; left >= 1; left /= 2) {
    length++;
  }
  return length;
}
