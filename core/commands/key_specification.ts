/**
 * Where a command's keys stand among its arguments.
 *
 * A specification first finds where keys begin (at a place, or after a word) and then which of the
 * arguments from there on are keys (a range, or as many as a number says). Invariant: the values print
 * as Redis's own `key_specs`.
 *
 * @module
 */

/** What a command does with the keys: Redis's flags, joined by spaces in its order. */
export type KeyUse =
  | "RO"
  | "RO access"
  | "RW access"
  | "RW access delete"
  | "RW access delete incomplete"
  | "RW access insert"
  | "RW access update"
  | "RW access update variable_flags"
  | "RW delete"
  | "RW insert"
  | "RW update"
  | "OW insert"
  | "OW update"
  | "RM delete"
  | "not_key";

/** Where keys begin: at an argument, or after a word sought from one (backwards when negative). */
export type KeyBegin =
  | { readonly kind: "index"; readonly index: number }
  | { readonly kind: "keyword"; readonly word: string; readonly from: number }
  | { readonly kind: "unknown" };

/**
 * Which arguments from the beginning on are keys. `range.last` counts from the beginning, or from the
 * end of the command when negative; `limit` 2 stops half way (0: no limit). In `counted`, the first
 * argument is the number of keys after it.
 */
export type KeyFind =
  | {
    readonly kind: "range";
    readonly last: number;
    readonly step: number;
    readonly limit: number;
  }
  | { readonly kind: "counted" }
  | { readonly kind: "unknown" };

/**
 * Keys after an option that only a reading of the options before it can tell from their values: in
 * `SORT k BY STORE`, STORE is a pattern. Redis has code for it and no specification.
 */
export interface OptionScan {
  /** The option, upper case. */
  readonly word: string;
  /** Where options begin. */
  readonly from: number;
  /** Other options that take values, with how many. */
  readonly values: Readonly<Record<string, number>>;
  /**
   * `one`: the value of the last such option is a key. `instead`: all that follows the first is keys,
   * in place of the key found before, if that is empty.
   */
  readonly take: "one" | "instead";
}

/** One of a command's key specifications. */
export interface KeySpecification {
  /** Where keys begin. */
  readonly begin: KeyBegin;
  /** Which arguments from there on are keys. */
  readonly find: KeyFind;
  /** What the command does with them. */
  readonly use: KeyUse;
  /** Finds what `begin` and `find` cannot say, or say wrongly; they are only printed then. */
  readonly scan?: OptionScan;
  /** A remark that `COMMAND INFO` prints. */
  readonly notes?: string;
}

/** One key, argument `index`. */
export function key(index: number, use: KeyUse, notes?: string): KeySpecification {
  return keys(index, 0, 1, use, notes);
}

/** Keys from argument `first`, every `step`, up to `last` (see {@linkcode KeyFind}). */
export function keys(
  first: number,
  last: number,
  step: number,
  use: KeyUse,
  notes?: string,
): KeySpecification {
  return specification(
    { kind: "index", index: first },
    { kind: "range", last, step, limit: 0 },
    use,
    notes,
  );
}

/** Keys after a number of keys that is argument `index`. */
export function counted(index: number, use: KeyUse, notes?: string): KeySpecification {
  return specification({ kind: "index", index }, { kind: "counted" }, use, notes);
}

/** One key after `word`, which is sought from argument `from`. */
export function keyAfter(word: string, from: number, use: KeyUse): KeySpecification {
  return specification({ kind: "keyword", word, from }, {
    kind: "range",
    last: 0,
    step: 1,
    limit: 0,
  }, use);
}

/** All arguments after `word`, or with `limit` 2 the first half of them, are keys. */
export function keysAfter(
  word: string,
  from: number,
  limit: number,
  use: KeyUse,
): KeySpecification {
  return specification({ kind: "keyword", word, from }, {
    kind: "range",
    last: -1,
    step: 1,
    limit,
  }, use);
}

/** `keys`, but found by reading the options. */
export function scanned(keys: KeySpecification, scan: OptionScan): KeySpecification {
  return { ...keys, scan };
}

/** Keys that no rule finds. */
export function unknownKeys(use: KeyUse, notes: string): KeySpecification {
  return specification({ kind: "unknown" }, { kind: "unknown" }, use, notes);
}

function specification(
  begin: KeyBegin,
  find: KeyFind,
  use: KeyUse,
  notes?: string,
): KeySpecification {
  return notes === undefined ? { begin, find, use } : { begin, find, use, notes };
}
