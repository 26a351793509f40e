/**
 * What SORT is told by its arguments.
 *
 * @module
 */

import { type Call, CommandError, ERROR } from "../call.ts";
import { patternOf, type SortPattern } from "./sort_pattern.ts";

/** SORT as the client asked for it. */
export interface SortRequest {
  isDescending: boolean;
  isAlpha: boolean;
  /** What is left out at the start. */
  skip: number;
  /** How many are wanted; below 0: all. */
  limit: number;
  /** By what the elements are sorted; absent: by themselves. */
  by: SortPattern | undefined;
  /** BY with what is no pattern: the elements stay in their order. */
  isUnsorted: boolean;
  /** What is wanted of each element; none: the element. */
  readonly gets: SortPattern[];
  /** The argument with the key that takes the result; 0: none. */
  target: number;
}

/**
 * Reads the options from argument 2 on; a read-only command stores nothing.
 *
 * @throws {CommandError} also for patterns where slots are managed: the keys that they name may be anywhere.
 */
export function sortRequestOf(call: Call, isReadOnly: boolean): SortRequest {
  const request: SortRequest = {
    isDescending: false,
    isAlpha: false,
    skip: 0,
    limit: -1,
    by: undefined,
    isUnsorted: false,
    gets: [],
    target: 0,
  };
  for (let at = 2; at < call.argumentCount;) at = takeOption(call, request, at, isReadOnly);
  return request;
}

/** Reads the option at argument `at`; returns where the next one is. */
function takeOption(call: Call, request: SortRequest, at: number, isReadOnly: boolean): number {
  const left = call.argumentCount - at - 1;
  if (call.is(at, "asc") || call.is(at, "desc")) {
    request.isDescending = call.is(at, "desc");
    return at + 1;
  }
  if (call.is(at, "alpha")) {
    request.isAlpha = true;
    return at + 1;
  }
  if (call.is(at, "limit") && left >= 2) {
    request.skip = call.integer(at + 1);
    request.limit = call.integer(at + 2);
    return at + 3;
  }
  if (left === 0) throw new CommandError(ERROR.syntax);
  if (call.is(at, "store") && !isReadOnly) request.target = at + 1;
  else if (call.is(at, "by")) takeBy(call, request, at + 1);
  else if (call.is(at, "get")) {
    refuseWhereManaged(call, "GET");
    request.gets.push(patternOf(call.copy(at + 1)));
  } else throw new CommandError(ERROR.syntax);
  return at + 2;
}

function takeBy(call: Call, request: SortRequest, at: number): void {
  request.by = patternOf(call.copy(at));
  if (request.by.kind === "key") refuseWhereManaged(call, "BY");
  else request.isUnsorted = true;
}

function refuseWhereManaged({ server }: Call, option: string): void {
  if (server.slotStanding?.mode !== "managed") return;
  throw new CommandError(`ERR ${option} option of SORT denied in Cluster mode.`);
}
