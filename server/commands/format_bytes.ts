/**
 * Amounts of memory as INFO prints them for people.
 *
 * @module
 */

const UNITS = ["B", "K", "M", "G", "T", "P"];

/** `1536` as `1.50K`; below 1024 a whole number of bytes, `12B`. */
export function formatBytes(byteCount: number): string {
  let value = byteCount;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return unit === 0 ? `${value}B` : `${value.toFixed(2)}${UNITS[unit]}`;
}
