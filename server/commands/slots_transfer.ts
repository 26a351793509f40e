/**
 * Sends keys to another server with one SLOTSRESTORE, and lets them go once it has them.
 *
 * Invariant: a key leaves this server only after the other one said +OK; until that is known no command
 * sees it. Without an answer it stays, and may then be on both servers, as in codis-server.
 *
 * @module
 */

import { ReplyWriter } from "../../core/resp/reply_writer.ts";
import type { SocketAddress } from "../../core/transport/reactor.ts";
import { type Call, CommandError } from "../call.ts";
import type { Database } from "../keyspace/database.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import type { PeerLink, PeerLoss } from "../peer_link.ts";
import { dumpValue } from "../rdb/dump_payload.ts";
import { RdbOutput } from "../rdb/rdb_output.ts";
import type { ServerState } from "../server_state.ts";

/** Where keys go, and what the caller is told. */
export interface Transfer {
  readonly target: SocketAddress;
  readonly timeoutMs: number;
  /** Writes the reply to the caller once `moved` keys have left. */
  answer(reply: ReplyWriter, moved: number): void;
}

/** Moves the keys of `refs`; the caller is answered at once if there are none, and else when they have moved. */
export function sendKeys(call: Call, refs: readonly number[], transfer: Transfer): void {
  if (refs.length === 0) return transfer.answer(call.reply, 0);
  const { server, keyspace, session: { database } } = call;
  const link = linkTo(server, transfer.target, database);
  const keys = refs.map((ref) => keyOf(database, ref));
  const frame = restoreFrameOf(keyspace, database, refs);
  const finish = server.park(call.session);
  for (const key of keys) server.transit.add(key);
  const end = (moved: number, error: string) => {
    for (const key of keys) server.transit.delete(key);
    finish((reply) => error === "" ? transfer.answer(reply, moved) : reply.error(error));
    server.transit.resolved();
  };
  link.send(frame, {
    timeoutMs: transfer.timeoutMs,
    onReply: (bytes, start) => {
      if (bytes[start] === 0x2d) return end(0, FAILURES.request);
      keyspace.nowMs = Date.now();
      for (const key of keys) {
        remove(database, key);
        server.watches.touchKey(database.number, key, 0, key.length);
      }
      end(keys.length, "");
    },
    onLost: (loss) => end(0, errorOf(loss)),
  });
}

const FAILURES = {
  auth: "ERR error on slotsrestore, auth failed",
  select: "ERR error on slotsrestore, select failed",
  request: "ERR error on slotsrestore, migration failed",
} as const;

/** The original's texts. */
function errorOf({ stage, reason }: PeerLoss): string {
  if (stage === "connect") {
    return reason === "timeout"
      ? "IOERR error or timeout connecting to the client"
      : `ERR Can't connect to target node: ${reason}`;
  }
  return stage === "request" ? "IOERR error or timeout reading from target" : FAILURES[stage];
}

function linkTo(server: ServerState, target: SocketAddress, database: Database): PeerLink {
  try {
    return server.peers.open(target, database.number);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new CommandError(`ERR Can't connect to target node: ${error.message}`);
  }
}

function keyOf({ records }: Database, ref: number): Uint8Array {
  const start = records.keyStart(ref);
  return records.bytes(ref).slice(start, start + records.keyLength(ref));
}

function remove(database: Database, key: Uint8Array): void {
  const ref = database.find(key, 0, key.length);
  if (ref !== 0) database.remove(ref);
}

/** Restores take a time to live, so at least 1: 0 would mean for ever. */
function restoreFrameOf(keyspace: Keyspace, database: Database, refs: readonly number[]) {
  const { records } = database;
  const frame = new ReplyWriter();
  const output = new RdbOutput();
  frame.array(1 + 3 * refs.length);
  frame.bulkLatin1("SLOTSRESTORE");
  for (const ref of refs) {
    const start = records.keyStart(ref);
    frame.bulk(records.bytes(ref), start, start + records.keyLength(ref));
    const expireAtMs = records.expireAtMs(ref);
    frame.bulkLatin1(String(expireAtMs === 0 ? 0 : Math.max(1, expireAtMs - keyspace.nowMs)));
    output.clear();
    const length = dumpValue(records, ref, output);
    frame.bulk(output.bytes, 0, length);
  }
  return frame.bytes.subarray(0, frame.position);
}
