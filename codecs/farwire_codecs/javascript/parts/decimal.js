// Returns the integer nearest to value * steps, halves away from zero; fails outside `low` to `high`.
function nearest(name, value, steps, low, high) {
  if (typeof value !== "number" || !Number.isFinite(value)) {
    fail(`${name} is ${shown(value)}, expected ${low / steps} to ${high / steps}`);
  }
  const raw = nearestInteger(value, steps);
  if (raw < low || raw > high) {
    fail(`${name} is ${shown(value)}, expected ${low / steps} to ${high / steps}`);
  }
  return raw;
}

function nearestInteger(value, steps) {
  const product = value * steps;
  const below = Math.floor(product);
  const rest = product - below;
  if (rest < 0.25 || Math.abs(product) > 1e12) {
    return below;
  }
  return rest > 0.75 ? below + 1 : nearestDecimal(value, steps);
}

// A number means the decimal that it is shown as: near a half the product of doubles may already be rounded
// to the wrong side (1.005 * 100), so the digits are multiplied one by one.
function nearestDecimal(value, steps) {
  const [mantissa, exponent] = String(Math.abs(value)).split("e");
  const [whole, fraction = ""] = mantissa.split(".");
  const places = fraction.length - Number(exponent || 0);
  let digits = "";
  let carry = 0;
  for (const digit of (whole + fraction).split("").reverse()) {
    carry += Number(digit) * steps;
    digits = (carry % 10) + digits;
    carry = Math.floor(carry / 10);
  }
  digits = (String(carry) + digits).padStart(places + 1, "0");
  const at = digits.length - places;
  const magnitude = Number(digits.slice(0, at)) + (digits[at] >= "5" ? 1 : 0);
  return value < 0 ? -magnitude : magnitude;
}
