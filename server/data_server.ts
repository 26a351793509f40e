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

import { formatAddress } from "../core/address.ts";
import {
  arityOf,
  findCommand,
  findSubcommand,
  firstSubcommandOf,
  FLAG_DENYOOM,
  FLAG_NO_AUTH,
  FLAG_SKIP_SLOWLOG,
  FLAG_WRITE,
  flagsOf,
  nameOf,
} from "../core/commands/command_index.ts";
import type { ReplyWriter } from "../core/resp/reply_writer.ts";
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
import { closeIdleClients } from "./idle_clients.ts";
import { isOutOfMemory } from "./memory_limit.ts";
import { ReplyTarget } from "./reply_target.ts";
import type { FinishReply, ServerState } from "./server_state.ts";
import { Session } from "./session.ts";
import type { SlowLog } from "./slow_log.ts";
import { queueCommand, refusalInTransaction } from "./transactions.ts";
import { unknownSubcommandText, unservedText } from "./unknown_command.ts";
import { WrittenKeys } from "./written_keys.ts";

const NOTHING = new Uint8Array(0);
/** Unsent replies of one client above which its requests wait. */
const OUTPUT_BYTES_HIGH = 1 << 20;
const CYCLE_MS = 100;
const EXPIRE_BUDGET = 2000;
const RECLAIM_BUDGET = 2000;
/** With this a million elements are freed in about a second, at a tenth of the time of the loop. */
const RECLAIM_PAUSE_MS = 2;

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
  readonly #slowLog: SlowLog;
  readonly #parser = new RequestParser();
  readonly #target: ReplyTarget;
  readonly #reply: ReplyWriter;
  readonly #written: WrittenKeys;
  readonly #listeners: Listener[] = [];
  #nextId = 1;
  /** Reactor milliseconds of the turn in which the wall clock was read. */
  #turnMs = -1;
  #onDrained: () => void = () => {};
  #isReclaiming = false;

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
    this.#slowLog = state.slowLog;
    this.#target = new ReplyTarget(reactor);
    this.#reply = this.#target.writer;
    this.#written = new WrittenKeys(state, keyspace);
    this.call = new Call(this.#reply, keyspace, state);
    state.park = (session) => this.#park(session);
    state.isServed = (id) => options.handlers[id] !== undefined;
    state.runQueued = (handler) => this.#count(handler, this.call);
    state.blocked.runner = {
      call: this.call,
      run: (handler) => this.#run(handler, this.call),
      execute: () => this.#execute(this.call.session, this.call),
    };
    state.defer = (session) => this.#defer(session);
    keyspace.nowMs = Date.now();
    this.#cycleLater();
  }

  /** Starts accepting clients. */
  listen(options: ListenOptions): Listener {
    const listener = this.#reactor.listen(options, (connection) => this.#accept(connection));
    this.#listeners.push(listener);
    this.#state.host = listener.address.host;
    this.#state.port = listener.address.port;
    return listener;
  }

  /** Accepts no more clients, and lets go those connected once their replies are sent. */
  drain(onDrained: () => void): void {
    this.#state.draining = true;
    for (const listener of this.#listeners.splice(0)) listener.close();
    for (const session of this.#state.sessions) {
      if (session !== undefined) this.#reactor.closeAfterFlush(session.connection);
    }
    this.#onDrained = onDrained;
  }

  onData(connection: number, bytes: Uint8Array, start: number, end: number): number {
    const session = this.#state.sessions[connection]!;
    if (session.closing) return end;
    this.#noteTime(session);
    // It is still read, or one that is gone would be served; what it sends is kept.
    if (session.blocked !== undefined) return start;
    this.#target.open(connection);
    this.#reply.protocol = session.protocol;
    const position = this.#runRequests(session, bytes, start, end);
    this.#target.close();
    if (session.closing) this.#reactor.closeAfterFlush(connection);
    else if (session.blocked !== undefined) return position;
    else if (session.parked || this.#reactor.pendingOutput(connection) > OUTPUT_BYTES_HIGH) {
      this.#reactor.pause(connection);
    }
    return session.closing ? end : position;
  }

  /** The wall clock is read once per turn. */
  #noteTime(session: Session): void {
    const { nowMs } = this.#reactor;
    session.lastRequestAtMs = nowMs;
    if (nowMs === this.#turnMs) return;
    this.#turnMs = nowMs;
    this.#keyspace.nowMs = Date.now();
  }

  onDrain(connection: number): void {
    if (this.#state.sessions[connection]?.parked === false) this.#reactor.resume(connection);
  }

  onClose(connection: number, _reason: CloseReason): void {
    const session = this.#state.sessions[connection]!;
    this.#state.watches.unwatch(session);
    this.#state.blocked.forget(this.#state, session);
    this.#state.sessions[connection] = undefined;
    this.#state.clientCount--;
  }

  /** Reads no more of a session until the function returned here is called with its reply. */
  #park(session: Session): FinishReply {
    session.parked = true;
    const isSilent = session.replies !== "on";
    return (write) => {
      if (!session.parked || this.#state.sessions[session.connection] !== session) return;
      session.parked = false;
      if (this.#target.isOpen) {
        throw new Error("a parked reply cannot end inside a command");
      }
      if (isSilent) this.#target.discard();
      else this.#target.open(session.connection);
      this.#reply.protocol = session.protocol;
      write(this.#reply);
      this.#target.close();
      // What arrived meanwhile is delivered to those who resume.
      this.#reactor.pause(session.connection);
      this.#reactor.resume(session.connection);
    };
  }

  /** As {@linkcode DataServer.park}, but the request is read and run again when it goes on. */
  #defer(session: Session): () => void {
    session.parked = true;
    session.deferred = true;
    return () => {
      if (!session.parked || this.#state.sessions[session.connection] !== session) return;
      session.parked = false;
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
      this.#target.open(connection);
      this.#reply.error("ERR max number of clients reached");
      this.#target.close();
      this.#reactor.closeAfterFlush(connection);
    }
    return this;
  }

  #runRequests(session: Session, bytes: Uint8Array, start: number, end: number): number {
    const parser = this.#parser;
    const call = this.call;
    call.session = session;
    let position = start;
    let requestStart = start;
    if (session.partial !== undefined) {
      parser.resume(session.partial);
      session.partial = undefined;
    }
    while (position < end && !session.closing && !session.parked) {
      // The rest of a pipeline waits until the client has taken what it asked for so far.
      if (this.#target.backlogBytes > OUTPUT_BYTES_HIGH) break;
      parser.authenticated = session.authenticated;
      requestStart = position;
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
      if (session.replies === "on") this.#execute(session, call);
      else this.#executeSilently(session, call);
      if (this.#state.blocked.hasWork) this.#serveBlocked(session);
    }
    if (session.deferred) {
      session.deferred = false;
      return requestStart;
    }
    return position;
  }

  /** Between two commands of a session: answers others that waited for what the first did. */
  #serveBlocked(session: Session): void {
    this.#target.close();
    this.#state.blocked.work();
    this.call.session = session;
    this.#target.open(session.connection);
    this.#reply.protocol = session.protocol;
  }

  #execute(session: Session, call: Call): void {
    let id = findCommand(call.bytes, call.start(0), call.end(0));
    const container = id;
    if (id >= 0 && firstSubcommandOf[id]! >= 0 && call.argumentCount > 1) {
      const child = findSubcommand(id, call.bytes, call.start(1), call.end(1));
      if (child < 0) return this.#reject(id, unknownSubcommandText(call, id));
      id = child;
    }
    const handler = id < 0 ? undefined : this.#handlers[id];
    if (handler === undefined) return this.#reject(id, unservedText(call, container));
    const arity = arityOf[id]!;
    if (arity > 0 ? call.argumentCount !== arity : call.argumentCount < -arity) {
      return this.#reject(id, `ERR wrong number of arguments for '${nameOf[id]}' command`);
    }
    const flags = flagsOf[id]!;
    if (!session.authenticated && (flags & FLAG_NO_AUTH) === 0) {
      return this.#reject(id, "NOAUTH Authentication required.");
    }
    call.command = id;
    session.lastCommand = id;
    if (session.transaction !== undefined) return this.#runInTransaction(handler, call);
    if (this.#gate.active && !this.#gate.admit(call)) return;
    // Only now: where the key is not, it does not matter how much memory there is.
    if ((flags & FLAG_DENYOOM) !== 0 && isOutOfMemory(call)) {
      return this.#refuse(ERROR.outOfMemory);
    }
    this.#count(handler, call);
  }

  #runInTransaction(handler: Handler, call: Call): void {
    const outcome = queueCommand(call, call.session.transaction!, handler);
    if (outcome === true) return this.#reply.simple("QUEUED");
    if (outcome === false) return this.#count(handler, call);
    this.#reject(call.command, outcome);
  }

  #count(handler: Handler, call: Call): void {
    this.#state.calls[call.command]!++;
    this.#state.commandsProcessed++;
    this.#run(handler, call);
  }

  #run(handler: Handler, call: Call): void {
    if (this.#slowLog.isActive) return this.#runTimed(handler, call);
    this.#runHandler(handler, call);
  }

  #runTimed(handler: Handler, call: Call): void {
    const { args, argumentCount, bytes, session, command } = call;
    const startedAtMs = performance.now();
    this.#runHandler(handler, call);
    const micros = Math.floor((performance.now() - startedAtMs) * 1000);
    const isSkipped = (flagsOf[command]! & FLAG_SKIP_SLOWLOG) !== 0;
    if (isSkipped || micros < this.#slowLog.slowerThanMicros) return;
    const client = formatAddress(this.#reactor.peerAddress(session.connection));
    const { nowMs } = this.#keyspace;
    this.#slowLog.add({ args, argumentCount, bytes, micros, nowMs, client, name: session.name });
  }

  #runHandler(handler: Handler, call: Call): void {
    const isObserved = this.#written.isActive && (flagsOf[call.command]! & FLAG_WRITE) !== 0;
    if (isObserved) this.#written.before(call);
    let hasFailed = false;
    try {
      handler(call);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      hasFailed = true;
      this.#state.failedCalls[call.command]!++;
      this.#refuse(error.message);
    }
    if (isObserved) this.#written.after(call, hasFailed);
  }

  /**
   * Executes a command of a client that asked for no replies, refusals included (CLIENT REPLY OFF and
   * SKIP). One that ends that (CLIENT REPLY ON, RESET) is replied to.
   */
  #executeSilently(session: Session, call: Call): void {
    const before = session.replies;
    this.#target.close();
    this.#target.discard();
    this.#execute(session, call);
    const reply = session.replies === "on" ? this.#target.discarded() : NOTHING;
    // A command that waits is executed again: it is still the one that SKIP means.
    if (session.replies === before && before === "skipping" && !session.deferred) {
      session.replies = "on";
    }
    if (session.replies === "skip") session.replies = "skipping";
    this.#target.open(session.connection);
    this.#reply.frame(reply);
  }

  /** Refuses a command that does not come to be run. */
  #reject(id: number, text: string): void {
    this.#refuse(refusalInTransaction(this.call, id, text));
  }

  #refuse(text: string): void {
    this.#state.countError(text);
    this.#reply.error(text);
    // The token before a command is spent, also if the command got no further than here.
    const talk = this.call.session.slots;
    if (talk !== undefined) talk.askingSlot = -1;
  }

  #cycleLater(): void {
    this.#reactor.setTimer(CYCLE_MS, () => {
      this.#cycleLater();
      this.#keyspace.nowMs = Date.now();
      this.#state.commandRate.sample(this.#reactor.nowMs, this.#state.commandsProcessed);
      this.#state.expiredKeys += this.#keyspace.expireStep(EXPIRE_BUDGET);
      this.#reclaim();
      closeIdleClients(this.#state);
      if (this.#state.clientCount === 0) this.#onDrained();
    });
  }

  /** Goes on, a little every few turns, until all is freed that waits for it. */
  #reclaim(): void {
    if (this.#isReclaiming) return;
    this.#isReclaiming = this.#keyspace.reclaimStep(RECLAIM_BUDGET);
    if (!this.#isReclaiming) return;
    this.#reactor.setTimer(RECLAIM_PAUSE_MS, () => {
      this.#isReclaiming = false;
      this.#reclaim();
    });
  }
}
