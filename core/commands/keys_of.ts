/**
 * Finds the keys among a request's arguments, by the command table's key specifications.
 *
 * Answers what `COMMAND GETKEYS` answers, from byte ranges and into a typed array. Invariant: no
 * allocation. Keys that a server makes up while it executes (BY and GET patterns of SORT, names built
 * inside scripts) are in no argument and are not found.
 *
 * @module
 */

import {
  firstKeyOf,
  FLAG_MOVABLEKEYS,
  FLAG_NO_MANDATORY_KEYS,
  flagsOf,
  keyStepOf,
  lastKeyOf,
} from "./command_index.ts";
import type { KeySpecification, KeyUse, OptionScan } from "./key_specification.ts";
import { COMMANDS } from "./table.ts";

/** A word in upper case, as bytes. */
type Word = Uint8Array;

/** A specification with its words as bytes. */
type KeyRule =
  | { readonly kind: "range"; readonly first: number; readonly last: number; readonly step: number }
  | { readonly kind: "counted"; readonly index: number; readonly least: number }
  | {
    readonly kind: "word";
    readonly word: Word;
    readonly from: number;
    readonly last: number;
    /** Keys are the first of so many equal parts of what follows. */
    readonly share: number;
  }
  | {
    readonly kind: "scan";
    readonly word: Word;
    readonly from: number;
    readonly options: readonly Word[];
    readonly values: readonly number[];
    readonly instead: boolean;
  };

const encoder = new TextEncoder();
const rulesOf: readonly (readonly KeyRule[])[] = COMMANDS.map(({ keys = [], flags }) => {
  const least = flags.includes("no_mandatory_keys") ? 0 : 1;
  return keys.flatMap((key) => ruleOf(key, least));
});
/** What a command does with the keys that each of its rules finds. */
const usesOf: readonly (readonly KeyUse[])[] = COMMANDS.map(({ keys = [] }) =>
  keys.flatMap((key) => ruleOf(key, 0).map(() => key.use))
);
/** Commands whose legacy range is the whole truth. */
const isPlainRange = Uint8Array.from(COMMANDS, ({ id, keys }) => {
  const plain = keys?.length === 1 && keys[0]!.use !== "not_key" && firstKeyOf[id]! > 0 &&
    (flagsOf[id]! & FLAG_MOVABLEKEYS) === 0;
  return plain ? 1 : 0;
});

/**
 * The argument that is the only key of a command, by id; 0 for all others. A command whose legacy range names one key may
 * have more behind a number (`ZUNIONSTORE`) or an option (`SORT`), and is none of these.
 */
export const soleKeyOf: Int8Array = Int8Array.from(
  COMMANDS,
  ({ id }) => isPlainRange[id] === 1 && lastKeyOf[id] === firstKeyOf[id] ? firstKeyOf[id]! : 0,
);

/**
 * Writes the argument indexes of the keys of command `id` to `out` and returns how many there are;
 * -1: the arguments make no sense (a number of keys that is none, or is larger than what follows).
 * A server answers such a request with an error and touches no key, so any server may be asked.
 *
 * `args` holds a start and an end offset into `bytes` for each of `argumentCount` arguments, the
 * command's name first. The number of arguments must fit the command's arity. `out` needs room for
 * `argumentCount` numbers.
 */
export function keysOf(
  id: number,
  args: Int32Array,
  argumentCount: number,
  bytes: Uint8Array,
  out: Int32Array,
): number {
  if (isPlainRange[id] === 1) {
    return writeRange(firstKeyOf[id]!, lastKeyOf[id]!, keyStepOf[id]!, argumentCount, out, 0);
  }
  const rules = rulesOf[id]!;
  let count = 0;
  for (let i = 0; i < rules.length; i++) {
    count = applyRule(rules[i]!, args, argumentCount, bytes, out, count);
    if (count < 0) return -1;
  }
  return count === 0 && rules.length > 0 && (flagsOf[id]! & FLAG_NO_MANDATORY_KEYS) === 0
    ? -1
    : count;
}

/**
 * What command `id` does with each of the keys that {@linkcode keysOf} found in the same request, as its
 * specifications say. Allocates: for those who ask, not for those who route.
 */
export function keyUsesOf(
  id: number,
  args: Int32Array,
  argumentCount: number,
  bytes: Uint8Array,
): KeyUse[] {
  const out = new Int32Array(argumentCount);
  const uses: KeyUse[] = [];
  let count = 0;
  rulesOf[id]!.forEach((rule, index) => {
    count = applyRule(rule, args, argumentCount, bytes, out, count);
    while (uses.length < count) uses.push(usesOf[id]![index]!);
  });
  return uses;
}

function applyRule(
  rule: KeyRule,
  args: Int32Array,
  argumentCount: number,
  bytes: Uint8Array,
  out: Int32Array,
  count: number,
): number {
  switch (rule.kind) {
    case "range":
      return writeRange(rule.first, rule.last, rule.step, argumentCount, out, count);
    case "counted": {
      const keyCount = numberAt(rule.index, args, argumentCount, bytes);
      if (keyCount < rule.least || keyCount >= argumentCount - rule.index) return -1;
      for (let i = 1; i <= keyCount; i++) out[count++] = rule.index + i;
      return count;
    }
    case "word": {
      const first = indexOfWord(rule.word, rule.from, args, argumentCount, bytes) + 1;
      if (first === 0) return count;
      const behind = rule.last === 0
        ? first + 1
        : first + Math.trunc((argumentCount - first) / rule.share);
      if (behind === first) return -1;
      for (let i = first; i < behind; i++) out[count++] = i;
      return count;
    }
    case "scan":
      return applyScan(rule, args, argumentCount, bytes, out, count);
  }
}

function writeRange(
  first: number,
  last: number,
  step: number,
  argumentCount: number,
  out: Int32Array,
  count: number,
): number {
  const end = last < 0 ? argumentCount + last : last;
  if (end < first || end >= argumentCount) return -1;
  for (let i = first; i <= end; i += step) out[count++] = i;
  return count;
}

function applyScan(
  rule: KeyRule & { kind: "scan" },
  args: Int32Array,
  argumentCount: number,
  bytes: Uint8Array,
  out: Int32Array,
  count: number,
): number {
  let found = 0;
  for (let i = rule.from; i < argumentCount; i++) {
    if (isWord(rule.word, args[2 * i]!, args[2 * i + 1]!, bytes)) {
      if (i + 1 < argumentCount) found = i + 1;
      if (rule.instead) break;
      continue;
    }
    for (let option = 0; option < rule.options.length; option++) {
      if (!isWord(rule.options[option]!, args[2 * i]!, args[2 * i + 1]!, bytes)) continue;
      i += rule.values[option]!;
      break;
    }
  }
  if (found === 0) return count;
  if (!rule.instead) {
    out[count] = found;
    return count + 1;
  }
  const before = out[count - 1]!;
  if (args[2 * before] !== args[2 * before + 1]) return -1;
  let next = count - 1;
  for (let i = found; i < argumentCount; i++) out[next++] = i;
  return next;
}

/** The argument equal to `word`; the last argument is not looked at: nothing would follow it. */
function indexOfWord(
  word: Word,
  from: number,
  args: Int32Array,
  argumentCount: number,
  bytes: Uint8Array,
): number {
  for (let i = from; i < argumentCount - 1; i++) {
    if (isWord(word, args[2 * i]!, args[2 * i + 1]!, bytes)) return i;
  }
  return -1;
}

function isWord(word: Word, start: number, end: number, bytes: Uint8Array): boolean {
  if (end - start !== word.length) return false;
  for (let i = 0; i < word.length; i++) {
    const byte = bytes[start + i]!;
    const upper = byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte;
    if (upper !== word[i]) return false;
  }
  return true;
}

/** The argument as a number without sign or leading zero, as Redis wants it; -1 if it is none. */
function numberAt(
  index: number,
  args: Int32Array,
  argumentCount: number,
  bytes: Uint8Array,
): number {
  if (index >= argumentCount) return -1;
  const start = args[2 * index]!;
  const end = args[2 * index + 1]!;
  if (end === start || end - start > 9) return -1;
  if (bytes[start] === 0x30 && end - start > 1) return -1;
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = bytes[i]! - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** The rule of a specification; none for those that name no key or that nothing can find. */
function ruleOf({ begin, find, use, scan }: KeySpecification, least: number): KeyRule[] {
  if (use === "not_key") return [];
  if (scan) return [scanRuleOf(scan)];
  if (begin.kind === "unknown" || find.kind === "unknown") return [];
  if (begin.kind === "keyword") {
    if (find.kind === "counted") return [];
    const word = encoder.encode(begin.word);
    const share = Math.max(1, find.limit);
    return [{ kind: "word", word, from: begin.from, last: find.last, share }];
  }
  const { index } = begin;
  if (find.kind === "counted") return [{ kind: "counted", index, least }];
  const last = find.last < 0 ? find.last : index + find.last;
  return [{ kind: "range", first: index, last, step: find.step }];
}

function scanRuleOf({ word, from, values, take }: OptionScan): KeyRule {
  return {
    kind: "scan",
    word: encoder.encode(word),
    from,
    options: Object.keys(values).map((option) => encoder.encode(option)),
    values: Object.values(values),
    instead: take === "instead",
  };
}
