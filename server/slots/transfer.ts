/**
 * Keys on their way to another server, as one numbered message.
 *
 * Invariant: a transfer is sent again as the very same bytes under the same number, until the other
 * server says that it has it or never will (PROTOCOL rule 26).
 *
 * @module
 */

import { type EmptyTag, findTag, tag } from "../../core/slots.ts";
import type { Records } from "../keyspace/record.ts";
import { dumpValue } from "../rdb/dump_payload.ts";
import { RdbOutput } from "../rdb/rdb_output.ts";
import { hash, hashOf, mixInto } from "./hash_set.ts";
import { addHalves, digestOf } from "./transfer_tally.ts";

/** What identifies a transfer to the other server. */
export interface TransferName {
  readonly slot: number;
  readonly slotEpoch: number;
  /** 1, 2, 3, … within slot and epoch. */
  readonly seq: number;
}

/** One `SLOTSRESTORE-SEQ`; without a key it empties the slot. */
export interface Transfer extends TransferName {
  /** The whole request. */
  readonly frame: Uint8Array;
  /** Start and end of each key in {@linkcode Transfer.frame}. */
  readonly keys: Int32Array;
  /** Low and high half of the digests' sum. */
  readonly sum: Uint32Array;
  /** Which sending an answer must belong to; rises with each. */
  attempt: number;
  /** It is under way and not known to be lost. */
  sent: boolean;
}

const encoder = new TextEncoder();
const COMMAND = encoder.encode("$16\r\nSLOTSRESTORE-SEQ\r\n");
/** Compressing smaller values costs the two servers more than sending them. */
const PLAIN_BYTES_MAX = 4096;
/** Makes the hash of a tag differ from that of an untagged key with the same bytes. */
const TAG_SALT = 0x5bd1e995;

/**
 * Puts into `hash` what moves together with the key `bytes[start, end)`: the hash of its tag, or of the
 * key itself if it has none.
 */
export function unitOf(bytes: Uint8Array, start: number, end: number, emptyTag: EmptyTag): void {
  const isTagged = findTag(bytes, start, end, emptyTag);
  hashOf(bytes, tag.start, tag.end);
  if (isTagged) mixInto(hash.low ^ TAG_SALT, hash.high);
}

/** Makes transfers; its buffers serve one after the other. */
export class TransferWriter {
  readonly #records: Records;
  readonly #frame = new RdbOutput();
  readonly #payload = new RdbOutput(PLAIN_BYTES_MAX);

  constructor(records: Records) {
    this.#records = records;
  }

  /** Serializes the keys `refs`. */
  write(name: TransferName, refs: readonly number[]): Transfer {
    const frame = this.#frame;
    frame.clear();
    this.#text(`*${4 + 3 * refs.length}\r\n`);
    frame.raw(COMMAND, 0, COMMAND.length);
    this.#number(name.slot);
    this.#number(name.slotEpoch);
    this.#number(name.seq);
    const keys = new Int32Array(2 * refs.length);
    const sum = new Uint32Array(2);
    for (let i = 0; i < refs.length; i++) this.#key(refs[i]!, keys, 2 * i, sum);
    return {
      slot: name.slot,
      slotEpoch: name.slotEpoch,
      seq: name.seq,
      frame: frame.bytes.slice(0, frame.length),
      keys,
      sum,
      attempt: 0,
      sent: false,
    };
  }

  #key(ref: number, keys: Int32Array, at: number, sum: Uint32Array): void {
    const records = this.#records;
    const payload = this.#payload;
    const frame = this.#frame;
    const bytes = records.bytes(ref);
    const start = records.keyStart(ref);
    const end = start + records.keyLength(ref);
    const expireAtMs = records.expireAtMs(ref);
    payload.clear();
    dumpValue(records, ref, payload);
    this.#bulk(bytes, start, end);
    keys[at + 1] = frame.length - 2;
    keys[at] = frame.length - 2 - (end - start);
    this.#number(expireAtMs);
    this.#bulk(payload.bytes, 0, payload.length);
    digestOf(bytes, start, end, payload.bytes, payload.length, expireAtMs);
    addHalves(sum, 0, hash.low, hash.high);
  }

  #bulk(bytes: Uint8Array, start: number, end: number): void {
    const frame = this.#frame;
    frame.byte(0x24);
    this.#digits(end - start);
    frame.raw(bytes, start, end);
    this.#lineEnd();
  }

  #number(value: number): void {
    // A moment may lie so far ahead that a double has no place for its last digits.
    if (!Number.isSafeInteger(value)) return this.#bigNumber(BigInt(value));
    const frame = this.#frame;
    frame.byte(0x24);
    this.#digits(digitCountOf(value));
    this.#digits(value);
  }

  #bigNumber(value: bigint): void {
    const text = String(value);
    this.#text(`$${text.length}\r\n${text}\r\n`);
  }

  /** A decimal and a line end. */
  #digits(value: number): void {
    const frame = this.#frame;
    const count = digitCountOf(value);
    frame.reserve(count + 2);
    for (let at = frame.length + count - 1; at >= frame.length; at--) {
      const rest = Math.floor(value / 10);
      frame.bytes[at] = 0x30 + value - rest * 10;
      value = rest;
    }
    frame.length += count;
    this.#lineEnd();
  }

  #lineEnd(): void {
    this.#frame.byte(0x0d);
    this.#frame.byte(0x0a);
  }

  #text(text: string): void {
    const bytes = encoder.encode(text);
    this.#frame.raw(bytes, 0, bytes.length);
  }
}

function digitCountOf(value: number): number {
  let count = 1;
  for (let limit = 10; value >= limit; limit *= 10) count++;
  return count;
}
