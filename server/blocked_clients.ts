/**
 * Clients that wait for an element of a list or sorted set, by the keys that they wait for.
 *
 * Invariant: a key's clients are served in the order in which they came, after the command (or the whole transaction)
 * that made the key ready and before any other; a client waits for one command at a time, and holds nothing once it is
 * answered, gone, or refused because a slot left.
 *
 * @module
 */

import type { ReplyWriter } from "../core/resp/reply_writer.ts";
import type { TimerId } from "../core/transport/reactor.ts";
import type { Call, Handler } from "./call.ts";
import { type KeyEntry, KeyRegistry } from "./key_registry.ts";
import { loadCommand, saveCommand, type SavedCommand } from "./saved_command.ts";
import type { FinishReply, ServerState } from "./server_state.ts";
import type { Session } from "./session.ts";

/** Replies with what the key of argument `key` has, which is of the right type and not empty. */
export type ServeKey = (call: Call, key: number) => void;

/** What a command waits for. */
export interface Wait {
  /** Its keys are the arguments from `first` up to `end`. */
  readonly first: number;
  readonly end: number;
  /** The type tag of the values it takes. */
  readonly type: number;
  /** 0: for ever. */
  readonly timeoutMs: number;
  readonly serve: ServeKey;
}

/** A client that waits. */
export interface BlockedCall {
  readonly session: Session;
  readonly command: SavedCommand;
  readonly wait: Wait;
  /** The keys, with the arguments that name them. */
  readonly places: Map<KeyEntry<BlockedCall>, number>;
  readonly finish: FinishReply;
  timer: TimerId | undefined;
}

/** How {@linkcode BlockedClients} runs something as the command of a client. */
export interface Runner {
  /** The one call of the server. */
  readonly call: Call;
  /** Runs a handler as the call's command. */
  run(handler: Handler): void;
  /** Runs the call's command from its start, gate and all. */
  execute(): void;
}

/** The longest single timer, in milliseconds; a longer wait sets several. */
const TIMER_MS_MAX = 2 ** 30;
const UNBLOCKED = "UNBLOCKED client unblocked via CLIENT UNBLOCK";

/** All clients that wait for keys. */
export class BlockedClients {
  /** Somebody can be answered: {@linkcode BlockedClients.work} is to be called after this command. */
  hasWork = false;
  /** How the waiting commands are run. Set by the data server. */
  runner!: Runner;
  readonly #keys = new KeyRegistry<BlockedCall>();
  /** Keys that may have become ready, in that order. */
  readonly #ready = new Set<KeyEntry<BlockedCall>>();
  /** Clients that wait no more, and how each is answered. */
  #ending: (() => void)[] = [];

  /** How many keys are waited for. */
  get size(): number {
    return this.#keys.size;
  }

  /** Lets the client of a call wait. */
  block(call: Call, wait: Wait): void {
    const { session, server } = call;
    const { database } = session;
    const command = saveCommand(call);
    const places = new Map<KeyEntry<BlockedCall>, number>();
    const finish = server.park(session);
    const blocked: BlockedCall = { session, command, wait, places, finish, timer: undefined };
    for (let at = wait.first; at < wait.end; at++) {
      const [start, end] = [call.start(at), call.end(at)];
      const slot = database.slotOf(call.bytes, start, end);
      const place = { database: database.number, bytes: call.bytes, start, end };
      const entry = this.#keys.add(place, slot, blocked);
      if (!places.has(entry)) places.set(entry, at);
    }
    database.forgetKey();
    session.blocked = blocked;
    if (wait.timeoutMs > 0) this.#setTimer(server, blocked, wait.timeoutMs);
  }

  /** Forgets a client that is gone. */
  forget(server: ServerState, { blocked }: Session): void {
    if (blocked !== undefined) this.#release(server, blocked);
  }

  /** A key may have got a value. */
  noteKey(database: number, bytes: Uint8Array, start: number, end: number): void {
    const entry = this.#keys.find(database, bytes, start, end);
    if (entry !== undefined) this.#note(entry);
  }

  /** Any key may have got a value. */
  noteAll(): void {
    for (const entry of this.#keys.all()) this.#note(entry);
  }

  /** CLIENT UNBLOCK: false if the client does not wait. */
  unblock(server: ServerState, { blocked }: Session, reason: "timeout" | "error"): boolean {
    if (blocked === undefined) return false;
    this.#release(server, blocked);
    const write = reason === "timeout" ? replyNothing : refuseUnblocked;
    this.#end(() => blocked.finish(write));
    return true;
  }

  /** Slots have left: who waits for their keys is told so as by any command that comes now. */
  leaveSlots(server: ServerState, isGone: (slot: number) => boolean): void {
    const leaving = new Set<BlockedCall>();
    for (const entry of this.#keys.all()) {
      if (isGone(entry.slot)) entry.members.forEach((blocked) => leaving.add(blocked));
    }
    if (leaving.size === 0) return;
    for (const blocked of leaving) {
      this.#release(server, blocked);
      this.#end(() => this.#runFor(blocked, () => this.runner.execute()));
    }
    // A fence may be obeyed outside of a command.
    server.reactor.setTimer(0, () => this.work());
  }

  /** Answers those who can be answered; not to be called within a command. */
  work(): void {
    while (this.hasWork) {
      this.hasWork = false;
      const ending = this.#ending;
      this.#ending = [];
      for (const end of ending) end();
      for (const entry of this.#ready) {
        this.#ready.delete(entry);
        this.#serveKey(entry);
      }
    }
  }

  #note(entry: KeyEntry<BlockedCall>): void {
    this.#ready.add(entry);
    this.hasWork = true;
  }

  #end(answer: () => void): void {
    this.#ending.push(answer);
    this.hasWork = true;
  }

  #serveKey(entry: KeyEntry<BlockedCall>): void {
    const { keyspace, server } = this.runner.call;
    const { key } = entry;
    for (const blocked of [...entry.members]) {
      const ref = keyspace.database(entry.database).find(key, 0, key.length);
      if (ref === 0) return;
      if (blocked.session.closing || keyspace.records.type(ref) !== blocked.wait.type) continue;
      const at = blocked.places.get(entry)!;
      this.#release(server, blocked);
      this.#runFor(blocked, () => this.runner.run((call) => blocked.wait.serve(call, at)));
    }
  }

  /** Runs something as a client's command, whose reply it waits for. */
  #runFor({ finish, session, command }: BlockedCall, run: () => void): void {
    const { call } = this.runner;
    finish(() => {
      call.session = session;
      loadCommand(call, command);
      run();
    });
  }

  #release(server: ServerState, blocked: BlockedCall): void {
    blocked.session.blocked = undefined;
    if (blocked.timer !== undefined) server.reactor.clearTimer(blocked.timer);
    for (const entry of blocked.places.keys()) this.#keys.remove(entry, blocked);
  }

  #setTimer(server: ServerState, blocked: BlockedCall, leftMs: number): void {
    const delayMs = Math.min(leftMs, TIMER_MS_MAX);
    blocked.timer = server.reactor.setTimer(delayMs, () => {
      if (leftMs > delayMs) return this.#setTimer(server, blocked, leftMs - delayMs);
      this.#release(server, blocked);
      blocked.finish(replyNothing);
    });
  }
}

function replyNothing(reply: ReplyWriter): void {
  reply.nilArray();
}

function refuseUnblocked(reply: ReplyWriter): void {
  reply.error(UNBLOCKED);
}
