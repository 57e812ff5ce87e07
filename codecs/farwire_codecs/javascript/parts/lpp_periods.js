// Cayenne LPP device period (FPort 11), sensor period (13) and sensor enable (14), the same up and down.

// {"utc_s": 1767225600, "transmit_period_s": 300}, or one of the two.
function encodeDevicePeriod(given) {
  checkFields("device_period", given, [], ["utc_s", "transmit_period_s"]);
  const { utc_s, transmit_period_s } = given;
  const mask = (utc_s === undefined ? 0 : 1) | (transmit_period_s === undefined ? 0 : 2);
  if (mask === 0) {
    fail("LPP device period: neither utc_s nor transmit_period_s is given");
  }
  const out = [mask];
  if (mask & 1) {
    putUnsigned(out, "utc_s", utc_s, 4);
  }
  if (mask & 2) {
    putUnsigned(out, "transmit_period_s", transmit_period_s, 4);
  }
  return out;
}

function decodeDevicePeriod(bytes) {
  const cursor = new Cursor("LPP device period", bytes);
  const mask = cursor.unsigned("mask", 1);
  if (mask > 3) {
    fail(`LPP device period: mask is 0x${hex(mask, 2)}, only 0x03 is defined`);
  }
  if (mask === 0) {
    fail("LPP device period: mask is 0, expected 1 to 3");
  }
  const found = {};
  if (mask & 1) {
    found.utc_s = cursor.unsigned("utc_s", 4);
  }
  if (mask & 2) {
    found.transmit_period_s = cursor.unsigned("transmit_period_s", 4);
  }
  cursor.end();
  return found;
}

// {"1": 60, "8": 3600}: sensor 1 every 60 s, sensor 8 every 3600 s.
function encodeSensorPeriods(periods) {
  const keys = keysOf("sensor_periods", periods);
  const sensors = keys.map((key) => numberOfKey("a sensor in sensor_periods", key, 0, SENSORS - 1));
  if (sensors.length === 0) {
    fail("LPP sensor period: there are no periods, expected 1 or more");
  }
  const out = [];
  for (let first = 0; first <= Math.max(...sensors); first += 8) {
    const maskAt = out.push(0) - 1;
    for (let bit = 0; bit < 8; bit++) {
      if (sensors.includes(first + bit)) {
        out[maskAt] |= 1 << bit;
        putUnsigned(out, `period of sensor ${first + bit}`, periods[first + bit], 4);
      }
    }
  }
  return out;
}

function decodeSensorPeriods(bytes) {
  const cursor = new Cursor("LPP sensor period", bytes);
  const periods = {};
  let mask = 0;
  for (let first = 0; first === 0 || cursor.position < bytes.length; first += 8) {
    if (first === SENSORS) {
      cursor.end();
    }
    mask = cursor.unsigned("mask", 1);
    for (let bit = 0; bit < 8; bit++) {
      if ((mask >> bit) & 1) {
        periods[first + bit] = cursor.unsigned("period_s", 4);
      }
    }
  }
  return mask ? periods : fail("LPP sensor period: the last mask is 0, expected 1 to 255");
}

// {"on": [0, 2, 15], "sensors": 16}: of sensors 0 to 15 these are on, the others off; those from 16 on stay
// as they are. Without "sensors" the fewest bytes are taken that have all in "on".
function encodeSensorEnable(given) {
  checkFields("sensor_enable", given, ["on"], ["sensors"]);
  if (!Array.isArray(given.on)) {
    fail(`on is ${shown(given.on)}, expected a list of sensors`);
  }
  const named = given.on.map((sensor) => checked("a sensor in on", sensor, 0, SENSORS - 1));
  const highest = Math.max(0, ...named);
  const { sensors = 8 * ((highest >> 3) + 1) } = given;
  if (checked("sensors", sensors, 8, SENSORS) % 8) {
    fail(`sensors is ${sensors}, expected 8, 16, 24 or 32`);
  }
  const out = new Array(sensors / 8).fill(0);
  for (const sensor of named) {
    out[checked("a sensor in on", sensor, 0, sensors - 1) >> 3] |= 1 << (sensor & 7);
  }
  return out;
}

function decodeSensorEnable(bytes) {
  if (bytes.length === 0) {
    fail("LPP sensor enable: there is no mask");
  }
  if (bytes.length > SENSORS / 8) {
    fail(`LPP sensor enable has ${bytes.length} bytes, expected 1 to ${SENSORS / 8}`);
  }
  const on = [];
  for (let sensor = 0; sensor < 8 * bytes.length; sensor++) {
    if ((bytes[sensor >> 3] >> (sensor & 7)) & 1) {
      on.push(sensor);
    }
  }
  return { on: on, sensors: 8 * bytes.length };
}
