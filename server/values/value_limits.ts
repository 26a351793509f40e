/**
 * Up to where values stay packed: Redis's own settings, with its defaults.
 *
 * @module
 */

/** What CONFIG can change; it holds for values that are changed from then on. */
export interface ValueLimits {
  /** `hash-max-listpack-entries`. */
  hashEntries: number;
  /** `hash-max-listpack-value`, in bytes. */
  hashBytes: number;
  /** `list-max-listpack-size`: entries of a node, or from -1 to -5 its bytes from 4 to 64 KiB. */
  listNode: number;
  /** `set-max-intset-entries`. */
  setIntegers: number;
  /** `zset-max-listpack-entries`. */
  sortedSetEntries: number;
  /** `zset-max-listpack-value`, in bytes. */
  sortedSetBytes: number;
}

/** Redis's defaults. */
export const VALUE_LIMITS: Readonly<ValueLimits> = {
  hashEntries: 512,
  hashBytes: 64,
  listNode: -2,
  setIntegers: 512,
  sortedSetEntries: 128,
  sortedSetBytes: 64,
};
