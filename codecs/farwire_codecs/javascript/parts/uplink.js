// What a node sent, by FPort: {bytes, fPort, recvTime, variables} to {data}, with {warnings} where
// something cannot be shown, or {errors}.
const UPLINKS = {
  [PORTS.LPP_DYNAMIC]: (bytes, { variables }) =>
    lppData("lpp_dynamic", lppDynamic(bytes, dialectOf(variables))),
  [PORTS.LPP_PACKED]: (bytes, { variables }) =>
    lppData("lpp_packed", lppPacked(bytes, dialectOf(variables))),
  [PORTS.LPP_GPS]: (bytes, { variables }) =>
    lppData("lpp_gps", lppGps(bytes, dialectOf(variables))),
  [PORTS.LPP_DEVICE_PERIOD]: (bytes) => ({
    frame: "lpp_device_period",
    device_period: decodeDevicePeriod(bytes),
  }),
  [PORTS.LPP_SENSOR_PERIOD]: (bytes) => ({
    frame: "lpp_sensor_period",
    sensor_periods: decodeSensorPeriods(bytes),
  }),
  [PORTS.LPP_SENSOR_ENABLE]: (bytes) => ({
    frame: "lpp_sensor_enable",
    sensor_enable: decodeSensorEnable(bytes),
  }),
  [PORTS.HISTORY]: (bytes, more) => decodeHistory(bytes, more),
  [PORTS.ALARM]: (bytes, { recvTime }) => decodeAlarms(bytes, recvTime),
  [PORTS.STATE]: (bytes) => decodeStateReport(bytes),
  [PORTS.COMMAND_ANSWER]: (bytes) => decodeCommandAnswer(bytes),
  [PORTS.LOG]: (bytes) => decodeLogPiece(bytes),
};

function decodeUplink(input) {
  return answer(() => {
    const decode = UPLINKS[input.fPort] || historyOn(input.fPort - PORTS.LPP_HISTORY_FIRST);
    if (decode === undefined) {
      fail(`FPort ${input.fPort} carries nothing that is decoded here`);
    }
    const warnings = [];
    const more = { recvTime: input.recvTime, variables: input.variables || {}, warnings: warnings };
    const data = decode(Array.from(input.bytes), more);
    return warnings.length ? { data: data, warnings: warnings } : { data: data };
  });
}

// Returns what decodes the LPP history of a channel; undefined for a channel that has no FPort.
function historyOn(channel) {
  if (!(channel >= 0 && channel <= PORTS.LPP_HISTORY_LAST - PORTS.LPP_HISTORY_FIRST)) {
    return undefined;
  }
  return (bytes, { recvTime, variables }) => ({
    frame: "lpp_history",
    items: lppHistory(channel, bytes, dialectOf(variables), recvTime),
  });
}

// Returns what `work` returns, or the failure's text as TS013 has it: {errors: [text]}.
function answer(work) {
  try {
    return work();
  } catch (error) {
    if (error instanceof FrameError) {
      return { errors: [error.message] };
    }
    throw error;
  }
}
