/**
 * Which slot owns a key: CRC-32 of the key's tag, modulo 1024, as in every generation of Codis.
 *
 * The tag is what stands between the first `{` and the first `}` behind it, so that `{user:1}:name`
 * and `{user:1}:mail` share a slot; a key without both is its own tag.
 *
 * @module
 */

import { crc32 } from "./crc32.ts";

/** The number of slots; fixed, since it decides where every stored key lives. */
export const SLOT_COUNT = 1024;

/**
 * What `{}` in a key means: `hash-empty` hashes the empty tag, so that all such keys share slot 0
 * (Codis); `hash-key` takes the whole key (Redis Cluster). One product has one answer.
 */
export type EmptyTag = "hash-empty" | "hash-key";

/** What a product that says nothing gets: Codis's own rule. */
export const EMPTY_TAG_DEFAULT: EmptyTag = "hash-empty";

/** The range that `findTag` found last; one object, so that finding a tag allocates nothing. */
export const tag: { start: number; end: number } = { start: 0, end: 0 };

/**
 * Puts into `tag` the range of the key `bytes[start, end)` that is hashed, and returns whether that
 * is a tag in braces rather than the whole key.
 */
export function findTag(
  bytes: Uint8Array,
  start: number,
  end: number,
  emptyTag: EmptyTag,
): boolean {
  let open = start;
  while (open < end && bytes[open] !== 0x7b) open++;
  let close = open + 1;
  while (close < end && bytes[close] !== 0x7d) close++;
  if (close >= end || (close === open + 1 && emptyTag === "hash-key")) {
    tag.start = start;
    tag.end = end;
    return false;
  }
  tag.start = open + 1;
  tag.end = close;
  return true;
}

/** Returns the slot, 0 to 1023, of the key `bytes[start, end)`. */
export function slotOf(
  bytes: Uint8Array,
  start: number,
  end: number,
  emptyTag: EmptyTag,
): number {
  findTag(bytes, start, end, emptyTag);
  return crc32(bytes, tag.start, tag.end) & (SLOT_COUNT - 1);
}
