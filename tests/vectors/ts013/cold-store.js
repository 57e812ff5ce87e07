// A TS013 codec of Farwire's own: a cold store's door sensor that nobody sells. Examples: cold-store-codec.json.
//
// Uplink 10: temperature in 0.01 °C (s16), humidity in 0.5 % (u8), battery in 0.1 V (u8), door open (u8, 0 or 1).
// Uplink 11: seconds since the door was opened, of each opening (u16 each); counted back from the time of receipt.
// Downlink 20: minutes between two uplinks (u16).

var LOW_BATTERY_V = 3;

function decodeUplink(input) {
  var bytes = input.bytes;
  if (input.fPort === 10) {
    if (bytes.length !== 5) return { errors: ["5 bytes expected, " + bytes.length + " came"] };
    var battery = bytes[3] / 10;
    return {
      data: {
        temperature: ((bytes[0] << 24 >> 16) | bytes[1]) / 100,
        humidity: bytes[2] / 2,
        battery: { displayName: "Battery voltage", unit: "V", value: battery },
        door: { open: bytes[4] === 1 },
      },
      warnings: battery < LOW_BATTERY_V ? ["battery is low"] : [],
    };
  }
  if (input.fPort === 11) {
    var openings = [];
    for (var i = 0; i + 1 < bytes.length; i += 2) {
      openings.push({ at: new Date(input.recvTime.getTime() - ((bytes[i] << 8) | bytes[i + 1]) * 1000) });
    }
    return { data: { openings: openings } };
  }
  return { errors: ["unknown FPort " + input.fPort] };
}

function normalizeUplink(input) {
  if (input.data.temperature === undefined) return { data: [] };
  return {
    data: [{ air: { temperature: input.data.temperature, relativeHumidity: input.data.humidity } }],
  };
}

function encodeDownlink(input) {
  var minutes = input.data.interval_minutes;
  if (!(minutes >= 1 && minutes <= 1440)) return { errors: ["interval_minutes must be from 1 to 1440"] };
  return { bytes: [minutes >> 8, minutes & 255], fPort: 20 };
}

function decodeDownlink(input) {
  return { data: { interval_minutes: (input.bytes[0] << 8) | input.bytes[1] } };
}
