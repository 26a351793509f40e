/**
 * A server of the stock model world: it executes what it reads, for whoever is logged in. Users can be
 * shut out; nothing else keeps a late command from being executed.
 *
 * @module
 */

import { ABSENT } from "./protocol_truth.ts";
import type { StockModelWorld } from "./stock_model_world.ts";

/** What is sent to a server. */
export type StockCommand =
  | { readonly kind: "get" | "set" | "del"; readonly key: string }
  | { readonly kind: "migrate"; readonly key: string; readonly to: string; readonly as: string }
  | { readonly kind: "restore"; readonly key: string; readonly value: number }
  | { readonly kind: "unlink"; readonly key: string };

/** What comes back. */
export type StockReply = "OK" | "NOKEY" | "BUSYKEY" | "IOERR" | "DENIED";

interface Sent {
  readonly command: StockCommand;
  readonly onReply: (reply: StockReply) => void;
}

/** A connection; what the server has not read of it is lost when it is closed. */
export class ModelConnection {
  readonly user: string;
  /** False: the log-in is in the buffer, too. */
  readonly isLoggedIn: boolean;
  isOpen = true;
  readonly unread: Sent[] = [];

  constructor(user: string, isLoggedIn = true) {
    this.user = user;
    this.isLoggedIn = isLoggedIn;
  }

  /** Sends. */
  send(command: StockCommand, onReply: (reply: StockReply) => void): void {
    this.unread.push({ command, onReply });
  }
}

/** One stock server. */
export class StockModelServer {
  readonly id: string;
  readonly data: Map<string, number>;
  readonly users = new Set<string>();
  readonly #world: StockModelWorld;
  #connections: ModelConnection[] = [];

  constructor(world: StockModelWorld, id: string, data: ReadonlyMap<string, number>) {
    this.#world = world;
    this.id = id;
    this.data = new Map(data);
  }

  /** Whether everything that was sent was read. */
  get quiet(): boolean {
    return this.#connections.every(({ unread }) => unread.length === 0);
  }

  /** Logs a user in; null if there is none of the name. */
  connect(user: string): ModelConnection | null {
    if (!this.users.has(user)) return null;
    return this.#opened(new ModelConnection(user));
  }

  /** Closes a user's connections and forgets the user. */
  shutOut(user: string): void {
    this.users.delete(user);
    this.#close((connection) => connection.isLoggedIn && connection.user === user);
  }

  /** Closes a user's connections, and those that have not logged in. */
  kill(user: string): void {
    this.#close((connection) => !connection.isLoggedIn || connection.user === user);
  }

  /** Reads and executes one command of any connection. */
  act(): void {
    const waiting = this.#connections.filter(({ unread }) => unread.length > 0);
    if (waiting.length === 0) return;
    const connection = this.#world.random.pick(waiting);
    const { command, onReply } = connection.unread.shift()!;
    const reply = !connection.isLoggedIn && !this.users.has(connection.user)
      ? "DENIED"
      : this.#execute(command);
    // An answer may be lost with the connection, though the command was executed.
    if (this.#world.random.below(12) > 0) onReply(reply);
    else this.#close((other) => other === connection);
  }

  #execute(command: StockCommand): StockReply {
    const { key } = command;
    switch (command.kind) {
      case "get":
      case "set":
      case "del": {
        const found = this.data.get(key) ?? ABSENT;
        const left = command.kind === "get"
          ? found
          : command.kind === "set"
          ? this.#world.truth.newValue()
          : ABSENT;
        this.#world.truth.executed(this.id, key, { found, left });
        if (left === ABSENT) this.data.delete(key);
        else this.data.set(key, left);
        return "OK";
      }
      case "unlink":
        this.data.delete(key);
        return "OK";
      case "restore":
        if (this.data.has(key)) return "BUSYKEY";
        this.data.set(key, command.value);
        return "OK";
      case "migrate":
        return this.#migrate(command);
    }
  }

  #migrate({ key, to, as }: StockCommand & { kind: "migrate" }): StockReply {
    const value = this.data.get(key);
    if (value === undefined) return "NOKEY";
    const target = this.#world.server(to);
    if (this.#world.random.below(8) === 0) {
      // The target does not answer in time: what was sent to it may still be read.
      const late = target.#opened(new ModelConnection(as, false));
      late.send({ kind: "restore", key, value }, () => {});
      return "IOERR";
    }
    // What comes later from one server to another is not read before what came earlier.
    target.#readLate();
    if (!target.users.has(as)) return "DENIED";
    if (target.data.has(key)) return "BUSYKEY";
    target.data.set(key, value);
    this.data.delete(key);
    return "OK";
  }

  #readLate(): void {
    for (const { isLoggedIn, user, unread } of this.#connections) {
      if (isLoggedIn) continue;
      for (const { command } of unread.splice(0)) if (this.users.has(user)) this.#execute(command);
    }
  }

  #opened(connection: ModelConnection): ModelConnection {
    this.#connections.push(connection);
    return connection;
  }

  #close(isMeant: (connection: ModelConnection) => boolean): void {
    for (const connection of this.#connections.filter(isMeant)) {
      connection.isOpen = false;
      connection.unread.length = 0;
    }
    this.#connections = this.#connections.filter(({ isOpen }) => isOpen);
  }
}
