// Command answer (FPort 213, up).
function decodeCommandAnswer(bytes) {
  const cursor = new Cursor("command answer", bytes);
  const result = cursor.header(0x1f);
  const number = cursor.unsigned("number", 2);
  cursor.end();
  if (RESULTS[result] === undefined) {
    fail(`command answer: result is ${result}, expected one of ${listed(Object.keys(RESULTS))}`);
  }
  return { frame: "command_answer", number: number, result: RESULTS[result] };
}
