/**
 * Allocation of the one big buffer that a data plane thread lives in.
 *
 * The kernel commits its pages when they are first touched, so its size is a limit and not a cost.
 * It stays below 2 GiB: every offset is then a 32-bit integer.
 *
 * Invariant: the buffer starts zeroed and is never resized.
 *
 * @module
 */

/** The largest buffer asked for, in bytes. */
export const MAX_MEMORY_BYTES = 2 ** 31 - 65536;

/** The smallest buffer worth starting with, in bytes. */
export const MIN_MEMORY_BYTES = 2 ** 26;

/**
 * Allocates a zeroed buffer of `byteCount` bytes, or of the largest half, quarter, ... of it that the
 * system grants (an address space limit, a container).
 *
 * @throws {RangeError} if not even {@linkcode MIN_MEMORY_BYTES} can be had.
 */
export function allocateMemory(byteCount: number = MAX_MEMORY_BYTES): Uint8Array<ArrayBuffer> {
  let tried = byteCount;
  for (;;) {
    try {
      return new Uint8Array(new ArrayBuffer(tried));
    } catch (error) {
      if (!(error instanceof RangeError) || tried / 2 < MIN_MEMORY_BYTES) throw error;
      tried = Math.floor(tried / 2 / 65536) * 65536;
    }
  }
}
