/**
 * One command being executed: its arguments, its session, and where its reply goes.
 *
 * There is one object for all commands of a worker; handlers must not keep it.
 *
 * @module
 */

import { decimalOf } from "../core/resp/decimal.ts";
import type { ReplyWriter } from "../core/resp/reply_writer.ts";
import type { Keyspace } from "./keyspace/keyspace.ts";
import type { ServerState } from "./server_state.ts";
import type { Session } from "./session.ts";

/** Executes one command: reads the call, changes the keyspace, writes exactly one reply. */
export type Handler = (call: Call) => void;

/** Handlers by command name as in the command table (`client|list` for a subcommand). */
export type Handlers = Readonly<Record<string, Handler>>;

/** A reply with Redis's own text, thrown by a handler that has not written anything yet. */
export class CommandError extends Error {
  override name = "CommandError";
}

/** The texts that many commands share, word for word Redis's. */
export const ERROR = {
  syntax: "ERR syntax error",
  notInteger: "ERR value is not an integer or out of range",
  notFloat: "ERR value is not a valid float",
  wrongType: "WRONGTYPE Operation against a key holding the wrong kind of value",
  noSuchKey: "ERR no such key",
  outOfMemory: "OOM command not allowed when used memory > 'maxmemory'.",
  sameObject: "ERR source and destination objects are the same",
  indexOutOfRange: "ERR index out of range",
  invalidDatabase: "ERR DB index is out of range",
} as const;

const latin1 = new TextDecoder("latin1");

/** The command being executed. */
export class Call {
  /** `[start0, end0, start1, end1, …]` into {@linkcode bytes}; argument 0 is the name. */
  args: Int32Array = new Int32Array(0);
  /** How many arguments there are, the name included. */
  argumentCount = 0;
  /** Where the arguments lie; valid only during the call. */
  bytes: Uint8Array = new Uint8Array(0);
  /** The command's id in the table; a subcommand's own. */
  command = -1;
  /** Set by commands whose reply does not tell that they changed nothing. */
  isIdle = false;
  /** Whose command it is. */
  session!: Session;
  /** Where the reply goes. */
  readonly reply: ReplyWriter;
  readonly keyspace: Keyspace;
  /** The server that executes it. */
  readonly server: ServerState;

  constructor(reply: ReplyWriter, keyspace: Keyspace, server: ServerState) {
    this.reply = reply;
    this.keyspace = keyspace;
    this.server = server;
  }

  /** Start of argument `index` in {@linkcode bytes}. */
  start(index: number): number {
    return this.args[2 * index]!;
  }

  /** End of argument `index`. */
  end(index: number): number {
    return this.args[2 * index + 1]!;
  }

  /** The record of the key that argument `index` names, or 0. */
  find(index: number): number {
    const ref = this.session.database.find(this.bytes, this.start(index), this.end(index));
    if (ref !== 0) this.keyspace.touch(ref);
    return ref;
  }

  /**
   * The record of a key of one type, or 0 if there is none.
   *
   * @throws {CommandError} WRONGTYPE if the key holds another type.
   */
  findOf(index: number, type: number): number {
    const ref = this.find(index);
    if (ref !== 0 && this.keyspace.records.type(ref) !== type) {
      throw new CommandError(ERROR.wrongType);
    }
    return ref;
  }

  /** As {@linkcode Call.find}, for commands that only read: counts the hit or miss. */
  read(index: number): number {
    const ref = this.peek(index);
    if (ref !== 0) this.keyspace.touch(ref);
    return ref;
  }

  /** As {@linkcode Call.read}, for commands that look at a key without using it: its idle time goes on. */
  peek(index: number): number {
    const ref = this.session.database.find(this.bytes, this.start(index), this.end(index));
    if (ref === 0) this.server.keyspaceMisses++;
    else this.server.keyspaceHits++;
    return ref;
  }

  /**
   * As {@linkcode Call.findOf}, for commands that only read: counts the hit or miss.
   *
   * @throws {CommandError} WRONGTYPE if the key holds another type.
   */
  readOf(index: number, type: number): number {
    const ref = this.read(index);
    if (ref !== 0 && this.keyspace.records.type(ref) !== type) {
      throw new CommandError(ERROR.wrongType);
    }
    return ref;
  }

  /** Whether argument `index` is `word`, given in lower-case letters, in any case. */
  is(index: number, word: string): boolean {
    const start = this.start(index);
    if (this.end(index) - start !== word.length) return false;
    for (let i = 0; i < word.length; i++) {
      if ((this.bytes[start + i]! | 0x20) !== word.charCodeAt(i)) return false;
    }
    return true;
  }

  /** Argument `index` as text, one character a byte. */
  text(index: number): string {
    return latin1.decode(this.bytes.subarray(this.start(index), this.end(index)));
  }

  /** Argument `index` in lower case: for options, never for data. */
  word(index: number): string {
    return this.text(index).toLowerCase();
  }

  /**
   * Argument `index` as an integer of at most 53 bits.
   *
   * @throws {CommandError} with `error` if it is none.
   */
  integer(index: number, error: string = ERROR.notInteger): number {
    const value = decimalOf(this.bytes, this.start(index), this.end(index));
    if (Number.isNaN(value)) throw new CommandError(error);
    return value;
  }

  /**
   * Argument `index` as an integer of 64 bits.
   *
   * @throws {CommandError} with `error` if it is none.
   */
  bigInteger(index: number, error: string = ERROR.notInteger): bigint {
    const value = this.integer(index, error);
    return BigInt(Number.isSafeInteger(value) ? value : this.text(index));
  }

  /** A copy of argument `index`. */
  copy(index: number): Uint8Array {
    return this.bytes.slice(this.start(index), this.end(index));
  }
}
