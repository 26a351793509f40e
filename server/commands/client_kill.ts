/**
 * CLIENT KILL: ends the connections of clients.
 *
 * Invariant: of a killed client nothing more is run, not even requests that have arrived already.
 *
 * @module
 */

import { type Call, CommandError, ERROR, type Handlers } from "../call.ts";
import type { ServerState } from "../server_state.ts";
import type { Session } from "../session.ts";
import { clientTypeOf, localOf, peerOf, typeOfSession } from "./client_list.ts";

/** The subcommands of this file. */
export const CLIENT_KILL_HANDLERS: Handlers = { "client|kill": kill };

type Filter = (session: Session) => boolean;

function kill(call: Call): void {
  if (call.argumentCount === 3) return killAddress(call);
  const { filters, skipsSelf } = filtersOf(call);
  let killed = 0;
  for (const session of call.server.sessions) {
    if (session === undefined || (skipsSelf && session === call.session)) continue;
    if (session.closing || !filters.every((passes) => passes(session))) continue;
    end(call, session);
    killed++;
  }
  call.reply.integer(killed);
}

function killAddress(call: Call): void {
  const address = call.text(2);
  for (const session of call.server.sessions) {
    if (session === undefined || peerOf(call.server, session) !== address) continue;
    end(call, session);
    return call.reply.ok();
  }
  throw new CommandError("ERR No such client");
}

/** The client that asks gets its reply first; others are cut off at once. */
function end(call: Call, session: Session): void {
  session.closing = true;
  if (session !== call.session) call.server.reactor.close(session.connection);
}

function filtersOf(call: Call): { filters: Filter[]; skipsSelf: boolean } {
  if (call.argumentCount % 2 !== 0) throw new CommandError(ERROR.syntax);
  const filters: Filter[] = [];
  let skipsSelf = true;
  for (let i = 2; i < call.argumentCount; i += 2) {
    const option = call.word(i);
    if (option === "skipme") skipsSelf = isYes(call, i + 1);
    else filters.push(filterOf(call, option, i + 1));
  }
  return { filters, skipsSelf };
}

function filterOf(call: Call, option: string, index: number): Filter {
  const { server } = call;
  const text = call.text(index);
  switch (option) {
    case "id":
      return idFilterOf(call, index);
    case "type": {
      const type = clientTypeOf(call, index);
      return (session) => typeOfSession(session) === type;
    }
    case "addr":
      return (session) => peerOf(server, session) === text;
    case "laddr":
      return isLocal(server, text);
    case "user":
      if (text !== "default") throw new CommandError(`ERR No such user '${text}'`);
      return () => true;
    default:
      throw new CommandError(ERROR.syntax);
  }
}

function idFilterOf(call: Call, index: number): Filter {
  const error = "ERR client-id should be greater than 0";
  const id = call.integer(index, error);
  if (id < 1) throw new CommandError(error);
  return (session) => session.id === id;
}

/** All clients came through the one address that this server listens on. */
function isLocal(server: ServerState, address: string): Filter {
  const matches = localOf(server) === address;
  return () => matches;
}

function isYes(call: Call, index: number): boolean {
  const word = call.word(index);
  if (word !== "yes" && word !== "no") throw new CommandError(ERROR.syntax);
  return word === "yes";
}
