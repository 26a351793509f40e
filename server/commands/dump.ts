/**
 * DUMP and RESTORE.
 *
 * @module
 */

import { type Call, CommandError, ERROR, type Handlers } from "../call.ts";
import { NO_EXPIRY } from "../keyspace/database.ts";
import { dumpValue, isDumpPayload, restoreValue } from "../rdb/dump_payload.ts";
import { RdbOutput } from "../rdb/rdb_output.ts";
import { BAD_VALUE } from "../rdb/value_codec.ts";
import { stored } from "./string_value.ts";

/** The commands of this file. */
export const DUMP_HANDLERS: Handlers = { dump, restore };

const output = new RdbOutput();

function dump(call: Call): void {
  const ref = call.read(1);
  if (ref === 0) return call.reply.nil();
  output.clear();
  dumpValue(call.keyspace.records, ref, output);
  call.reply.bulk(output.bytes, 0, output.length);
}

function restore(call: Call): void {
  const { replace, absolute } = restoreOptionsOf(call);
  const old = call.find(1);
  if (old !== 0 && !replace) throw new CommandError("BUSYKEY Target key name already exists.");
  const ttl = call.integer(2);
  if (ttl < 0) throw new CommandError("ERR Invalid TTL value, must be >= 0");
  const start = call.start(3);
  const end = call.end(3);
  if (!isDumpPayload(call.bytes, start, end)) {
    throw new CommandError("ERR DUMP payload version or checksum are wrong");
  }
  const { nowMs } = call.keyspace;
  const expireAtMs = ttl === 0 ? NO_EXPIRY : absolute ? ttl : ttl + nowMs;
  const { database } = call.session;
  const ref = restoreValue(database, call.bytes, start, end, expireAtMs);
  if (ref === BAD_VALUE) throw new CommandError("ERR Bad data format");
  stored(ref);
  if (expireAtMs !== NO_EXPIRY && expireAtMs <= nowMs) database.remove(ref);
  else call.keyspace.touch(ref);
  call.reply.ok();
}

/** The options from argument 4 on; of IDLETIME and FREQ only their arguments are checked. */
function restoreOptionsOf(call: Call): { replace: boolean; absolute: boolean } {
  let replace = false;
  let absolute = false;
  let eviction = "";
  for (let at = 4; at < call.argumentCount; at++) {
    const hasValue = at + 1 < call.argumentCount;
    if (call.is(at, "replace")) replace = true;
    else if (call.is(at, "absttl")) absolute = true;
    else if (hasValue && eviction !== "freq" && call.is(at, "idletime")) {
      eviction = "idletime";
      if (call.integer(++at) < 0) {
        throw new CommandError("ERR Invalid IDLETIME value, must be >= 0");
      }
    } else if (hasValue && eviction !== "idletime" && call.is(at, "freq")) {
      eviction = "freq";
      const frequency = call.integer(++at);
      if (frequency < 0 || frequency > 255) {
        throw new CommandError("ERR Invalid FREQ value, must be >= 0 and <= 255");
      }
    } else throw new CommandError(ERROR.syntax);
  }
  return { replace, absolute };
}
