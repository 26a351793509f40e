/**
 * How positions and distances are spelled: C's `%.Nf`, and Redis's variants of it.
 *
 * @module
 */

const COORDINATE_DIGITS = 17;
const DISTANCE_SCALE = 10_000;
const DISTANCE_DIGITS = 4;
/** From here on a double is spelled with an exponent, but not by C. */
const PLAIN_LIMIT = 1e21;
/** More digits behind the point than a double above 2^-40 can have. */
const EXACT_DIGITS = 100;
/** What C makes of a distance that is no number. */
const DISTANCE_UNKNOWN = "-922337203685477.5808";

/** A number with so many digits behind the point: C's `%f`, which rounds a tie to the even digit. */
export function fixedText(value: number, digits: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const magnitude = Math.abs(value);
  if (magnitude >= PLAIN_LIMIT) return `${sign}${BigInt(magnitude)}.${"0".repeat(digits)}`;
  const text = magnitude.toFixed(digits);
  const exact = magnitude.toFixed(EXACT_DIGITS);
  const cut = exact.length - EXACT_DIGITS + digits;
  const isTie = /^50*$/.test(exact.slice(cut));
  // JavaScript rounds a tie up.
  return sign + (isTie && Number(exact[cut - 1]) % 2 === 0 ? exact.slice(0, cut) : text);
}

/** A coordinate in degrees: 17 digits behind the point, without the last zeros. */
export function coordinateText(degrees: number): string {
  const text = fixedText(degrees, COORDINATE_DIGITS).replace(/\.?0+$/, "");
  return text === "-0" ? "0" : text;
}

/** A distance: four digits behind the point. */
export function distanceText(distance: number): string {
  if (Number.isNaN(distance)) return DISTANCE_UNKNOWN;
  const digits = String(roundedToEven(distance * DISTANCE_SCALE)).padStart(
    DISTANCE_DIGITS + 1,
    "0",
  );
  return `${digits.slice(0, -DISTANCE_DIGITS)}.${digits.slice(-DISTANCE_DIGITS)}`;
}

function roundedToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
