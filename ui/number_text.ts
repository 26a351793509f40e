/**
 * Numbers for people.
 *
 * @module
 */

/** What stands where a number is not known. */
export const UNKNOWN = "–";

const BINARY_UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];
const THIN_SPACE = "\u2009";

/** Returns a count with its digits in threes: `1 234 567`. */
export function countText(count: number | null): string {
  if (count === null) return UNKNOWN;
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, THIN_SPACE);
}

/** Returns bytes with three digits: `12.3 MiB`. */
export function bytesText(bytes: number | null): string {
  if (bytes === null) return UNKNOWN;
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < BINARY_UNITS.length - 1) [value, unit] = [value / 1024, unit + 1];
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${BINARY_UNITS[unit]}`;
}

/** Returns a time span in its two largest units: `3 min 20 s`. */
export function durationText(seconds: number | null): string {
  if (seconds === null) return UNKNOWN;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${Math.floor(whole % 3600 / 60)} min`;
  return `${Math.floor(whole / 86_400)} d ${Math.floor(whole % 86_400 / 3600)} h`;
}

/** Returns an ISO time as date and time, UTC. */
export function timeText(iso: string): string {
  return iso.replace("T", " ").slice(0, 19);
}

/** Returns `1 slot`, `2 slots`. */
export function plural(count: number, noun: string): string {
  const nouns = noun.endsWith("y") ? `${noun.slice(0, -1)}ies` : `${noun}s`;
  return `${countText(count)} ${count === 1 ? noun : nouns}`;
}

/** Returns slots of a range as people name them: `slot 7`, `slots 0–511`. */
export function rangeText([first, last]: readonly [number, number]): string {
  return first === last ? `slot ${first}` : `slots ${first}–${last}`;
}
