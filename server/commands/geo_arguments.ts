/**
 * Positions, lengths and units among the arguments of a command.
 *
 * @module
 */

import { type Call, CommandError } from "../call.ts";
import { fixedText } from "./geo_text.ts";
import { type GeoPoint, LATITUDE_MAX, LONGITUDE_MAX, readPoint } from "./geohash.ts";
import { scoreArgument } from "./sorted_sets.ts";

const UNIT_METERS: Readonly<Record<string, number>> = { m: 1, km: 1000, ft: 0.3048, mi: 1609.34 };

/**
 * Reads the longitude of argument `index` and the latitude behind it.
 *
 * @throws {CommandError} if they are none, or off the map.
 */
export function readPosition(call: Call, index: number, point: GeoPoint): void {
  const longitude = scoreArgument(call, index);
  const latitude = scoreArgument(call, index + 1);
  if (Math.abs(longitude) > LONGITUDE_MAX || Math.abs(latitude) > LATITUDE_MAX) {
    const pair = `${fixedText(longitude, 6)},${fixedText(latitude, 6)}`;
    throw new CommandError(`ERR invalid longitude,latitude pair ${pair}`);
  }
  point.longitude = longitude;
  point.latitude = latitude;
}

/**
 * Makes `point` the position of a member; `ref` is the record of its sorted set.
 *
 * @throws {CommandError} if there is no such member.
 */
export function readMemberPosition(call: Call, ref: number, index: number, point: GeoPoint): void {
  const { records, values: { sortedSets } } = call.keyspace;
  const score = sortedSets.score(records, ref, call.bytes, call.start(index), call.end(index));
  if (Number.isNaN(score)) throw new CommandError("ERR could not decode requested zset member");
  readPoint(score, point);
}

/** Meters of the unit that argument `index` names. @throws {CommandError} if it names none. */
export function unitMetersOf(call: Call, index: number): number {
  const meters = UNIT_METERS[call.word(index)];
  if (meters === undefined) {
    throw new CommandError("ERR unsupported unit provided. please use M, KM, FT, MI");
  }
  return meters;
}

/** Argument `index` as a radius. @throws {CommandError} if it is none. */
export function radiusOf(call: Call, index: number): number {
  const radius = scoreArgument(call, index, "ERR need numeric radius");
  if (radius < 0) throw new CommandError("ERR radius cannot be negative");
  return radius;
}

/** The width of argument `index` and the height behind it. @throws {CommandError} if they are none. */
export function boxOf(call: Call, index: number): { width: number; height: number } {
  const width = scoreArgument(call, index, "ERR need numeric width");
  const height = scoreArgument(call, index + 1, "ERR need numeric height");
  if (width < 0 || height < 0) {
    throw new CommandError("ERR height or width cannot be negative");
  }
  return { width, height };
}
