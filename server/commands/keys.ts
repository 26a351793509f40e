/**
 * Commands on keys of any type: whether they are there, under which name, in which database.
 *
 * @module
 */

import { type Call, CommandError, ERROR, type Handlers } from "../call.ts";
import type { Database } from "../keyspace/database.ts";
import { copyKey, moveKey } from "../keyspace/move_key.ts";
import { STRING } from "../keyspace/record.ts";
import { randomKey, visibleKeyCount } from "../keyspace/scan.ts";
import { WRONG_DATABASE } from "../slots/slot_gate.ts";
import { COPIED, stored, WHOLE } from "./string_value.ts";

/** The commands of this file. */
export const KEY_HANDLERS: Handlers = {
  copy,
  dbsize,
  del,
  exists,
  move,
  randomkey,
  rename,
  renamenx,
  touch,
  type,
  unlink: del,
};

const INT32_MAX = 2 ** 31 - 1;
const INT32_MIN = -(2 ** 31);

function del(call: Call): void {
  let removed = 0;
  for (let at = 1; at < call.argumentCount; at++) {
    const ref = call.find(at);
    if (ref === 0) continue;
    call.session.database.remove(ref);
    removed++;
  }
  call.reply.integer(removed);
}

function exists(call: Call): void {
  let found = 0;
  for (let at = 1; at < call.argumentCount; at++) if (call.peek(at) !== 0) found++;
  call.reply.integer(found);
}

function touch(call: Call): void {
  let found = 0;
  for (let at = 1; at < call.argumentCount; at++) if (call.read(at) !== 0) found++;
  call.reply.integer(found);
}

function type(call: Call): void {
  const ref = call.peek(1);
  call.reply.simple(ref === 0 ? "none" : call.session.database.typeOf(ref).name);
}

function rename(call: Call): void {
  const ref = call.find(1);
  if (ref === 0) throw new CommandError(ERROR.noSuchKey);
  renameTo(call, ref);
  call.reply.ok();
}

function renamenx(call: Call): void {
  const ref = call.find(1);
  if (ref === 0) throw new CommandError(ERROR.noSuchKey);
  const isFree = call.find(2) === 0;
  if (isFree) renameTo(call, ref);
  call.reply.integer(isFree ? 1 : 0);
}

function renameTo(call: Call, ref: number): void {
  const { database } = call.session;
  stored(moveKey(database, ref, database, call.bytes, call.start(2), call.end(2)));
}

function move(call: Call): void {
  const target = databaseOf(call, 2);
  const source = call.session.database;
  if (target === source) throw new CommandError(ERROR.sameObject);
  const { bytes } = call;
  const start = call.start(1);
  const end = call.end(1);
  const ref = call.find(1);
  const isPossible = ref !== 0 && target.find(bytes, start, end) === 0;
  if (isPossible) stored(moveKey(source, ref, target, bytes, start, end));
  call.reply.integer(isPossible ? 1 : 0);
}

function copy(call: Call): void {
  const source = call.session.database;
  let target = source;
  let replace = false;
  for (let at = 3; at < call.argumentCount; at++) {
    if (call.is(at, "replace")) replace = true;
    else if (call.is(at, "db") && at + 1 < call.argumentCount) target = databaseOf(call, ++at);
    else throw new CommandError(ERROR.syntax);
  }
  if (target === source && haveSameBytes(call, 1, 2)) throw new CommandError(ERROR.sameObject);
  const ref = call.read(1);
  const start = call.start(2);
  const end = call.end(2);
  if (ref === 0 || (target.find(call.bytes, start, end) !== 0 && !replace)) {
    return call.reply.integer(0);
  }
  const fresh = stored(copyKey(source, ref, target, call.bytes, start, end));
  const { records } = call.keyspace;
  if (records.type(fresh) === STRING && records.encoding(fresh) === WHOLE) {
    records.setEncoding(fresh, COPIED);
  }
  call.reply.integer(1);
}

/** The database whose number argument `index` is. */
function databaseOf(call: Call, index: number): Database {
  const number = call.integer(index);
  if (number > INT32_MAX || number < INT32_MIN) {
    throw new CommandError(
      `ERR value is out of range, value must between ${INT32_MIN} and ${INT32_MAX}`,
    );
  }
  if (number < 0 || number >= call.keyspace.databaseCount) {
    throw new CommandError(ERROR.invalidDatabase);
  }
  if (number !== 0 && call.server.slotStanding?.mode === "managed") {
    throw new CommandError(WRONG_DATABASE);
  }
  return call.keyspace.database(number);
}

function haveSameBytes(call: Call, first: number, second: number): boolean {
  const { bytes } = call;
  const start = call.start(first);
  const other = call.start(second);
  const length = call.end(first) - start;
  if (length !== call.end(second) - other) return false;
  for (let i = 0; i < length; i++) if (bytes[start + i] !== bytes[other + i]) return false;
  return true;
}

function randomkey(call: Call): void {
  const ref = randomKey(call.session.database);
  if (ref === 0) return call.reply.nil();
  const { records } = call.keyspace;
  const start = records.keyStart(ref);
  call.reply.bulk(records.bytes(ref), start, start + records.keyLength(ref));
}

function dbsize(call: Call): void {
  call.reply.integer(visibleKeyCount(call.session.database));
}
