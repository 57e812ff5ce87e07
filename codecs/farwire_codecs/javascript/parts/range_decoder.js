// Reads the bits of a history batch from byte `start` on, each in a context that learns from it or with a
// chance of its own. All integers stay below 2^31, so that an engine without a compiler is fast with them.
function rangeDecoder(bytes, start) {
  const chances = new Uint16Array(START.length);
  const counts = new Uint8Array(START.length);
  for (let at = 0; at < START.length; at++) {
    chances[at] = START[at] ? START[at] << 8 : 32768;
    counts[at] = START[at] ? TRAINED : UNTRAINED;
  }
  const size = bytes.length;
  let position = start;
  let missing = 0; // bytes read beyond the end, as zeros
  let range = RANGE_TOP - 1;
  let code = 0; // the frame's value less the interval's low end

  function next() {
    if (position < size) {
      return bytes[position++];
    }
    if (missing === 2) {
      fail(`history batch ends inside a record, at byte ${size}`);
    }
    missing++;
    return 0;
  }

  function refill() {
    while (range < RANGE_BOTTOM) {
      code = (code << 8) | next();
      range <<= 8;
    }
  }

  // Returns a bit in a context.
  function take(context) {
    const chance = chances[context];
    const count = counts[context];
    const bound = ((range >> 9) * (chance >> 1)) >> 6;
    if (count < ADAPTED) {
      counts[context] = count + 1;
    }
    if (code < bound) {
      chances[context] = chance + (((65536 - chance) * 2) / (2 * count + 3) | 0);
      range = bound;
      if (bound < RANGE_BOTTOM) {
        refill();
      }
      return 1;
    }
    chances[context] = chance - ((chance * 2) / (2 * count + 3) | 0);
    code -= bound;
    range -= bound;
    if (range < RANGE_BOTTOM) {
      refill();
    }
    return 0;
  }

  function cut(bound) {
    const bit = code < bound ? 1 : 0;
    if (bit) {
      range = bound;
    } else {
      code -= bound;
      range -= bound;
    }
    refill();
    return bit;
  }

  // Returns an integer of so many bits, each as likely as not.
  function takeEven(bits) {
    let value = 0;
    for (let left = bits; left > 0; left--) {
      value = 2 * value + cut(range >> 1);
    }
    return value;
  }

  // Returns a bit with a chance of `chance` / 32768.
  function takeChance(chance) {
    return cut(((range >> 9) * chance) >> 6);
  }

  function takeNatural() {
    const bits = takeEven(LENGTH_BITS);
    return 2 ** bits + takeEven(bits);
  }

  // Returns a value less its prediction. `last`: the one before; `lean`: 0, 1, 2.
  function takeResidual(table, scale, last, lean) {
    if (!take(table + 3 * scale + Math.min(Math.abs(last), 2))) {
      return 0;
    }
    return takeNonZero(table, scale, last, lean);
  }

  // Returns likewise what is known not to be 0: sign, length, its bits.
  function takeNonZero(table, scale, last, lean) {
    const positive = take(table + SIGN + 3 * lean + (last === 0 ? 1 : last > 0 ? 2 : 0));
    const lengths = table + LENGTH + LENGTHS * scale;
    let length = 0;
    while (take(lengths + (length < LENGTHS ? length : LENGTHS - 1))) {
      length++;
      if (length >= LONGEST) {
        fail(`history batch: a difference has more than ${LONGEST} bits`);
      }
    }
    let value = 1;
    if (length) {
      const at = table + MANTISSA + 3 * ((length < MANTISSAS ? length : MANTISSAS) - 1);
      const top = take(at);
      value = 2 + top;
      if (length > 1) {
        value = 2 * value + take(at + 1 + top);
        value = value * 2 ** (length - 2) + takeEven(length - 2);
      }
    }
    return positive ? value : -value;
  }

  // Fails unless the frame ends here, in the form that the encoder gives it.
  function end() {
    const unit = 2 ** (8 * missing);
    if (position < size || missing === 0) {
      fail(`history batch goes on after its end, before byte ${position}`);
    }
    if (code + unit > range) {
      fail(`history batch ends before its end, at byte ${size}`);
    }
    if (code >= unit) {
      fail("history batch: its last byte is not the lowest that ends it");
    }
    if (missing === 1) {
      const above = code - bytes[size - 1] * 256;
      if ((above < 0 ? above + RANGE_BOTTOM : above) + RANGE_BOTTOM <= range) {
        fail("history batch: one byte less would end it");
      }
    }
  }

  for (let index = 0; index < 3; index++) {
    code = (code << 8) | next();
  }
  if (code >= range) {
    fail("history batch starts with three bytes of 255, which no encoder writes");
  }
  return { take, takeEven, takeChance, takeNatural, takeResidual, takeNonZero, end };
}
