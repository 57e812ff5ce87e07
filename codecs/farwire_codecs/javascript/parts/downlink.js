// What somebody typed in ChirpStack's UI, an object with one key, to {bytes, fPort}; and back.
const DOWNLINKS = {
  command: { fPort: PORTS.COMMAND, encode: encodeCommand, decode: decodeCommand },
  acknowledgement: {
    fPort: PORTS.ACKNOWLEDGEMENT,
    encode: encodeAcknowledgement,
    decode: decodeAcknowledgement,
  },
  actuators: { fPort: PORTS.LPP_ACTUATORS, encode: encodeActuators, decode: decodeActuators },
  device_period: {
    fPort: PORTS.LPP_DEVICE_PERIOD,
    encode: encodeDevicePeriod,
    decode: decodeDevicePeriod,
  },
  sensor_periods: {
    fPort: PORTS.LPP_SENSOR_PERIOD,
    encode: encodeSensorPeriods,
    decode: decodeSensorPeriods,
  },
  sensor_enable: {
    fPort: PORTS.LPP_SENSOR_ENABLE,
    encode: encodeSensorEnable,
    decode: decodeSensorEnable,
  },
  configuration: { fPort: PORTS.CONFIGURATION, encode: encodeConfiguration },
};

function encodeDownlink(input) {
  return answer(() => {
    const key = onlyKey("downlink", input.data, Object.keys(DOWNLINKS));
    const bytes = DOWNLINKS[key].encode(input.data[key]);
    if (bytes.length > LARGEST_PAYLOAD) {
      fail(`downlink has ${bytes.length} bytes, expected at most ${LARGEST_PAYLOAD}`);
    }
    return { bytes: bytes, fPort: DOWNLINKS[key].fPort };
  });
}

function decodeDownlink(input) {
  return answer(() => {
    const key = Object.keys(DOWNLINKS).find((name) => DOWNLINKS[name].fPort === input.fPort);
    if (key === undefined) {
      fail(`FPort ${input.fPort} carries no downlink that is decoded here`);
    }
    const bytes = Array.from(input.bytes);
    if (key === "configuration") {
      return { data: decodeConfigurationPiece(bytes) }; // which may hold a difference, or a part
    }
    return { data: { [key]: DOWNLINKS[key].decode(bytes) } };
  });
}
