/**
 * Searches on positions: GEOSEARCH and what came before it.
 *
 * A store that finds nothing removes its key, as one of a missing source does.
 *
 * @module
 */

import type { Call, Handlers } from "../call.ts";
import { NO_EXPIRY } from "../keyspace/database.ts";
import { ScoreBound } from "../values/score_bound.ts";
import { adoptScratch, openScratch } from "../values/scratch_value.ts";
import { SortedSetCursor } from "../values/sorted_set_cursor.ts";
import { replyDistance, replyPosition } from "./geo_reply.ts";
import { type GeoSearch, type SearchForm, searchOf } from "./geo_search_options.ts";
import { cellsOf, distanceInside } from "./geo_shape.ts";
import { type GeoCell, type GeoPoint, readPoint, scoresOfCell } from "./geohash.ts";
import { sortPart } from "./partial_sort.ts";
import { stored } from "./string_value.ts";

/** The commands of this file. */
export const GEO_SEARCH_HANDLERS: Handlers = {
  georadius: (call) => search(call, { center: "point", target: "option" }),
  georadius_ro: (call) => search(call, { center: "point", target: "none" }),
  georadiusbymember: (call) => search(call, { center: "member", target: "option" }),
  georadiusbymember_ro: (call) => search(call, { center: "member", target: "none" }),
  geosearch: (call) => search(call, { center: "options", target: "none" }),
  geosearchstore: (call) => search(call, { center: "options", target: "first" }),
};

/** A member that was found. */
interface Found extends GeoPoint {
  readonly member: Uint8Array;
  readonly score: number;
  /** From the center, in meters. */
  readonly distance: number;
}

const cursor = new SortedSetCursor();
const minScore = new ScoreBound();
const endScore = new ScoreBound();
const point: GeoPoint = { longitude: 0, latitude: 0 };

function search(call: Call, form: SearchForm): void {
  const request = searchOf(call, form);
  const found = request.ref === 0 ? [] : wanted(request, allFound(call, request));
  if (request.target === 0) replyFound(call, request, found);
  else storeFound(call, request, found);
}

/** What lies in the area, in the order of its cells. */
function allFound(call: Call, request: GeoSearch): Found[] {
  const limit = request.any ? request.count : Infinity;
  const found: Found[] = [];
  for (const cell of cellsOf(request.shape)) {
    if (found.length >= limit) break;
    findInCell(call, request, cell, { found, limit });
  }
  return found;
}

function findInCell(
  call: Call,
  { ref, shape }: GeoSearch,
  cell: GeoCell,
  { found, limit }: { found: Found[]; limit: number },
): void {
  const { records, values: { sortedSets } } = call.keyspace;
  const { min, end } = scoresOfCell(cell);
  minScore.score = min;
  endScore.score = end;
  const rank = sortedSets.countBefore(records, ref, minScore);
  const count = sortedSets.countBefore(records, ref, endScore) - rank;
  cursor.open(sortedSets, records, ref, { rank, count, isBackward: false });
  while (found.length < limit && cursor.next()) {
    readPoint(cursor.score, point);
    const meters = distanceInside(shape, point);
    if (meters === undefined) continue;
    const { bytes, start, end } = cursor.member;
    found.push({
      member: bytes.slice(start, end),
      score: cursor.score,
      distance: meters,
      ...point,
    });
  }
}

/** Those that are asked for, in the order that is asked for. */
function wanted({ order, count, any }: GeoSearch, found: Found[]): Found[] {
  // The nearest are meant when nothing else is said.
  const isSorted = order !== "none" || (count > 0 && !any);
  const sign = order === "farthest" ? -1 : 1;
  const compare = (one: Found, other: Found) =>
    one.distance > other.distance ? sign : one.distance === other.distance ? 0 : -sign;
  const isPart = count > 0 && count < found.length;
  if (isSorted && isPart) sortPart(found, 0, count - 1, compare);
  else if (isSorted) found.sort(compare);
  return isPart ? found.slice(0, count) : found;
}

function replyFound({ reply }: Call, request: GeoSearch, found: readonly Found[]): void {
  const { withDistance, withHash, withPosition, shape: { unitMeters } } = request;
  const details = Number(withDistance) + Number(withHash) + Number(withPosition);
  reply.array(found.length);
  for (const one of found) {
    if (details > 0) reply.array(details + 1);
    reply.bulk(one.member, 0, one.member.length);
    if (withDistance) replyDistance(reply, one.distance / unitMeters);
    if (withHash) reply.integer(one.score);
    if (withPosition) replyPosition(reply, one);
  }
}

function storeFound(call: Call, request: GeoSearch, found: readonly Found[]): void {
  const { target, storesDistance, shape: { unitMeters } } = request;
  const { database } = call.session;
  const { sortedSets } = database.values;
  const scratch = openScratch(database);
  let result = 0;
  for (const { member, score, distance } of found) {
    const kept = storesDistance ? distance / unitMeters : score;
    result = sortedSets.set(scratch, result, kept, member, 0, member.length, NaN);
  }
  const old = call.find(target);
  if (result !== 0) stored(adoptScratch(scratch, result, database, NO_EXPIRY));
  else if (old !== 0) database.remove(old);
  call.reply.integer(found.length);
}
