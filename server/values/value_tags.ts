/**
 * The type tags of values other than strings, and how each type's encodings are numbered in a record.
 *
 * Invariant: encoding 0 of every type is its packed form, in which the payload is all there is.
 *
 * @module
 */

/** The type tag of lists. */
export const LIST = 1;
/** The type tag of sets. */
export const SET = 2;
/** The type tag of sorted sets. */
export const SORTED_SET = 3;
/** The type tag of hashes. */
export const HASH = 4;

/** Encoding: the payload is a listpack, or for a set an intset. */
export const PACKED = 0;
/** Encoding: the payload is one word, the reference of a structure of its own. */
export const SPREAD = 1;
/** Encoding of a small set whose members are not all integers: the payload is a listpack. */
export const PACKED_TEXT = 2;
