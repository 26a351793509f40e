/**
 * Positions as one number each, as Redis keeps them in sorted sets: the bits of a column and a row of a grid in turn.
 *
 * A grid of `steps` has 2 to the power of `steps` columns and rows; that of scores has 26 steps, so a score has 52 bits.
 *
 * Invariant: a position at the very edge of the map lies in a column or row beyond the grid's last, as in Redis.
 *
 * @module
 */

/** A position, in degrees. */
export interface GeoPoint {
  longitude: number;
  latitude: number;
}

/** A cell of a grid. */
export interface GeoCell {
  readonly column: number;
  readonly row: number;
  readonly steps: number;
}

/** The sides of a cell, in degrees. */
export interface GeoArea {
  readonly west: number;
  readonly east: number;
  readonly south: number;
  readonly north: number;
}

/** The greatest longitude, in degrees; its negative is the least. */
export const LONGITUDE_MAX = 180;
/** The greatest latitude of the map (EPSG:3857), in degrees; its negative is the least. */
export const LATITUDE_MAX = 85.05112878;
/** Steps of the grid of scores. */
export const STEPS_MAX = 26;

/** Latitudes of standard geohashes go up to the pole. */
const POLE_LATITUDE = 90;
const ALPHABET = "0123456789bcdefghjkmnpqrstuvwxyz";
/** Characters of a geohash that 52 bits make; one more follows, always the first of the alphabet. */
const CHARACTERS = 10;

/** The cell in which a position lies; north and south end at `latitudeMax`. */
export function cellOf(
  { longitude, latitude }: GeoPoint,
  steps: number,
  latitudeMax: number = LATITUDE_MAX,
): GeoCell {
  return {
    column: indexOf(longitude, LONGITUDE_MAX, steps),
    row: indexOf(latitude, latitudeMax, steps),
    steps,
  };
}

function indexOf(degrees: number, max: number, steps: number): number {
  return Math.floor(((degrees + max) / (max + max)) * 2 ** steps);
}

/** The score of a position. */
export function scoreOfPoint(point: GeoPoint): number {
  return interleave(
    indexOf(point.longitude, LONGITUDE_MAX, STEPS_MAX),
    indexOf(point.latitude, LATITUDE_MAX, STEPS_MAX),
    0,
  );
}

/** The least score in a cell, and the least behind it. */
export function scoresOfCell({ column, row, steps }: GeoCell): { min: number; end: number } {
  const scale = 2 ** (2 * (STEPS_MAX - steps));
  return { min: interleave(column, row, 0) * scale, end: interleave(column, row, 1) * scale };
}

/** Makes `point` the middle of the cell that a score stands for: any score stands for one. */
export function readPoint(score: number, point: GeoPoint): void {
  const bits = integerOf(score);
  const high = Math.floor(bits / 2 ** 32);
  const low = bits - high * 2 ** 32;
  point.longitude = middleOf(squash(low >>> 1, high >>> 1), LONGITUDE_MAX);
  point.latitude = middleOf(squash(low, high), LATITUDE_MAX);
}

/** What x86-64 makes of a double that is to be an unsigned integer of 64 bits; below 0: its two's complement. */
function integerOf(score: number): number {
  const whole = Math.trunc(score);
  return whole >= 2 ** 64 ? 0 : Math.max(whole, -(2 ** 63));
}

function middleOf(index: number, max: number): number {
  // C's index has 32 bits: behind its last comes the first.
  const middle = (edgeOf(index, max, STEPS_MAX) + edgeOf((index + 1) >>> 0, max, STEPS_MAX)) / 2;
  return Math.max(-max, Math.min(middle, max));
}

function edgeOf(index: number, max: number, steps: number): number {
  return -max + (index / 2 ** steps) * (max + max);
}

/** The sides of a cell. */
export function areaOf({ column, row, steps }: GeoCell): GeoArea {
  return {
    west: edgeOf(column, LONGITUDE_MAX, steps),
    east: edgeOf(column + 1, LONGITUDE_MAX, steps),
    south: edgeOf(row, LATITUDE_MAX, steps),
    north: edgeOf(row + 1, LATITUDE_MAX, steps),
  };
}

/** The cell some columns to the east and rows to the north (negative: west, south); behind an edge lies the other one. */
export function neighborOf({ column, row, steps }: GeoCell, east: number, north: number): GeoCell {
  const mask = 2 ** steps - 1;
  return {
    column: east === 0 ? column : (column + east) & mask,
    row: north === 0 ? row : (row + north) & mask,
    steps,
  };
}

/** The standard geohash of a position: 11 characters, of which the last says nothing. */
export function geohashOf(point: GeoPoint): string {
  const { column, row } = cellOf(point, STEPS_MAX, POLE_LATITUDE);
  // What lies beyond the last column is cut off.
  const bits = interleave(column % 2 ** STEPS_MAX, row, 0);
  let text = "";
  for (let at = 1; at <= CHARACTERS; at++) {
    text += ALPHABET[Math.floor(bits / 2 ** (2 * STEPS_MAX - 5 * at)) % 32];
  }
  return text + ALPHABET[0];
}

/** The bits of a column, at odd places, and a row, as one number, plus `added`: rounded once, beyond 2^53. */
function interleave(column: number, row: number, added: number): number {
  const low = (spread(row & 0xffff) | (spread(column & 0xffff) << 1)) >>> 0;
  const high = (spread(row >>> 16) | (spread(column >>> 16) << 1)) >>> 0;
  return high * 2 ** 32 + (low + added);
}

/** Puts a zero in front of each of 16 bits. */
function spread(bits: number): number {
  bits = (bits | (bits << 8)) & 0x00ff00ff;
  bits = (bits | (bits << 4)) & 0x0f0f0f0f;
  bits = (bits | (bits << 2)) & 0x33333333;
  return (bits | (bits << 1)) & 0x55555555;
}

/** Every other bit of 64, from the lowest on. */
function squash(low: number, high: number): number {
  return (squashWord(low) | (squashWord(high) << 16)) >>> 0;
}

function squashWord(bits: number): number {
  bits &= 0x55555555;
  bits = (bits | (bits >>> 1)) & 0x33333333;
  bits = (bits | (bits >>> 2)) & 0x0f0f0f0f;
  bits = (bits | (bits >>> 4)) & 0x00ff00ff;
  return (bits | (bits >>> 8)) & 0xffff;
}
