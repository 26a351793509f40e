/**
 * A proxy of the stock model world, with one client that asks one thing at a time. It may sleep at any
 * point, and its session may end without its knowing.
 *
 * @module
 */

import { proxyUserName } from "../../core/stock_users.ts";
import { routeOf } from "../../core/topology/route.ts";
import { entryOf } from "../../core/topology/slot_table.ts";
import type { Topology } from "../../core/topology/topology.ts";
import type { ModelConnection, StockCommand, StockReply } from "./stock_model_server.ts";
import type { StockModelWorld } from "./stock_model_world.ts";

const SLOT = 0;

interface Login {
  readonly user: string;
  connection: ModelConnection | null;
}

/** Routes by a topology that may be old. */
export class StockModelProxy {
  readonly boot: string;
  /** What its node says. */
  applied = 0;
  /** Whether its node is there. */
  isListed = true;
  readonly #world: StockModelWorld;
  #topology: Topology;
  readonly #logins = new Map<string, Login>();
  #loginCount = 0;
  /** A login that was made, and may be used once the topology was read. */
  #made: { server: string; user: string } | null = null;
  #command: (StockCommand & { kind: "get" | "set" | "del" }) | null = null;
  /** Whether the command's key is where the route sends it. */
  #isBrought = false;
  #waitsFor: { server: string; connection: ModelConnection } | null = null;

  /** Knows the topology of now. */
  constructor(world: StockModelWorld, index: number) {
    this.#world = world;
    this.boot = `${index}`.repeat(16);
    this.#topology = world.topology;
  }

  /** Whether its client waits for nothing. */
  get idle(): boolean {
    return this.#command === null && this.#waitsFor === null;
  }

  /** Does one thing. */
  act(takeNew: boolean): void {
    const { random, keys } = this.#world;
    if (this.#made !== null) return this.#useLogin(this.#made);
    if (this.#waitsFor !== null) {
      const { server, connection } = this.#waitsFor;
      if (connection.isOpen) return;
      this.#lose(server);
      return;
    }
    const lost = [...this.#logins].find(([, { connection }]) => connection?.isOpen === false);
    if (lost !== undefined) return this.#lose(lost[0]);
    if (this.applied < this.#topology.epoch && random.below(2) === 0) {
      this.applied = this.#topology.epoch;
      return;
    }
    if (random.below(4) === 0) this.#adopt();
    if (this.#command === null && takeNew) {
      this.#command = { kind: random.pick(["get", "set", "set", "del"]), key: random.pick(keys) };
      this.#isBrought = false;
    }
    if (this.#command !== null) this.#route(this.#command);
  }

  /** Rule 22: gives a request up; it may still be executed. */
  giveUp(): void {
    if (this.#waitsFor === null) return;
    const { server } = this.#waitsFor;
    if (this.#world.forgets("lost-in-doubt")) {
      this.#waitsFor = this.#command = null;
      const login = this.#logins.get(server);
      if (login !== undefined) login.connection = null;
    } else this.#lose(server);
  }

  /** A slot's route changes only while nothing of it is at a server: nothing is, here. */
  #adopt(): void {
    this.#topology = this.#world.topology;
    this.#isBrought = false;
  }

  #route(command: StockCommand & { kind: "get" | "set" | "del" }): void {
    const route = routeOf(entryOf(this.#topology, SLOT));
    if (route.kind === "direct") return this.#ask(`server-${route.group}`, command);
    if (route.kind !== "migrating") return this.#adopt();
    const [from, to] = [`server-${route.from}`, `server-${route.to}`];
    if (this.#isBrought) return this.#ask(to, command);
    const { key } = command;
    const as = this.#login(to)?.user;
    if (as === undefined) return;
    this.#send(from, { kind: "migrate", key, to, as }, (reply) => this.#onBrought(reply, from, to));
  }

  #onBrought(reply: StockReply, from: string, to: string): void {
    if (reply === "IOERR") {
      if (this.#world.forgets("doubt")) this.#isBrought = true;
      else this.#lose(to);
    } else if (reply === "BUSYKEY" && !this.#world.forgets("busy")) {
      const { key } = this.#command!;
      this.#send(from, { kind: "unlink", key }, () => this.#isBrought = true);
    } else if (reply === "DENIED") this.#lose(to);
    else this.#isBrought = true;
  }

  #ask(server: string, command: StockCommand): void {
    this.#send(server, command, () => this.#command = null);
  }

  #send(server: string, command: StockCommand, onReply: (reply: StockReply) => void): void {
    const login = this.#login(server);
    if (login === undefined) return;
    login.connection ??= this.#world.server(server).connect(login.user);
    const { connection } = login;
    if (connection === null) return this.#lose(server);
    const waiting = { server, connection };
    this.#waitsFor = waiting;
    connection.send(command, (reply) => {
      if (this.#waitsFor !== waiting) return;
      this.#waitsFor = null;
      onReply(reply);
    });
  }

  #login(server: string): Login | undefined {
    const login = this.#logins.get(server);
    if (login === undefined) this.#makeLogin(server);
    return login;
  }

  /** Gives the login at a server up, with all that was sent under it. */
  #lose(server: string): void {
    if (this.#waitsFor !== null) {
      // A request of the client's own may have been executed; one for the proxy is simply begun again.
      if (this.#waitsFor.server === server && this.#isAtOwner(server)) this.#command = null;
      this.#waitsFor = null;
    }
    this.#isBrought = false;
    const login = this.#logins.get(server);
    if (login !== undefined) this.#world.server(server).shutOut(login.user);
    this.#logins.delete(server);
  }

  #isAtOwner(server: string): boolean {
    const route = routeOf(entryOf(this.#topology, SLOT));
    if (route.kind === "direct") return true;
    return route.kind === "migrating" && server === `server-${route.to}`;
  }

  #makeLogin(server: string): void {
    const user = proxyUserName({ id: "p", boot: this.boot }, ++this.#loginCount);
    this.#world.server(server).users.add(user);
    this.#made = { server, user };
  }

  #useLogin({ server, user }: { server: string; user: string }): void {
    if (!this.#world.forgets("fresh-routes")) this.#adopt();
    this.#logins.set(server, { user, connection: null });
    this.#made = null;
  }
}
