/**
 * What a command that writes did to the keys that clients watch or wait for.
 *
 * Redis's commands say themselves which keys they modified. Here their effect is told from outside, and only while
 * somebody is concerned: by whether a key is there, by how many elements it has, and by what the command promises to
 * those that were there before and after.
 *
 * Invariant: a watch breaks exactly when redis-server's would.
 *
 * @module
 */

import { keysOf, keyUsesOf } from "../core/commands/keys_of.ts";
import { nameOf } from "../core/commands/command_index.ts";
import type { Call } from "./call.ts";
import type { KeyEntry } from "./key_registry.ts";
import type { Database } from "./keyspace/database.ts";
import type { Keyspace } from "./keyspace/keyspace.ts";
import type { ServerState } from "./server_state.ts";
import type { Session } from "./session.ts";
import { HASH, LIST, SET, SORTED_SET } from "./values/value_tags.ts";

/** A watched key before a command. */
interface Standing {
  readonly entry: KeyEntry<Session>;
  /** The command may write this key. */
  readonly isWritten: boolean;
  readonly exists: boolean;
  readonly type: number;
  /** Of a string 0. */
  readonly elementCount: number;
  readonly expireAtMs: number;
}

/** Commands that changed a collection exactly when its number of elements changed. */
const COUNT_TELLS: ReadonlySet<string> = new Set([
  ...["sadd", "srem", "smove", "spop", "hdel", "hsetnx", "del", "unlink", "move"],
  ...["lpush", "rpush", "lpushx", "rpushx", "lpop", "rpop", "lrem", "linsert", "lmpop"],
  ...["zrem", "zremrangebylex", "zremrangebyrank", "zremrangebyscore"],
  ...["zpopmin", "zpopmax", "zmpop", "blpop", "brpop", "blmpop", "bzpopmin", "bzpopmax", "bzmpop"],
]);
/** Commands that reply 0 when they have changed nothing. */
const ZERO_TELLS: ReadonlySet<string> = new Set([
  ...[
    "setnx",
    "msetnx",
    "expire",
    "pexpire",
    "expireat",
    "pexpireat",
    "persist",
    "renamenx",
    "copy",
  ],
]);

/** Looks at watched keys before and after each command that writes. */
export class WrittenKeys {
  readonly #state: ServerState;
  readonly #keyspace: Keyspace;
  readonly #before: Standing[] = [];
  #keys = new Int32Array(64);
  /** How many keys the command names; 0: it may reach any. */
  #keyCount = 0;

  constructor(state: ServerState, keyspace: Keyspace) {
    this.#state = state;
    this.#keyspace = keyspace;
  }

  /** False: there is nothing to look at. */
  get isActive(): boolean {
    return this.#state.watches.size > 0 || this.#state.blocked.size > 0;
  }

  /** A command that writes is about to run. */
  before(call: Call): void {
    this.#before.length = 0;
    const { watches } = this.#state;
    const { args, argumentCount, bytes, command } = call;
    if (this.#keys.length < argumentCount) this.#keys = new Int32Array(2 * argumentCount);
    const count = keysOf(command, args, argumentCount, bytes, this.#keys);
    this.#keyCount = Math.max(0, count);
    if (watches.size === 0) return;
    if (count <= 0) {
      for (const entry of watches.all()) this.#note(entry, true);
      return;
    }
    const { number } = call.session.database;
    for (let i = 0; i < count; i++) {
      const start = call.start(this.#keys[i]!);
      const end = call.end(this.#keys[i]!);
      for (let database = 0; database < this.#keyspace.databaseCount; database++) {
        if (database !== number && !crosses(call)) continue;
        const entry = watches.find(database, bytes, start, end);
        if (entry === undefined) continue;
        const use = keyUsesOf(command, args, argumentCount, bytes)[i]!;
        this.#note(entry, !use.startsWith("RO"));
      }
    }
  }

  /** The command has run, or has failed. */
  after(call: Call, hasFailed: boolean): void {
    for (const before of this.#before) {
      if (this.#hasChanged(call, before, hasFailed)) this.#state.watches.touch(before.entry);
    }
    this.#before.length = 0;
    if (this.#state.blocked.size > 0 && !hasFailed) this.#tellBlocked(call);
  }

  #tellBlocked(call: Call): void {
    const { blocked } = this.#state;
    if (this.#keyCount === 0) return blocked.noteAll();
    const { number } = call.session.database;
    for (let i = 0; i < this.#keyCount; i++) {
      const start = call.start(this.#keys[i]!);
      const end = call.end(this.#keys[i]!);
      for (let database = 0; database < this.#keyspace.databaseCount; database++) {
        if (database !== number && !crosses(call)) continue;
        blocked.noteKey(database, call.bytes, start, end);
      }
    }
  }

  #note(entry: KeyEntry<Session>, isWritten: boolean): void {
    const { records } = this.#keyspace;
    const database = this.#keyspace.database(entry.database);
    const ref = database.find(entry.key, 0, entry.key.length);
    const exists = ref !== 0;
    this.#before.push({
      entry,
      isWritten,
      exists,
      type: exists ? records.type(ref) : -1,
      elementCount: exists ? elementCountOf(database, ref) : 0,
      expireAtMs: exists ? records.expireAtMs(ref) : 0,
    });
  }

  #hasChanged(call: Call, before: Standing, hasFailed: boolean): boolean {
    const { entry: { database: number, key } } = before;
    const database = this.#keyspace.database(number);
    const ref = database.find(key, 0, key.length);
    if ((ref !== 0) !== before.exists) return true;
    if (ref === 0) return false;
    if (elementCountOf(database, ref) !== before.elementCount) return true;
    if (this.#keyspace.records.type(ref) !== before.type) return true;
    if (hasFailed || !before.isWritten) return false;
    return isEffective(call, before);
  }
}

/** Whether a command without failure changed a key that was there before and is there still. */
function isEffective(call: Call, before: Standing): boolean {
  const name = nameOf[call.command]!;
  if (COUNT_TELLS.has(name)) return false;
  if (ZERO_TELLS.has(name)) return !repliedZero(call);
  switch (name) {
    case "set":
      return !hasOption(call, 3, "nx");
    case "setrange":
      return call.end(3) > call.start(3);
    case "getex":
      return call.argumentCount > 2 && (!call.is(2, "persist") || before.expireAtMs !== 0);
    case "zadd":
    case "zincrby":
      return !call.isIdle;
    case "lmove":
    case "rpoplpush":
    case "blmove":
    case "brpoplpush":
      return call.text(1) === call.text(2);
    case "rename":
      return call.text(1) !== call.text(2);
    case "swapdb":
      return call.integer(1) !== call.integer(2) &&
        [call.integer(1), call.integer(2)].includes(before.entry.database);
    case "flushall":
    case "flushdb":
    case "slotsdel":
      return false;
    default:
      return true;
  }
}

/** Whether a command may reach into a database that is not the selected one. */
function crosses({ command }: Call): boolean {
  return nameOf[command] === "move" || nameOf[command] === "copy";
}

function hasOption(call: Call, from: number, word: string): boolean {
  for (let at = from; at < call.argumentCount; at++) if (call.is(at, word)) return true;
  return false;
}

/** Whether the reply just written is `:0`; one integer is always written in one piece. */
function repliedZero({ reply: { bytes, position } }: Call): boolean {
  return bytes[position - 4] === 0x3a && bytes[position - 3] === 0x30;
}

function elementCountOf(database: Database, ref: number): number {
  const { records, values } = database;
  switch (records.type(ref)) {
    case HASH:
      return values.hashes.count(records, ref);
    case SET:
      return values.sets.count(records, ref);
    case SORTED_SET:
      return values.sortedSets.count(records, ref);
    case LIST:
      values.lists.open(database, ref);
      return values.lists.count;
    default:
      return 0;
  }
}
