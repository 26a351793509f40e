/**
 * CLIENT LIST and CLIENT INFO: which clients there are, one line each.
 *
 * Fields are Redis's; those that measure buffers which this server does not have for each client are 0.
 *
 * @module
 */

import { nameOf } from "../../core/commands/command_index.ts";
import { formatAddress } from "../../core/address.ts";
import { type Call, CommandError, ERROR, type Handlers } from "../call.ts";
import type { ServerState } from "../server_state.ts";
import type { Session } from "../session.ts";

/** The subcommands of this file. */
export const CLIENT_LIST_HANDLERS: Handlers = {
  "client|info": (call) => call.reply.verbatim(lineOf(call.server, call.session), "txt"),
  "client|list": list,
};

/** What CLIENT LIST TYPE and CLIENT KILL TYPE tell apart. */
export type ClientType = "normal" | "master" | "replica" | "pubsub";

const CLIENT_TYPES: Readonly<Record<string, ClientType>> = {
  normal: "normal",
  master: "master",
  replica: "replica",
  slave: "replica",
  pubsub: "pubsub",
};

/**
 * Argument `index` as a type of client.
 *
 * @throws {CommandError} if it is none.
 */
export function clientTypeOf(call: Call, index: number): ClientType {
  const type = CLIENT_TYPES[call.word(index)];
  if (type === undefined) throw new CommandError(`ERR Unknown client type '${call.text(index)}'`);
  return type;
}

/** The type of a client: this server has neither replicas nor subscribers, so all are normal. */
export function typeOfSession(_session: Session): ClientType {
  return "normal";
}

/** The address of a session's client. */
export function peerOf(server: ServerState, session: Session): string {
  return formatAddress(server.reactor.peerAddress(session.connection));
}

/** The address that the clients of this server connect to. */
export function localOf(server: ServerState): string {
  return formatAddress({ host: server.host, port: server.port });
}

function list(call: Call): void {
  const isListed = filterOf(call);
  let lines = "";
  for (const session of call.server.sessions) {
    if (session !== undefined && isListed(session)) lines += `${lineOf(call.server, session)}`;
  }
  call.reply.verbatim(lines, "txt");
}

function filterOf(call: Call): (session: Session) => boolean {
  if (call.argumentCount === 2) return () => true;
  const option = call.word(2);
  if (option === "type" && call.argumentCount === 4) {
    const type = clientTypeOf(call, 3);
    return (session) => typeOfSession(session) === type;
  }
  if (option === "id" && call.argumentCount > 3) {
    const ids = new Set<number>();
    for (let i = 3; i < call.argumentCount; i++) {
      ids.add(call.integer(i, "ERR Invalid client ID"));
    }
    return (session) => ids.has(session.id);
  }
  throw new CommandError(ERROR.syntax);
}

function lineOf(server: ServerState, session: Session): string {
  const { reactor } = server;
  const secondsSince = (atMs: number) => Math.floor((reactor.nowMs - atMs) / 1000);
  const output = reactor.pendingOutput(session.connection);
  const command = session.lastCommand < 0 ? "NULL" : nameOf[session.lastCommand]!;
  return `id=${session.id} addr=${peerOf(server, session)} laddr=${localOf(server)} ` +
    `fd=${session.connection} name=${session.name} age=${secondsSince(session.connectedAtMs)} ` +
    `idle=${secondsSince(session.lastRequestAtMs)} flags=${flagsOf(session)} ` +
    `db=${session.database.number} sub=0 psub=0 ssub=0 multi=${
      session.transaction?.commands.length ?? -1
    } ` +
    `qbuf=0 qbuf-free=0 argv-mem=0 multi-mem=${
      session.transaction?.byteCount ?? 0
    } rbs=0 rbp=0 obl=0 oll=0 omem=${output} tot-mem=${output} events=r ` +
    `cmd=${command} user=default redir=-1 resp=${session.protocol}\n`;
}

function flagsOf(session: Session): string {
  const flags = (session.transaction ? "x" : "") + (session.parked ? "b" : "") +
    (session.watching?.isBroken ? "d" : "") + (session.closing ? "c" : "") +
    (session.noEvict ? "e" : "");
  return flags || "N";
}
