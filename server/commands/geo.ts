/**
 * Commands on the positions of members.
 *
 * @module
 */

import { type Call, CommandError, ERROR, type Handlers } from "../call.ts";
import { SORTED_SET } from "../values/value_tags.ts";
import { readPosition, unitMetersOf } from "./geo_arguments.ts";
import { distanceMeters } from "./geo_distance.ts";
import { geohashOf, type GeoPoint, readPoint, scoreOfPoint } from "./geohash.ts";
import { replyDistance, replyPosition } from "./geo_reply.ts";

/** The commands of this file. */
export const GEO_HANDLERS: Handlers = {
  geoadd,
  geodist,
  geohash,
  geopos,
};

const point: GeoPoint = { longitude: 0, latitude: 0 };
const otherPoint: GeoPoint = { longitude: 0, latitude: 0 };

/** What GEOADD was told. */
interface Addition {
  nx: boolean;
  xx: boolean;
  ch: boolean;
}

function geoadd(call: Call): void {
  const options: Addition = { nx: false, xx: false, ch: false };
  let first = 2;
  for (; first < call.argumentCount; first++) {
    if (call.is(first, "nx")) options.nx = true;
    else if (call.is(first, "xx")) options.xx = true;
    else if (call.is(first, "ch")) options.ch = true;
    else break;
  }
  const words = call.argumentCount - first;
  if (words % 3 !== 0 || words === 0 || (options.nx && options.xx)) {
    throw new CommandError(ERROR.syntax);
  }
  // All positions are looked at before the first is used.
  for (let at = first; at < call.argumentCount; at += 3) readPosition(call, at, point);
  call.reply.integer(addPositions(call, first, options));
}

/** Adds longitudes, latitudes and members from argument `first` on; returns how many count. */
function addPositions(call: Call, first: number, { nx, xx, ch }: Addition): number {
  const { bytes, session: { database } } = call;
  const { records, values: { sortedSets } } = call.keyspace;
  let ref = call.findOf(1, SORTED_SET);
  let counted = 0;
  for (let at = first; at < call.argumentCount; at += 3) {
    const start = call.start(at + 2);
    const end = call.end(at + 2);
    const old = ref === 0 ? NaN : sortedSets.score(records, ref, bytes, start, end);
    const isNew = Number.isNaN(old);
    if (isNew ? xx : nx) continue;
    readPosition(call, at, point);
    const score = scoreOfPoint(point);
    if (score === old) continue;
    ref = sortedSets.set(database, ref, score, bytes, start, end, old);
    if (isNew || ch) counted++;
  }
  return counted;
}

/** Makes `target` the position of argument `index`; false if it is no member. */
function findPoint(call: Call, ref: number, index: number, target: GeoPoint): boolean {
  if (ref === 0) return false;
  const { records, values: { sortedSets } } = call.keyspace;
  const score = sortedSets.score(records, ref, call.bytes, call.start(index), call.end(index));
  if (Number.isNaN(score)) return false;
  readPoint(score, target);
  return true;
}

function geodist(call: Call): void {
  if (call.argumentCount > 5) throw new CommandError(ERROR.syntax);
  const unitMeters = call.argumentCount === 5 ? unitMetersOf(call, 4) : 1;
  const ref = call.readOf(1, SORTED_SET);
  if (!findPoint(call, ref, 2, point) || !findPoint(call, ref, 3, otherPoint)) {
    return call.reply.nil();
  }
  replyDistance(call.reply, distanceMeters(point, otherPoint) / unitMeters);
}

function geohash(call: Call): void {
  const ref = call.readOf(1, SORTED_SET);
  call.reply.array(call.argumentCount - 2);
  for (let at = 2; at < call.argumentCount; at++) {
    if (findPoint(call, ref, at, point)) call.reply.bulkLatin1(geohashOf(point));
    else call.reply.nil();
  }
}

function geopos(call: Call): void {
  const ref = call.readOf(1, SORTED_SET);
  call.reply.array(call.argumentCount - 2);
  for (let at = 2; at < call.argumentCount; at++) {
    if (findPoint(call, ref, at, point)) replyPosition(call.reply, point);
    else call.reply.nilArray();
  }
}
