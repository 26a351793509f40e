/**
 * Doubles as Redis 7.0 writes them into replies: C's `%.17g`, with `inf` and `-inf`.
 *
 * @module
 */

const DIGITS = 17;

/** Formats `value` with up to 17 significant digits, as `%.17g` does: `3.1` is `3.1000000000000001`. */
export function formatDouble(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  if (Object.is(value, -0)) return "-0";
  if (Number.isSafeInteger(value)) return String(value);

  const [mantissa, exponentText] = roundedExponential(Math.abs(value)).split("e") as [
    string,
    string,
  ];
  const sign = value < 0 ? "-" : "";
  const exponent = Number(exponentText);
  const digits = mantissa.replace(".", "").replace(/0+$/, "");
  if (exponent < -4 || exponent >= DIGITS) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : "";
    const magnitude = String(Math.abs(exponent)).padStart(2, "0");
    return `${sign}${digits[0]}${fraction}e${exponent < 0 ? "-" : "+"}${magnitude}`;
  }
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  const fraction = digits.slice(exponent + 1);
  return fraction === "" ? sign + whole : `${sign}${whole}.${fraction}`;
}

/** Returns `value` in exponential form with 17 digits; an exact tie goes to the even digit, as in C. */
function roundedExponential(value: number): string {
  const rounded = value.toExponential(DIGITS - 1);
  const exact = value.toExponential(60);
  const mantissa = exact.slice(0, exact.indexOf("e")).replace(/0+$/, "");
  const tie = mantissa.length === DIGITS + 2 && mantissa.endsWith("5");
  // JavaScript rounds a tie up, so an even digit in front of the 5 means: cut it off instead.
  const even = tie && Number(mantissa[DIGITS]) % 2 === 0;
  return even ? mantissa.slice(0, DIGITS + 1) + exact.slice(exact.indexOf("e")) : rounded;
}
