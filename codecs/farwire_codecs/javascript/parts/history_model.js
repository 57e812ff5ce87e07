// What a history batch's decoder has learned at a record: the state of each column. A column's values are
// integers of its type; its steps are what is coded.

// Returns {channels, axes, shapes} of the model for all channels, or for the one with index `only`. Without
// the grid values need not lie on their columns' steps, so each step is 1.
function modelOf(schema, only, offGrid) {
  const known = shapesOf(schema);
  const allAxes = axesOf(schema.channels);
  const model = { channels: [], axes: [], shapes: [] };
  const places = {};
  let column = 0;
  schema.channels.forEach(({ channel, type }, index) => {
    const wide = typeOf(type).axes.length;
    if (only === undefined || only === index) {
      model.channels.push({ channel: channel, type: type, first: model.shapes.length, wide: wide });
      for (let at = column; at < column + wide; at++) {
        places[at] = model.shapes.length;
        model.axes.push(allAxes[at]);
        model.shapes.push(fittedShape(known[at], places, offGrid));
      }
    }
    column += wide;
  });
  return model;
}

// Returns a shape for a model that may lack the partner's column, or the steps.
function fittedShape(shape, places, offGrid) {
  const partner = offGrid || places[shape.partner] === undefined ? NO_PARTNER : places[shape.partner];
  const fitted = Object.assign({}, shape, { partner: partner });
  if (!offGrid || shape.step2 === 2) {
    return fitted;
  }
  const wider = 30 - Math.clz32(shape.step2);
  fitted.step2 = 2;
  fitted.reference = Math.floor((shape.reference * shape.step2 + 1) / 2);
  fitted.scale = Math.min(shape.scale + wider, SPREADS - 1);
  fitted.spread = Math.min(shape.spread + wider, SPREADS - 1);
  return fitted;
}

// Returns the class of a mean magnitude in 1/256.
function scaleOf(magnitude) {
  return magnitude < 16 ? 0 : Math.min(28 - Math.clz32(magnitude), SCALES - 1);
}

// Returns the mean magnitude after one more residual.
function averaged(magnitude, residual) {
  const size = Math.min(Math.abs(residual), LARGEST_COUNTED);
  return magnitude + ((size * 256 - magnitude) >> 3);
}

// Returns what reads the values of a record: a function that writes each channel's presence and each column's
// value into `present` and `values`.
function rowReader(decoder, { channels, axes, shapes }, present, values) {
  const { take, takeResidual, takeNonZero } = decoder;
  const columns = shapes.length;
  const seen = new Array(columns).fill(false);
  const last = new Array(columns).fill(0);
  const before = new Array(columns).fill(0);
  const residuals = new Array(columns).fill(0);
  const moved = new Array(columns).fill(0);
  let lean = 1;
  const magnitudes = shapes.map(({ scale }) => (scale ? 12 << scale : 0));
  const steady = shapes.map(({ predictor, partner }) => predictor === 0 && partner === NO_PARTNER);
  const tables = shapes.map(({ uneven }) => (uneven ? UNEVEN : EVEN));
  const lows = shapes.map(({ step2 }, at) => Math.floor((2 * axes[at].low) / step2));
  const highs = shapes.map(({ step2 }, at) => Math.floor((2 * axes[at].high) / step2));
  const firsts = channels.map(({ first }) => first);
  const ends = channels.map(({ first, wide }) => first + wide);
  present.length = 0;
  channels.forEach(() => present.push(1));

  function takePresence() {
    let changed = 0;
    for (let index = 0; index < present.length; index++) {
      const bit = take(PRESENT + present[index]);
      changed |= bit ^ present[index];
      present[index] = bit;
    }
    if (!changed) {
      fail("history batch: channels change, and are the same");
    }
  }

  function keep(at, step) {
    const value = Math.floor((step * shapes[at].step2 + 1) / 2);
    const { low, high } = axes[at];
    if (value < low || value > high) {
      fail(`history batch: a value is ${value}, its type carries ${low} to ${high}`);
    }
    values[at] = value;
  }

  function begin(at) {
    const { reference, spread } = shapes[at];
    const step = reference + takeResidual(RARE, spread, 2, 1);
    seen[at] = true;
    last[at] = step;
    before[at] = step;
    moved[at] = 0;
    keep(at, step);
  }

  // Reads a value that goes on as its column did.
  function follow(at) {
    const magnitude = magnitudes[at];
    const scale = magnitude < 16 ? 0 : scaleOf(magnitude);
    const lately = residuals[at];
    const table = tables[at];
    const predicted = steady[at] ? last[at] : predict(at);
    if (take(table + 3 * scale + (lately === 0 ? 0 : lately === 1 || lately === -1 ? 1 : 2))) {
      const residual = takeNonZero(table, scale, lately, steady[at] ? 1 : lean);
      residuals[at] = residual;
      magnitudes[at] = averaged(magnitude, residual);
      move(at, predicted + residual);
      return;
    }
    if (lately !== 0) {
      residuals[at] = 0;
    }
    if (magnitude !== 0) {
      magnitudes[at] = magnitude + (-magnitude >> 3);
    }
    if (predicted !== last[at] || before[at] !== predicted) {
      move(at, predicted);
    }
  }

  // Returns the integer nearest to the prediction within the type's range; `lean` is how it leans.
  function predict(at) {
    const { predictor, partner, weight } = shapes[at];
    let beside = 8 * predictor * (last[at] - before[at]) + 8;
    if (partner !== NO_PARTNER) {
      beside += weight * moved[partner];
    }
    const whole = Math.floor(beside / 16);
    const predicted = last[at] + whole;
    lean = 1;
    if (predicted < lows[at]) {
      return lows[at];
    }
    if (predicted > highs[at]) {
      return highs[at];
    }
    const rest = beside - 16 * whole;
    lean = rest > 10 ? 2 : rest < 6 ? 0 : 1;
    return predicted;
  }

  function move(at, step) {
    before[at] = last[at];
    moved[at] = step - last[at];
    last[at] = step;
    if (moved[at] !== 0) {
      keep(at, step);
    }
  }

  return () => {
    if (take(CHANGED)) {
      takePresence();
    }
    for (let index = 0; index < firsts.length; index++) {
      const end = ends[index];
      for (let at = firsts[index]; at < end; at++) {
        if (!present[index]) {
          moved[at] = 0;
        } else if (seen[at]) {
          follow(at);
        } else {
          begin(at);
        }
      }
    }
  };
}
