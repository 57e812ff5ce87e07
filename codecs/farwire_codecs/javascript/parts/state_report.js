// State report (FPort 212, up).
function decodeStateReport(bytes) {
  const cursor = new Cursor("state report", bytes);
  const flags = cursor.header(0x01);
  const hash = cursor.unsigned("configuration_hash", 4);
  const reason = cursor.unsigned("reset_reason", 1);
  if (reason >= RESET_REASONS.length) {
    fail(`state report: reset_reason is ${reason}, expected 0 to ${RESET_REASONS.length - 1}`);
  }
  const uptime = cursor.varint("uptime_s");
  const battery = cursor.varint("battery_mv");
  const oldest = cursor.varint("oldest_record");
  const held = cursor.varint("next_record - oldest_record");
  const dropped = cursor.varint("dropped_records");
  const interval = cursor.varint("sampling_interval_s");
  const oldestAlarm = flags ? cursor.varint("oldest_alarm") : 0;
  cursor.end();
  if (battery > 0xffff || oldest + held > MAXIMUM_U32) {
    fail(`state report: battery_mv ${battery} or next_record ${oldest + held} is out of range`);
  }
  if (flags && !oldestAlarm) {
    fail("state report: oldest_alarm is 0, expected 1 or more, or none");
  }
  return {
    frame: "state_report",
    configuration_hash: hex(hash, 8),
    reset_reason: RESET_REASONS[reason],
    uptime_s: uptime,
    battery_mv: battery,
    oldest_record: oldest,
    next_record: oldest + held,
    held_records: held,
    dropped_records: dropped,
    sampling_interval_s: interval,
    oldest_alarm: oldestAlarm,
  };
}
