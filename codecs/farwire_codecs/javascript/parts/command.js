// Command (FPort 221, down): {"set_output": {"number": 7, "channel": 2, "value": 1.5}},
// {"send_log": {"number": 8, "kind": "crash_report", "offset": 0}}, {"report_state": {"number": 9}},
// {"reboot": {"number": 10}}.
const COMMAND_FIELDS = {
  set_output: { required: ["number", "channel", "value"], optional: [] },
  report_state: { required: ["number"], optional: [] },
  reboot: { required: ["number"], optional: [] },
  send_log: { required: ["number", "kind"], optional: ["offset"] },
};

function encodeCommand(command) {
  const kind = onlyKey("command", command, Object.keys(COMMANDS));
  const given = command[kind];
  checkFields(kind, given, COMMAND_FIELDS[kind].required, COMMAND_FIELDS[kind].optional);
  const out = [header(COMMANDS[kind])];
  putUnsigned(out, "number", given.number, 2);
  if (kind === "set_output") {
    putUnsigned(out, "channel", given.channel, 1);
    putSigned(out, "value", nearest("value", given.value, 100, -32768, 32767), 2);
  }
  if (kind === "send_log") {
    const { kind: report, offset = 0 } = given;
    out.push(REPORT_KINDS.includes(report) ? REPORT_KINDS.indexOf(report) : noReport(report));
    putVarint(out, "offset", checked("offset", offset, 0, MAXIMUM_REPORT));
  }
  return out;
}

function noReport(kind) {
  return fail(`kind is ${shown(kind)}, expected one of ${listed(REPORT_KINDS)}`);
}

function decodeCommand(bytes) {
  const cursor = new Cursor("command", bytes);
  const code = cursor.header(0x1f);
  const given = { number: cursor.unsigned("number", 2) };
  const kind = Object.keys(COMMANDS).find((name) => COMMANDS[name] === code);
  if (kind === undefined) {
    fail(`command ${given.number} has kind ${code}, which is not known here`);
  }
  if (kind === "set_output") {
    given.channel = cursor.unsigned("channel", 1);
    given.value = cursor.signed("value_x100", 2) / 100;
  }
  if (kind === "send_log") {
    given.kind = REPORT_KINDS[checked("report_kind", cursor.unsigned("report_kind", 1), 0, 1)];
    given.offset = checked("offset", cursor.varint("offset"), 0, MAXIMUM_REPORT);
  }
  cursor.end();
  return { [kind]: given };
}
