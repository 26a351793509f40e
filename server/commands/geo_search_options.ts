/**
 * What a search on positions is told by its arguments.
 *
 * Invariant: arguments are refused in Redis's order, which depends on whether the key exists.
 *
 * @module
 */

import { type Call, CommandError, ERROR } from "../call.ts";
import { SORTED_SET } from "../values/value_tags.ts";
import {
  boxOf,
  radiusOf,
  readMemberPosition,
  readPosition,
  unitMetersOf,
} from "./geo_arguments.ts";
import type { GeoShape } from "./geo_shape.ts";

/** How a command says what is searched and where the result goes. */
export interface SearchForm {
  /** The center: arguments at fixed places, or options. */
  readonly center: "point" | "member" | "options";
  /** The result's key: none, after STORE or STOREDIST, or the first argument. */
  readonly target: "none" | "option" | "first";
}

/** A search as the client asked for it. */
export interface GeoSearch {
  /** The record of the sorted set; 0: there is none. */
  readonly ref: number;
  readonly shape: GeoShape;
  order: "none" | "nearest" | "farthest";
  /** How many are wanted; 0: all. */
  count: number;
  /** The first found will do, instead of the nearest. */
  any: boolean;
  withDistance: boolean;
  withHash: boolean;
  withPosition: boolean;
  /** The argument with the key that takes the result; 0: none. */
  target: number;
  /** Scores of the result are distances. */
  storesDistance: boolean;
  hasCenter: "no" | "member" | "point";
  hasExtent: boolean;
}

/** Reads the arguments of a search. @throws {CommandError} */
export function searchOf(call: Call, form: SearchForm): GeoSearch {
  const key = form.target === "first" ? 2 : 1;
  const search: GeoSearch = {
    ref: call.readOf(key, SORTED_SET),
    shape: {
      center: { longitude: 0, latitude: 0 },
      extent: { kind: "circle", radius: 0 },
      unitMeters: 1,
    },
    order: "none",
    count: 0,
    any: false,
    withDistance: false,
    withHash: false,
    withPosition: false,
    target: form.target === "first" ? 1 : 0,
    storesDistance: false,
    hasCenter: "no",
    hasExtent: false,
  };
  let at = readFixed(call, search, form, key + 1);
  while (at < call.argumentCount) at = takeOption(call, search, form, at);
  checkSearch(call, search, form);
  return search;
}

/** Reads the center and radius of a command that has them at fixed places; returns where the options begin. */
function readFixed(call: Call, search: GeoSearch, { center }: SearchForm, at: number): number {
  if (center === "options") return at;
  if (center === "point") {
    readPosition(call, at, search.shape.center);
    readCircle(call, search, at + 2);
    return at + 4;
  }
  // Without the key nobody looks at what follows the member, not even at its form.
  if (search.ref !== 0) {
    readMemberPosition(call, search.ref, at, search.shape.center);
    readCircle(call, search, at + 1);
  }
  return at + 3;
}

function readCircle(call: Call, { shape }: GeoSearch, at: number): void {
  shape.extent = { kind: "circle", radius: radiusOf(call, at) };
  shape.unitMeters = unitMetersOf(call, at + 1);
}

/** Reads the option at argument `at`; returns where the next one is. */
function takeOption(call: Call, search: GeoSearch, form: SearchForm, at: number): number {
  switch (call.word(at)) {
    case "withdist":
      search.withDistance = true;
      return at + 1;
    case "withhash":
      search.withHash = true;
      return at + 1;
    case "withcoord":
      search.withPosition = true;
      return at + 1;
    case "any":
      search.any = true;
      return at + 1;
    case "asc":
      search.order = "nearest";
      return at + 1;
    case "desc":
      search.order = "farthest";
      return at + 1;
    case "count":
      if (at + 1 === call.argumentCount) break;
      search.count = call.integer(at + 1);
      if (search.count <= 0) throw new CommandError("ERR COUNT must be > 0");
      return at + 2;
    default:
      return form.center === "options"
        ? takeShape(call, search, form, at)
        : takeTarget(call, search, form, at);
  }
  throw new CommandError(ERROR.syntax);
}

/** Reads STORE or STOREDIST with its key. */
function takeTarget(call: Call, search: GeoSearch, { target }: SearchForm, at: number): number {
  const isDistance = call.is(at, "storedist");
  const isKnown = target === "option" && (isDistance || call.is(at, "store"));
  if (!isKnown || at + 1 === call.argumentCount) throw new CommandError(ERROR.syntax);
  search.target = at + 1;
  search.storesDistance = isDistance;
  return at + 2;
}

/** Reads an option of GEOSEARCH and GEOSEARCHSTORE alone. */
function takeShape(call: Call, search: GeoSearch, { target }: SearchForm, at: number): number {
  const left = call.argumentCount - at - 1;
  const { shape, ref } = search;
  const isBox = search.hasExtent && shape.extent.kind === "box";
  const isCircle = search.hasExtent && shape.extent.kind === "circle";
  if (target === "first" && call.is(at, "storedist")) {
    search.storesDistance = true;
    return at + 1;
  }
  if (call.is(at, "frommember") && left >= 1 && search.hasCenter !== "point") {
    if (ref !== 0) readMemberPosition(call, ref, at + 1, shape.center);
    search.hasCenter = "member";
    return at + 2;
  }
  if (call.is(at, "fromlonlat") && left >= 2 && search.hasCenter !== "member") {
    readPosition(call, at + 1, shape.center);
    search.hasCenter = "point";
    return at + 3;
  }
  if (call.is(at, "byradius") && left >= 2 && !isBox) {
    readCircle(call, search, at + 1);
    search.hasExtent = true;
    return at + 3;
  }
  if (call.is(at, "bybox") && left >= 3 && !isCircle) {
    shape.extent = { kind: "box", ...boxOf(call, at + 1) };
    shape.unitMeters = unitMetersOf(call, at + 3);
    search.hasExtent = true;
    return at + 4;
  }
  throw new CommandError(ERROR.syntax);
}

function checkSearch(call: Call, search: GeoSearch, form: SearchForm): void {
  const isDetailed = search.withDistance || search.withHash || search.withPosition;
  if (search.target !== 0 && isDetailed) {
    const name = form.target === "first" ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS";
    throw new CommandError(
      `ERR ${name} is not compatible with WITHDIST, WITHHASH and WITHCOORD options`,
    );
  }
  if (form.center === "options" && search.hasCenter === "no") {
    const text = "exactly one of FROMMEMBER or FROMLONLAT can be specified for";
    throw new CommandError(`ERR ${text} ${call.text(0)}`);
  }
  if (form.center === "options" && !search.hasExtent) {
    const text = "exactly one of BYRADIUS and BYBOX can be specified for";
    throw new CommandError(`ERR ${text} ${call.text(0)}`);
  }
  if (search.any && search.count === 0) {
    throw new CommandError("ERR the ANY argument requires COUNT argument");
  }
}
