/**
 * The server's data plane: clients on a reactor, commands on the keyspace.
 *
 * Commands run one after the other inside {@linkcode Reactor.turn}; each writes its reply straight into
 * its client's output.
 *
 * Invariant: one request, one reply, in order; a command that throws has changed nothing.
 *
 * @module
 */

import {
  arityOf,
  findCommand,
  findSubcommand,
  firstSubcommandOf,
  FLAG_DENYOOM,
  FLAG_NO_AUTH,
  flagsOf,
  nameOf,
} from "../core/commands/command_index.ts";
import { ReplyWriter } from "../core/resp/reply_writer.ts";
import { REQUEST_ERROR, REQUEST_INCOMPLETE, RequestParser } from "../core/resp/request_parser.ts";
import type {
  CloseReason,
  ConnectionHandler,
  Listener,
  ListenOptions,
  Reactor,
} from "../core/transport/reactor.ts";
import { Call, CommandError, ERROR, type Handler } from "./call.ts";
import type { Keyspace } from "./keyspace/keyspace.ts";
import type { FinishReply, ServerState } from "./server_state.ts";
import { Session } from "./session.ts";

/** Room asked for before a client's replies are written; small replies never ask again. */
const REPLY_ROOM_BYTES = 4096;
/** Unsent replies of one client above which its requests wait. */
const OUTPUT_BYTES_HIGH = 1 << 20;
const CYCLE_MS = 100;
const EXPIRE_BUDGET = 2000;
const RECLAIM_BUDGET = 2000;

/** Decides whether a command may run on the slots it names (PROTOCOL rule 8). */
export interface SlotGate {
  /** False: the slots of this server are not managed, nothing is checked. */
  readonly active: boolean;
  /** True if the command may run; otherwise it has written the refusal. */
  admit(call: Call): boolean;
}

/** Executes commands for clients. */
export class DataServer implements ConnectionHandler {
  readonly call: Call;
  readonly #reactor: Reactor;
  readonly #keyspace: Keyspace;
  readonly #state: ServerState;
  readonly #handlers: readonly (Handler | undefined)[];
  readonly #gate: SlotGate;
  readonly #parser = new RequestParser();
  readonly #reply: ReplyWriter;
  readonly #scratch = new Uint8Array(1 << 16);
  readonly #listeners: Listener[] = [];
  #connection = -1;
  #nextId = 1;

  /** `handlers` by command id. */
  constructor(
    reactor: Reactor,
    keyspace: Keyspace,
    state: ServerState,
    options: { handlers: readonly (Handler | undefined)[]; gate: SlotGate },
  ) {
    this.#reactor = reactor;
    this.#keyspace = keyspace;
    this.#state = state;
    this.#handlers = options.handlers;
    this.#gate = options.gate;
    this.#reply = new ReplyWriter((writer, byteCount) => this.#moreRoom(writer, byteCount));
    this.call = new Call(this.#reply, keyspace, state);
    state.park = (session) => this.#park(session);
    keyspace.nowMs = Date.now();
    this.#cycleLater();
  }

  /** Starts accepting clients. */
  listen(options: ListenOptions): Listener {
    const listener = this.#reactor.listen(options, (connection) => this.#accept(connection));
    this.#listeners.push(listener);
    this.#state.port = listener.address.port;
    return listener;
  }

  /** Accepts no more clients, and lets go those connected once their replies are sent. */
  drain(): void {
    this.#state.draining = true;
    for (const listener of this.#listeners.splice(0)) listener.close();
    for (const session of this.#state.sessions) {
      if (session !== undefined) this.#reactor.closeAfterFlush(session.connection);
    }
  }

  onData(connection: number, bytes: Uint8Array, start: number, end: number): number {
    const session = this.#state.sessions[connection]!;
    if (session.closing) return end;
    session.lastRequestAtMs = this.#reactor.nowMs;
    this.#keyspace.nowMs = Date.now();
    this.#openReply(connection);
    this.#reply.protocol = session.protocol;
    const position = this.#runRequests(session, bytes, start, end);
    this.#closeReply();
    if (session.closing) this.#reactor.closeAfterFlush(connection);
    else if (session.parked || this.#reactor.pendingOutput(connection) > OUTPUT_BYTES_HIGH) {
      this.#reactor.pause(connection);
    }
    return session.closing ? end : position;
  }

  onDrain(connection: number): void {
    if (this.#state.sessions[connection]?.parked === false) this.#reactor.resume(connection);
  }

  onClose(connection: number, _reason: CloseReason): void {
    this.#state.sessions[connection] = undefined;
    this.#state.clientCount--;
  }

  /** Reads no more of a session until the function returned here is called with its reply. */
  #park(session: Session): FinishReply {
    session.parked = true;
    return (write) => {
      if (!session.parked || this.#state.sessions[session.connection] !== session) return;
      session.parked = false;
      if (this.#connection >= 0) throw new Error("a parked reply cannot end inside a command");
      this.#openReply(session.connection);
      this.#reply.protocol = session.protocol;
      write(this.#reply);
      this.#closeReply();
      this.#reactor.resume(session.connection);
    };
  }

  #accept(connection: number): ConnectionHandler {
    const state = this.#state;
    state.connectionsReceived++;
    const session = new Session(connection, this.#nextId++, this.#keyspace.database(0), {
      nowMs: this.#reactor.nowMs,
      authenticated: state.settings.requirePassword === "",
    });
    state.sessions[connection] = session;
    if (++state.clientCount > state.settings.maxClients) {
      state.connectionsRejected++;
      session.closing = true;
      this.#openReply(connection);
      this.#reply.error("ERR max number of clients reached");
      this.#closeReply();
      this.#reactor.closeAfterFlush(connection);
    }
    return this;
  }

  #runRequests(session: Session, bytes: Uint8Array, start: number, end: number): number {
    const parser = this.#parser;
    const call = this.call;
    call.session = session;
    let position = start;
    if (session.partial !== undefined) {
      parser.resume(session.partial);
      session.partial = undefined;
    }
    while (position < end && !session.closing && !session.parked) {
      parser.authenticated = session.authenticated;
      const status = parser.parse(bytes, position, end);
      position = parser.consumed;
      if (status === REQUEST_INCOMPLETE) {
        if (parser.worthSuspending) session.partial = parser.suspend();
        break;
      }
      if (status === REQUEST_ERROR) {
        this.#reply.error(`ERR ${parser.error}`);
        session.closing = true;
        break;
      }
      call.bytes = parser.bytes;
      call.args = parser.args;
      call.argumentCount = parser.argumentCount;
      this.#execute(session, call);
    }
    return position;
  }

  #execute(session: Session, call: Call): void {
    let id = findCommand(call.bytes, call.start(0), call.end(0));
    if (id >= 0 && firstSubcommandOf[id]! >= 0 && call.argumentCount > 1) {
      const child = findSubcommand(id, call.bytes, call.start(1), call.end(1));
      if (child < 0) return this.#refuse(unknownSubcommandText(call, id));
      id = child;
    }
    const handler = id < 0 ? undefined : this.#handlers[id];
    if (handler === undefined) return this.#refuse(unknownCommandText(call));
    const arity = arityOf[id]!;
    if (arity > 0 ? call.argumentCount !== arity : call.argumentCount < -arity) {
      return this.#refuse(`ERR wrong number of arguments for '${nameOf[id]}' command`);
    }
    const flags = flagsOf[id]!;
    if (!session.authenticated && (flags & FLAG_NO_AUTH) === 0) {
      return this.#refuse("NOAUTH Authentication required.");
    }
    if ((flags & FLAG_DENYOOM) !== 0 && this.#isOutOfMemory()) {
      return this.#refuse(ERROR.outOfMemory);
    }
    call.command = id;
    session.lastCommand = id;
    if (this.#gate.active && !this.#gate.admit(call)) return;
    this.#state.calls[id]!++;
    if (session.replies !== "on") return this.#runSilently(session, handler, call);
    this.#run(handler, call);
  }

  #run(handler: Handler, call: Call): void {
    try {
      handler(call);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      this.#state.failedCalls[call.command]!++;
      this.#refuse(error.message);
    }
  }

  /** Runs a command of a client that asked for no replies (CLIENT REPLY OFF and SKIP). */
  #runSilently(session: Session, handler: Handler, call: Call): void {
    const before = session.replies;
    this.#closeReply();
    this.#discardReply();
    this.#run(handler, call);
    if (session.replies === before && before === "skipping") session.replies = "on";
    if (session.replies === "skip") session.replies = "skipping";
    this.#openReply(session.connection);
  }

  #refuse(text: string): void {
    this.#state.errorReplies++;
    this.#reply.error(text);
  }

  #isOutOfMemory(): boolean {
    const limit = this.#state.settings.maxMemoryBytes;
    return limit > 0 && this.#keyspace.arena.usedBytes > limit;
  }

  #openReply(connection: number): void {
    const reply = this.#reply;
    const offset = this.#reactor.reserve(connection, REPLY_ROOM_BYTES);
    if (offset < 0) return this.#discardReply();
    this.#connection = connection;
    reply.bytes = this.#reactor.memory;
    reply.position = offset;
    reply.limit = offset + REPLY_ROOM_BYTES;
  }

  /** Replies go nowhere: the client wants none, or is being closed for its output. */
  #discardReply(): void {
    this.#connection = -1;
    this.#reply.bytes = this.#scratch;
    this.#reply.position = 0;
    this.#reply.limit = this.#scratch.length;
  }

  #closeReply(): void {
    if (this.#connection >= 0) this.#reactor.commit(this.#connection, this.#reply.position);
    this.#connection = -1;
  }

  #moreRoom(writer: ReplyWriter, byteCount: number): void {
    if (this.#connection >= 0) {
      const connection = this.#connection;
      const room = Math.max(byteCount, REPLY_ROOM_BYTES);
      this.#reactor.commit(connection, writer.position);
      const offset = this.#reactor.reserve(connection, room);
      if (offset >= 0) {
        writer.position = offset;
        writer.limit = offset + room;
        return;
      }
      this.#discardReply();
    }
    writer.position = 0;
    if (byteCount > writer.limit) {
      writer.bytes = new Uint8Array(byteCount);
      writer.limit = byteCount;
    }
  }

  #cycleLater(): void {
    this.#reactor.setTimer(CYCLE_MS, () => {
      this.#cycleLater();
      this.#keyspace.nowMs = Date.now();
      this.#state.expiredKeys += this.#keyspace.expireStep(EXPIRE_BUDGET);
      this.#keyspace.reclaimStep(RECLAIM_BUDGET);
      this.#closeIdle();
    });
  }

  #closeIdle(): void {
    const { timeoutSeconds } = this.#state.settings;
    if (timeoutSeconds === 0) return;
    const since = this.#reactor.nowMs - timeoutSeconds * 1000;
    for (const session of this.#state.sessions) {
      if (session === undefined || session.lastRequestAtMs > since) continue;
      this.#reactor.close(session.connection, "timeout");
    }
  }
}

/** Redis's reply to a command it does not know. */
function unknownCommandText(call: Call): string {
  const lengthMax = 128;
  let shown = "";
  for (let i = 1; i < call.argumentCount && shown.length < lengthMax; i++) {
    shown += `'${call.text(i).slice(0, lengthMax - shown.length)}' `;
  }
  const name = call.text(0).slice(0, lengthMax);
  return `ERR unknown command '${name}', with args beginning with: ${shown}`;
}

function unknownSubcommandText(call: Call, container: number): string {
  const name = nameOf[container]!.toUpperCase();
  return `ERR unknown subcommand '${call.text(1).slice(0, 128)}'. Try ${name} HELP.`;
}
