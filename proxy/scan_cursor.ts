/**
 * The cursor that SCAN shows to clients: which server is being scanned, and that server's own cursor.
 *
 * `shown = own × 2048 + index`, where `index` counts the product's servers in the order of their
 * addresses. Redis's cursors are smaller than its tables, so the shown one fits 64 bits, and 53 up to
 * 2^42 entries per server: clients that keep it in a double are right too. A change of the set of
 * servers during a scan may shift the index; keys that stay on a server scanned later or earlier may
 * then be missed or seen twice, as are keys that move between two servers.
 *
 * Invariant: 0 is shown exactly at the start and at the end.
 *
 * @module
 */

/** Where a scan stands. */
export interface ScanPosition {
  /** Position of the server among all, by address. */
  readonly index: number;
  /** The cursor to send to it. */
  readonly own: bigint;
}

const SERVERS_MAX = 2048n;
const CURSOR_MAX = 2n ** 64n - 1n;

/** Reads a cursor that a client sent; undefined if it is none. */
export function parseScanCursor(text: string): ScanPosition | undefined {
  if (!/^\d{1,20}$/.test(text)) return undefined;
  const shown = BigInt(text);
  if (shown > CURSOR_MAX) return undefined;
  return { index: Number(shown % SERVERS_MAX), own: shown / SERVERS_MAX };
}

/**
 * The cursor to show after the server at `index` of `serverCount` answered with the cursor `own`;
 * undefined if the server's cursor is too large to carry the index.
 */
export function nextScanCursor(
  own: bigint,
  index: number,
  serverCount: number,
): bigint | undefined {
  if (own === 0n) return index + 1 < serverCount ? BigInt(index + 1) : 0n;
  const shown = own * SERVERS_MAX + BigInt(index);
  return shown <= CURSOR_MAX ? shown : undefined;
}
