/**
 * The receipt of a migration: how many keys went over, and the sum of their digests.
 *
 * Both sides add up the same bytes at the moment of transfer, so equal sums say that what left one side
 * is what reached the other, although clients write on both.
 *
 * Invariant: a slot's sum counts only transfers of the slot epoch that the server stands at.
 *
 * @module
 */

import { SLOT_COUNT } from "../../core/slots.ts";
import { hash, hashOf, mixInto } from "./hash_set.ts";

/** Puts the digest of a key, its payload as of DUMP, and its expiry into {@linkcode hash}. */
export function digestOf(
  bytes: Uint8Array,
  keyStart: number,
  keyEnd: number,
  payload: Uint8Array,
  payloadEnd: number,
  expireAtMs: number,
): void {
  hashOf(bytes, keyStart, keyEnd);
  // The payload ends with the CRC-64 of type and value: there is no need to read them again.
  const low = hash.low ^ wordAt(payload, payloadEnd - 8);
  const high = hash.high ^ wordAt(payload, payloadEnd - 4);
  mixInto(low + expireAtMs | 0, high + Math.floor(expireAtMs / 0x100000000) | 0);
}

/** The sums of one server. */
export class TransferTally {
  /** Keys moved by slot. */
  readonly moved: Float64Array = new Float64Array(SLOT_COUNT);
  /** Low and high half by slot. */
  readonly #sums = new Uint32Array(2 * SLOT_COUNT);

  /** Begins a new epoch of a slot. */
  reset(slot: number): void {
    this.moved[slot] = 0;
    this.#sums.fill(0, 2 * slot, 2 * slot + 2);
  }

  /** Adds `keys` keys whose digests add up to these halves. */
  add(slot: number, keys: number, low: number, high: number): void {
    this.moved[slot] = this.moved[slot]! + keys;
    addHalves(this.#sums, 2 * slot, low, high);
  }

  /** The sum modulo 2^64 as 16 hexadecimal digits. */
  sumText(slot: number): string {
    const [low, high] = this.#sums.subarray(2 * slot, 2 * slot + 2);
    return high!.toString(16).padStart(8, "0") + low!.toString(16).padStart(8, "0");
  }
}

/** Adds a number of 64 bits to the one whose low half is `sums[at]` and whose high half follows. */
export function addHalves(sums: Uint32Array, at: number, low: number, high: number): void {
  const sum = sums[at]! + (low >>> 0);
  sums[at] = sum;
  sums[at + 1] = sums[at + 1]! + (high >>> 0) + (sum > 0xffffffff ? 1 : 0);
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}
