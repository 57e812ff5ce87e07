// Command (FPort 221, down): {"set_output": {"number": 7, "channel": 2, "value": 1.5}},
// {"send_log": {"number": 8, "kind": "crash_report", "offset": 0}}, {"report_state": {"number": 9}},
// {"reboot": {"number": 10}}, {"erase": {"number": 11, "what": ["records", "alarms", "logs"]}}.
const COMMAND_FIELDS = {
  set_output: { required: ["number", "channel", "value"], optional: [] },
  report_state: { required: ["number"], optional: [] },
  reboot: { required: ["number"], optional: [] },
  send_log: { required: ["number", "kind"], optional: ["offset"] },
  erase: { required: ["number", "what"], optional: [] },
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
  if (kind === "erase") {
    out.push(erased(given.what));
  }
  return out;
}

function erased(what) {
  if (!Array.isArray(what) || !what.length || new Set(what).size < what.length) {
    fail(`what is ${shown(what)}, expected some of ${listed(ERASED)}`);
  }
  let flags = 0;
  for (const name of what) {
    if (!ERASED.includes(name)) {
      fail(`what to erase is ${shown(name)}, expected one of ${listed(ERASED)}`);
    }
    flags |= 1 << ERASED.indexOf(name);
  }
  return flags;
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
  if (kind === "erase") {
    const what = cursor.unsigned("what", 1);
    if (what >> ERASED.length) {
      fail(`command ${given.number} has what 0x${hex(what, 2)}, which is not known here`);
    }
    checked("what", what, 1, (1 << ERASED.length) - 1);
    given.what = ERASED.filter((_, bit) => (what >> bit) & 1);
  }
  cursor.end();
  return { [kind]: given };
}
