// Cayenne LPP actuator commands (FPort 10, down): {"1": 0.5, "2": 100} sets output 1 to 0.5 and 2 to 100.
function encodeActuators(outputs) {
  const out = [];
  for (const key of keysOf("actuators", outputs)) {
    out.push(numberOfKey("a channel in actuators", key, 0, ACTUATORS_END - 1));
    putSigned(out, "value", nearest(`actuators: value of ${key}`, outputs[key], 100, -32768, 32767), 2);
  }
  if (out.length === 0) {
    fail("actuators is {}, expected one output or more");
  }
  return out.concat([ACTUATORS_END]);
}

// Of two values for one output the last remains, as at the node.
function decodeActuators(bytes) {
  const outputs = {};
  for (let start = 0; start < bytes.length; start += 3) {
    if (bytes[start] === ACTUATORS_END) {
      const left = bytes.length - start - 1;
      return left ? fail(`LPP actuators: ${left} bytes after the mark of the end`) : outputs;
    }
    if (start + 3 > bytes.length) {
      fail(`LPP actuators end inside the value of channel ${bytes[start]}`);
    }
    outputs[bytes[start]] = signedAt(bytes, start + 1, 2) / 100;
  }
  return outputs;
}
