/**
 * The options of SET and GETEX.
 *
 * Invariant: one object for all calls, so that parsing allocates nothing.
 *
 * @module
 */

import { type Call, CommandError, ERROR } from "../call.ts";
import { type ExpiryUnit, UNIT } from "./expire_time.ts";

/** What SET or GETEX was asked besides key and value. */
export interface StringOptions {
  /** Set only a key that is not there. */
  ifAbsent: boolean;
  /** Set only a key that is there. */
  ifPresent: boolean;
  /** Reply with the old value. */
  get: boolean;
  /** Keep the expiry. */
  keepExpiry: boolean;
  /** Remove the expiry. */
  persist: boolean;
  /** How the expiry is given, if it is. */
  unit: ExpiryUnit | undefined;
  /** The argument with the expiry, or 0. */
  expiryArgument: number;
}

const options: StringOptions = {
  ifAbsent: false,
  ifPresent: false,
  get: false,
  keepExpiry: false,
  persist: false,
  unit: undefined,
  expiryArgument: 0,
};

/**
 * The options of SET, from argument 3 on; valid until the next call.
 *
 * @throws {CommandError} if one is unknown, or two contradict each other.
 */
export function setOptionsOf(call: Call): StringOptions {
  reset();
  for (let at = 3; at < call.argumentCount; at++) {
    if (!options.ifPresent && call.is(at, "nx")) options.ifAbsent = true;
    else if (!options.ifAbsent && call.is(at, "xx")) options.ifPresent = true;
    else if (call.is(at, "get")) options.get = true;
    else if (options.unit === undefined && call.is(at, "keepttl")) options.keepExpiry = true;
    else at = expiryBehind(call, at);
  }
  return options;
}

/**
 * The options of GETEX, from argument 2 on; valid until the next call.
 *
 * @throws {CommandError} if one is unknown, or two contradict each other.
 */
export function getExOptionsOf(call: Call): StringOptions {
  reset();
  for (let at = 2; at < call.argumentCount; at++) {
    if (options.unit === undefined && call.is(at, "persist")) options.persist = true;
    else at = expiryBehind(call, at);
  }
  return options;
}

function reset(): void {
  options.ifAbsent = false;
  options.ifPresent = false;
  options.get = false;
  options.keepExpiry = false;
  options.persist = false;
  options.unit = undefined;
  options.expiryArgument = 0;
}

/** Takes an expiry option at `at`; the same one may be repeated, another may not follow. Returns its last argument. */
function expiryBehind(call: Call, at: number): number {
  const unit = unitOf(call, at);
  const contradicts = options.keepExpiry || options.persist ||
    (options.unit !== undefined && options.unit !== unit);
  if (unit === undefined || contradicts || at + 1 >= call.argumentCount) {
    throw new CommandError(ERROR.syntax);
  }
  options.unit = unit;
  options.expiryArgument = at + 1;
  return at + 1;
}

function unitOf(call: Call, at: number): ExpiryUnit | undefined {
  if (call.is(at, "ex")) return UNIT.ex;
  if (call.is(at, "px")) return UNIT.px;
  if (call.is(at, "exat")) return UNIT.exat;
  return call.is(at, "pxat") ? UNIT.pxat : undefined;
}
