/**
 * The slot of a key, computed apart from the product (zlib's CRC32), so that a fault in the
 * product's hash cannot hide where the checker looks for migrating slots. Invariant: equal to
 * Codis: CRC32-IEEE of the text between the first `{` and the next `}`, else of the whole key,
 * modulo 1024.
 *
 * @module
 */

import { crc32 } from "node:zlib";

/** The slot of a key, from 0 to 1023. */
export function slotOfKey(key: string): number {
  const open = key.indexOf("{");
  const close = open < 0 ? -1 : key.indexOf("}", open);
  return crc32(close < 0 ? key : key.slice(open + 1, close)) % 1024;
}
