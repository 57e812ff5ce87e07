// Alarm frame (FPort 211, up).
function decodeAlarms(bytes, recvTime) {
  const cursor = new Cursor("alarm frame", bytes);
  const count = cursor.header(MAXIMUM_ALARMS);
  if (count === 0) {
    fail(`alarm frame: the count is 0, expected 1 to ${MAXIMUM_ALARMS}`);
  }
  const alarms = [];
  let number = 0;
  for (let index = 0; index < count; index++) {
    const alarm = takeAlarm(cursor, number, recvTime);
    number = alarm.number;
    alarms.push(alarm);
  }
  cursor.end();
  return { frame: "alarm", alarms: alarms };
}

function takeAlarm(cursor, previous, recvTime) {
  const number = previous + 1 + cursor.varint("alarm number");
  if (number > MAXIMUM_U32) {
    fail(`alarm frame: alarm number ${number} needs more than 32 bits`);
  }
  const channel = cursor.unsigned("alarm channel", 1);
  const typeId = cursor.unsigned("alarm type", 1);
  const shape = cursor.unsigned("alarm condition", 1);
  const condition = shape & 0x3f;
  if (CONDITIONS[condition] === undefined) {
    const known = Object.keys(CONDITIONS);
    fail(`alarm frame: condition ${condition}, expected one of ${listed(known)}`);
  }
  const alarm = {
    number: number,
    channel: channel,
    type: typeId,
    condition: CONDITIONS[condition],
    active: (shape & 0x80) !== 0,
  };
  addAge(alarm, cursor.varint("alarm age"), recvTime);
  if (shape & 0x40) {
    return TYPES[typeId] ? describe(alarm, TYPES[typeId]) : alarm;
  }
  const found = typeOf(typeId);
  return describe(alarm, found, rawAt(found, cursor.bytes, cursor.skip("alarm value", sizeOf(found))));
}
