/**
 * The data plane against model servers that refuse, move slots, break and refuse log-ins, with clients
 * that leave or do not read: every request is answered once and in order, commands of one client on one
 * key run in program order (P1), and nothing is left behind.
 *
 * `SEED=n` repeats one run, `SEEDS=n` makes so many.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { SLOT_COUNT } from "../core/slots.ts";
import type { DataPlaneOptions } from "../proxy/data_plane.ts";
import { MODE_DIRECT, MODE_OFFLINE } from "../proxy/slot_table.ts";
import { DataPlaneWorld, type WorldTroubles } from "./support/data_plane_world.ts";
import { SeededRandom } from "./support/seeded_random.ts";

const STEPS = 1000;
const SEEDS_DEFAULT = 200;

function optionsOf(random: SeededRandom): DataPlaneOptions {
  const isRare = () => random.below(3) === 0;
  return {
    session: {
      clientCountMax: 100,
      pipelineMax: isRare() ? 8 : 1000,
      outputBytesHigh: isRare() ? 300 : 1 << 20,
      idleTimeoutMs: 0,
    },
    redirect: { redirectTimeoutMs: 400, heldBytesMax: isRare() ? 500 : 1 << 20 },
    pendingMax: isRare() ? 40 : 1 << 20,
    stashBytesMax: isRare() ? 1 << 15 : 1 << 22,
    serverTimeoutMs: 1000,
    emptyTag: "hash-empty",
    password: "",
    serverUser: "",
    serverPassword: isRare() ? "secret" : "",
    firstClientId: 1,
  };
}

function troublesOf(random: SeededRandom): WorldTroubles {
  const isOn = () => random.below(2) === 0;
  return {
    refusedOf100: isOn() ? 10 : 0,
    slotsMove: isOn(),
    serversBreak: isOn(),
    loginsFail: isOn(),
    clientsLeave: isOn(),
    clientsAreSlow: isOn(),
  };
}

function run(seed: number): void {
  const random = new SeededRandom(seed);
  const world = new DataPlaneWorld(random, optionsOf(random), troublesOf(random));
  for (let step = 0; step < STEPS; step++) world.step();
  assert(world.calm(), "something waits for ever");
  const prober = world.probe();
  assert(world.calm(), "a request after the troubles waits for ever");
  assertEquals(prober.errors, 0, "a request after the troubles failed");
  assertNothingLeft(world);
  for (let step = 0; step < 50; step++) world.step();
  world.plane.drain();
  for (let step = 0; step < 50; step++) world.step();
  assert(world.calm(), "a client that is dismissed waits for ever");
  for (let i = 0; i < 50 && !world.isDrained; i++) {
    world.reactor.pass(10);
    world.turn();
  }
  assert(world.isDrained, "never drained");
  assertEquals(world.clients, []);
  assertEquals(world.stash.usedBytes, 0);
  assertEquals(world.reactor.outputBytes, 0);
}

function assertNothingLeft({ plane, mover, applied, stash, turns, wanted }: DataPlaneWorld): void {
  const { pending, slots, redirector } = plane;
  assertEquals(pending.count, 0, "requests are left");
  assertEquals(redirector.heldCount, 0, "requests are held");
  assertEquals(redirector.heldBytes, 0, "bytes are held");
  assertEquals(stash.usedBytes, 0, "a stash is left");
  assertEquals([...slots.inFlight], new Array(SLOT_COUNT).fill(0));
  assert(slots.mode.every((mode) => mode === MODE_DIRECT || mode === MODE_OFFLINE), "a slot waits");
  assertEquals(applied, mover.document.epoch, "the newest routes are not in force");
  assert(wanted <= turns, `the topology was asked for ${wanted} times in ${turns} turns`);
}

Deno.test("P1: whatever happens, every request is answered once, in order, and nothing is left", () => {
  const given = Number(Deno.env.get("SEED"));
  const count = given ? 1 : Number(Deno.env.get("SEEDS")) || SEEDS_DEFAULT;
  const first = given || 1 + Math.floor(Math.random() * 2 ** 30);
  for (let seed = first; seed < first + count; seed++) {
    try {
      run(seed);
    } catch (error) {
      throw new Error(`SEED=${seed}`, { cause: error });
    }
  }
});
