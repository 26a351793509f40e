/**
 * Commands over many keys while servers refuse them and slots change hands: every reply must be what
 * one server alone would have answered (P1, P7).
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { Route, RouteRange } from "../proxy/routes.ts";
import { type ProxyWorker, startProxyWorker } from "./support/proxy_worker.ts";
import { type Argument, type Reply, RespClient } from "./support/resp_client.ts";
import { SeededRandom } from "./support/seeded_random.ts";
import { slotOfText, SlotServer } from "./support/slot_server.ts";

const TAGS = "abcdefgh".split("");
const SLOTS = TAGS.map((tag) => slotOfText(`{${tag}}`));
const CLIENTS = 4;
const BATCHES = 40;

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** What one server alone would answer, and the state it keeps. */
class Model {
  readonly #data = new Map<string, string>();

  answer([name, ...args]: readonly string[]): Reply {
    const [key, value] = args as [string, string];
    switch (name) {
      case "GET":
        return this.#data.get(key) ?? null;
      case "SET":
        this.#data.set(key, value);
        return "OK";
      case "APPEND":
        this.#data.set(key, (this.#data.get(key) ?? "") + value);
        return this.#data.get(key)!.length;
      case "MSET":
        for (let at = 0; at < args.length; at += 2) this.#data.set(args[at]!, args[at + 1]!);
        return "OK";
      case "MGET":
        return args.map((its) => this.#data.get(its) ?? null);
      default:
        return args.filter((its) => this.#data.delete(its)).length;
    }
  }
}

function randomCommand(random: SeededRandom, client: number): string[] {
  const key = () => `{${random.pick(TAGS)}}${client}:${random.below(2)}`;
  const value = () => String(random.below(1000));
  return random.pick<() => string[]>([
    () => ["SET", key(), value()],
    () => ["GET", key()],
    () => ["APPEND", key(), value()],
    () => ["MSET", ...range(1 + random.below(5)).flatMap(() => [key(), value()])],
    () => ["MGET", ...range(1 + random.below(6)).map(key)],
    () => ["DEL", ...range(1 + random.below(3)).map(key)],
  ])();
}

async function work(proxy: ProxyWorker, random: SeededRandom, client: number): Promise<void> {
  await using connection = await RespClient.connect({ port: proxy.port });
  const model = new Model();
  for (let batch = 0; batch < BATCHES; batch++) {
    const commands = range(1 + random.below(60)).map(() => randomCommand(random, client));
    const expected = commands.map((command) => model.answer(command));
    const replies = await connection.pipeline(commands as Argument[][]);
    replies.forEach((reply, at) =>
      assertEquals(reply, expected[at], `seed ${random.seed}: ${commands[at]!.join(" ")}`)
    );
  }
}

Deno.test("a part refused by its server goes on slot by slot, in order", async () => {
  const random = new SeededRandom(Number(Deno.env.get("SEED")) || undefined);
  await using first = new SlotServer(random, 10);
  await using second = new SlotServer(random, 10);
  SLOTS.forEach((slot, index) => (index < 4 ? first : second).states.set(slot, { kind: "own" }));
  const ranges = SLOTS.map((slot, index): RouteRange => ({
    first: slot,
    last: slot,
    route: { kind: "direct", address: (index < 4 ? first : second).address },
  }));
  await using proxy = await startProxyWorker(ranges);
  await Promise.all(range(CLIENTS).map((client) => work(proxy, random, client)));
  assert(first.refusals > 0 && second.refusals > 0);
});

/** Moves slots one after the other to and fro until told to stop. */
class Mover {
  readonly #servers: readonly SlotServer[];
  readonly #owners: SlotServer[];
  readonly #routes: Route[];
  readonly #proxy: (ranges: readonly RouteRange[]) => void;
  #epoch = 1;

  constructor(servers: readonly SlotServer[], proxy: (ranges: readonly RouteRange[]) => void) {
    this.#servers = servers;
    this.#owners = SLOTS.map((_, index) => servers[index % 2]!);
    SLOTS.forEach((slot, index) => this.#owners[index]!.states.set(slot, { kind: "own" }));
    this.#routes = this.#owners.map(({ address }): Route => ({ kind: "direct", address }));
    this.#proxy = proxy;
  }

  /** The routes at this moment. */
  get ranges(): RouteRange[] {
    return SLOTS.map((slot, index) => ({ first: slot, last: slot, route: this.#routes[index]! }));
  }

  /** Moves the slot `SLOTS[index]` to the other server, key by key. */
  async move(index: number, pause: () => Promise<unknown>): Promise<void> {
    const slot = SLOTS[index]!;
    const from = this.#owners[index]!;
    const to = this.#servers.find((server) => server !== from)!;
    const epoch = ++this.#epoch;
    this.#route(index, {
      kind: "migrating",
      from: from.address,
      to: to.address,
      slotEpoch: epoch,
    });
    await pause();
    to.states.set(slot, { kind: "importing", epoch });
    from.states.set(slot, { kind: "giving", epoch, peer: to });
    for (let keys = from.keysOf(slot); keys.length > 0; keys = from.keysOf(slot)) {
      from.moveKey(keys[0]!, to);
      await pause();
    }
    from.states.delete(slot);
    to.states.set(slot, { kind: "own" });
    await pause();
    this.#owners[index] = to;
    this.#route(index, { kind: "direct", address: to.address });
  }

  #route(index: number, route: Route): void {
    this.#routes[index] = route;
    this.#proxy(this.ranges);
  }
}

Deno.test("split commands keep their order while slots move", async () => {
  const random = new SeededRandom(Number(Deno.env.get("SEED")) || undefined);
  await using first = new SlotServer(random, 1);
  await using second = new SlotServer(random, 1);
  let proxy: ProxyWorker | undefined;
  const mover = new Mover([first, second], (ranges) => proxy!.setRoutes(ranges));
  await using worker = proxy = await startProxyWorker(mover.ranges);
  await using prober = await RespClient.connect({ port: worker.port });
  let done = false;
  const moving = (async () => {
    for (let index = 0; !done; index = (index + 1) % SLOTS.length) {
      await mover.move(index, () => prober.send("PING"));
    }
  })();
  try {
    await Promise.all(range(CLIENTS).map((client) => work(worker, random, client)));
  } finally {
    done = true;
    await moving;
  }
  assert(first.refusals > 0 && second.refusals > 0);
});
