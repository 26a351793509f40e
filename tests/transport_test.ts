/**
 * The reactors against the conformance suite, what both do with resets, crowds and full memory, and
 * what only one of them does, each with the reason.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { openLibc } from "../core/transport/libc.ts";
import { allocateMemory } from "../core/transport/memory.ts";
import { createNativeReactor } from "../core/transport/native_reactor.ts";
import { createPortableReactor } from "../core/transport/portable_reactor.ts";
import { discarderOf } from "../core/transport/page_advice.ts";
import type { Reactor, ReactorKind, SocketAddress } from "../core/transport/reactor.ts";
import { encodeSocketAddress } from "../core/transport/sockaddr.ts";
import { eventually } from "./support/eventually.ts";
import { testReactorConformance } from "./support/reactor_conformance.ts";
import {
  bytesOf,
  connectPeer,
  drive,
  driveUntil,
  patternOf,
  type ReactorLimits,
  readUpTo,
  Recorder,
  sameBytes,
  tick,
  withReactor,
  writeAll,
} from "./support/reactor_driver.ts";
import { testReactorOutputConformance } from "./support/reactor_output_conformance.ts";

// Opened once: a library counts as a resource of the test that opens it.
const libc = openLibc();
const limits = Deno.dlopen("libc.so.6", {
  getrlimit: { parameters: ["i32", "buffer"], result: "i32" },
  setrlimit: { parameters: ["i32", "buffer"], result: "i32" },
}).symbols;

const MIB = 1024 * 1024;
const RLIMIT_NOFILE = 7;

function createNative(options: ReactorLimits): Reactor {
  return createNativeReactor({ libc: requireLibc(), memory: allocateMemory(2 ** 29), ...options });
}

function requireLibc(): NonNullable<typeof libc> {
  if (libc === undefined) throw new Error("the native reactor needs Linux and --allow-ffi");
  return libc;
}

function createPortable(options: ReactorLimits): Reactor {
  return createPortableReactor({ memory: allocateMemory(2 ** 29), ...options });
}

const REACTORS = [["native", createNative], ["portable", createPortable]] as const;

for (const [kind, create] of REACTORS) {
  testReactorConformance(kind, create);
  testReactorOutputConformance(kind, create);
}

function testBoth(behaviour: string, scenario: (reactor: Reactor) => Promise<void>): void {
  for (const [kind, create] of REACTORS) {
    Deno.test(`${kind}: ${behaviour}`, () => withReactor(create, {}, scenario));
  }
}

function nativeTest(behaviour: string, scenario: (reactor: Reactor) => Promise<void>): void {
  Deno.test(`native: ${behaviour}`, () => withReactor(createNative, {}, scenario));
}

/** Connects a blocking socket that will reset its connection instead of ending it. */
function connectResetting(address: SocketAddress): () => void {
  const { socket, connect, setsockopt, close } = requireLibc().functions;
  const descriptor = socket(2, 1, 0);
  const sockaddr = encodeSocketAddress(address);
  assertEquals(connect(descriptor, sockaddr, sockaddr.length), 0);
  assertEquals(setsockopt(descriptor, 1, 13, new Int32Array([1, 0]), 8), 0); // SO_LINGER, 0 s
  return () => close(descriptor);
}

for (const paused of [false, true]) {
  const state = paused ? "paused " : "";
  testBoth(`a reset of a ${state}connection is told of`, async (reactor) => {
    const recorder = new Recorder();
    let connection = -1;
    const listener = reactor.listen({ host: "127.0.0.1", port: 0 }, (accepted) => {
      connection = accepted;
      return recorder;
    });
    const reset = connectResetting(listener.address);
    await driveUntil(reactor, () => connection >= 0, "the connection is accepted");
    if (paused) reactor.pause(connection);
    reset();
    await driveUntil(reactor, () => recorder.closed.length > 0, "the reset is told of");
    assertEquals(recorder.closed, ["reset"]);
  });
}

testBoth("sending to a peer that reset its connection is no signal", async (reactor) => {
  const recorder = new Recorder();
  let connection = -1;
  const listener = reactor.listen({ host: "127.0.0.1", port: 0 }, (accepted) => {
    connection = accepted;
    return recorder;
  });
  const reset = connectResetting(listener.address);
  await driveUntil(reactor, () => connection >= 0, "the connection is accepted");
  reset();
  // Appended before the turn that learns of the reset: the send itself may be what fails.
  reactor.append(connection, bytesOf("x"), 0, 1);
  await driveUntil(reactor, () => recorder.closed.length > 0, "the reset is told of");
  assertEquals(recorder.closed, ["reset"]);
});

// The portable reactor has no descriptor: its thread can be sent messages.
Deno.test("native: another thread ends a turn's wait through its descriptor", async () => {
  // Descriptors are not compared: the runtime keeps some of its own after its first worker.
  const reactor = createNative({});
  const source = `self.onmessage = ({ data }) => {
    const { symbols } = Deno.dlopen("libc.so.6", {
      write: { parameters: ["i32", "buffer", "u32"], result: "i32" },
    });
    self.postMessage("ready");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    symbols.write(data, new BigUint64Array([1n]), 8);
  };`;
  const url = `data:application/javascript,${encodeURIComponent(source)}`;
  const worker = new Worker(url, { type: "module" });
  const ready = new Promise((resolve) => worker.onmessage = resolve);
  worker.postMessage(reactor.wakeDescriptor);
  await ready;
  let wakes = 0;
  reactor.onWake = () => wakes++;
  // The limit of the test run is the judge: without the wake-up the turn takes ten minutes.
  reactor.turn(600_000);
  assertEquals(wakes, 1);
  reactor.wake();
  reactor.wake();
  reactor.turn(600_000);
  assertEquals(wakes, 2);
  worker.terminate();
  reactor.shutdown();
});

// The portable reactor does not see this: the runtime's own accept fails, and it rests as long.
nativeTest(
  "without descriptors it stops accepting without spinning, then goes on",
  async (reactor) => {
    const clients = Array.from({ length: 10 }, () => new Recorder());
    let accepted = 0;
    const listener = reactor.listen({ host: "127.0.0.1", port: 0 }, () => {
      accepted++;
      return new Recorder();
    });
    for (const client of clients) reactor.connect(listener.address, client);
    const { eventfd, close } = requireLibc().functions;
    const limit = new BigUint64Array(2);
    assertEquals(limits.getrlimit(RLIMIT_NOFILE, limit), 0);
    const fillers = [eventfd(0, 0)];
    const lowered = new BigUint64Array([BigInt(fillers[0]! + 2), limit[1]!]);
    assertEquals(limits.setrlimit(RLIMIT_NOFILE, lowered), 0);
    try {
      while (fillers.at(-1)! >= 0) fillers.push(eventfd(0, 0));
      for (let i = 0; i < 5; i++) reactor.turn(1);
      assertEquals(accepted, 0);
      let handled = 0;
      for (let i = 0; i < 10; i++) handled += reactor.turn(1);
      assertEquals(handled, 0);
    } finally {
      limits.setrlimit(RLIMIT_NOFILE, limit);
      for (const filler of fillers) if (filler >= 0) close(filler);
    }
    await driveUntil(reactor, () => accepted === clients.length, "the rest is accepted");
  },
);

for (const [kind] of REACTORS) {
  Deno.test(`${kind}: it keeps to its part of the memory and closes whoever exhausts it`, () => {
    return keepToPart(kind);
  });
}

async function keepToPart(kind: ReactorKind): Promise<void> {
  const memory = allocateMemory(8 * MIB);
  memory.fill(0xaa);
  const part = { memory, ioStart: MIB, ioEnd: 6 * MIB };
  const create = () =>
    kind === "native"
      ? createNativeReactor({ libc: requireLibc(), ...part })
      : createPortableReactor(part);
  await withReactor(create, {}, async (reactor) => {
    const message = patternOf(3 * MIB);
    const recorder = new Recorder();
    const { peer, connection } = await connectPeer(reactor, recorder);
    assert(reactor.append(connection, message, 0, message.length));
    const other = new Recorder();
    const { peer: otherPeer, connection: otherConnection } = await connectPeer(reactor, other);
    const more = patternOf(6 * MIB);
    assertEquals(reactor.append(otherConnection, more, 0, more.length), false);
    const received = await drive(reactor, readUpTo(peer, message.length), "the first's output");
    assert(sameBytes(received, message));
    assertEquals(other.closed, ["output-limit"]);
    peer.close();
    otherPeer.close();
    await driveUntil(reactor, () => recorder.closed.length > 0, "the end is told of");
  });
  assert(memory.subarray(0, MIB).every((byte) => byte === 0xaa), "written below its part");
  assert(memory.subarray(6 * MIB).every((byte) => byte === 0xaa), "written above its part");
}

// Without the C library nothing tells the system about pages.
Deno.test("native: discarding gives back whole pages inside of the range only", () => {
  const memory = allocateMemory(2 * MIB).fill(1);
  discarderOf(requireLibc(), memory)(100, MIB + 7);
  const zeros = memory.reduce((sum, byte) => sum + (byte === 0 ? 1 : 0), 0);
  assert(zeros >= MIB - 2 * 65536, `only ${zeros} bytes were given back`);
  assertEquals(memory.subarray(0, 100), new Uint8Array(100).fill(1));
  assert(memory.subarray(MIB + 7).every((byte) => byte === 1), "given back behind the range");
});

testBoth("10 000 connections are open at once", async (reactor) => {
  const count = 10_000;
  requireDescriptors(count + 200);
  let open = 0;
  const listener = reactor.listen({ host: "127.0.0.1", port: 0 }, () => {
    open++;
    return {
      onData(connection, bytes, start, end) {
        reactor.append(connection, bytes, start, end);
        return end;
      },
      onClose: () => open--,
    };
  });
  const program = new URL("./support/connection_crowd.ts", import.meta.url);
  const crowd = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      program.pathname,
      "127.0.0.1",
      `${listener.address.port}`,
      `${count}`,
    ],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const input = crowd.stdin.getWriter();
  const output = crowd.stdout.pipeThrough(new TextDecoderStream()).getReader();
  assertEquals((await drive(reactor, output.read(), "all are open")).value, "open\n");
  await driveUntil(reactor, () => open === count, "all are accepted");
  await input.write(bytesOf("x"));
  assertEquals((await drive(reactor, output.read(), "all are echoed")).value, "echoed\n");
  await input.close();
  await drive(reactor, crowd.status, "the crowd leaves");
  await driveUntil(reactor, () => open === 0, "every end is told of");
  await output.cancel();
});

function requireDescriptors(needed: number): void {
  const limit = new BigUint64Array(2);
  limits.getrlimit(RLIMIT_NOFILE, limit);
  assert(
    limit[0]! >= BigInt(needed),
    `this test opens ${needed} descriptors, but the limit is ${
      limit[0]
    }: run \`ulimit -n ${needed}\``,
  );
}

testBoth("a chatty peer does not keep another from its turn", async (reactor) => {
  const quiet = new Recorder();
  let flooded = 0;
  const { peer: loudPeer } = await connectPeer(reactor, {
    onData(_connection, _bytes, start, end) {
      flooded += end - start;
      return end;
    },
    onClose() {},
  });
  const { peer: quietPeer } = await connectPeer(reactor, quiet);
  const flood = writeAll(loudPeer, new Uint8Array(8 * MIB));
  await writeAll(quietPeer, bytesOf("hello"));
  while (quiet.text !== "hello") {
    reactor.turn(1);
    await tick();
  }
  assert(flooded < 8 * MIB, "the flood came first");
  await drive(reactor, flood, "the flood is written");
  loudPeer.close();
  quietPeer.close();
  await driveUntil(reactor, () => quiet.closed.length > 0, "the end is told of");
});

// The native reactor keeps the thread while it runs: `worker_loop` and its tests drive it so.
Deno.test("portable: it runs by itself when bytes come, a timer is due or it is woken, until it is over", async () => {
  await withReactor(createPortable, {}, async (reactor) => {
    const recorder = new Recorder();
    recorder.consume = (connection, bytes, start, end) => {
      reactor.append(connection, bytes, start, end);
      return end;
    };
    const { peer } = await connectPeer(reactor, recorder);
    let fired = 0;
    let isOver = false;
    reactor.setTimer(5, () => fired++);
    reactor.onWake = () => isOver = true;
    const over = reactor.run(() => isOver);
    await writeAll(peer, bytesOf("ping"));
    assertEquals(await readUpTo(peer, 4), bytesOf("ping"));
    await eventually(() => assertEquals(fired, 1));
    reactor.wake();
    await over;
    reactor.setTimer(0, () => fired++);
    reactor.wake();
    await tick();
    assertEquals([fired, isOver], [1, true]);
    peer.close();
    await driveUntil(reactor, () => recorder.closed.length > 0, "the end is told of");
  });
});

Deno.test("portable: what a handler throws ends its run", async () => {
  await withReactor(createPortable, {}, async (reactor) => {
    reactor.setTimer(1, () => {
      throw new Error("a handler's");
    });
    const error = await assertRejects(() => reactor.run(() => false), Error);
    assertEquals(error.message, "a handler's");
  });
});

Deno.test("portable: a flood does not keep the thread from its other events", async () => {
  await withReactor(createPortable, {}, async (reactor) => {
    let flooded = 0;
    const { peer } = await connectPeer(reactor, {
      onData(_connection, _bytes, start, end) {
        flooded += end - start;
        return end;
      },
      onClose() {},
    });
    let isOver = false;
    reactor.onWake = () => isOver = true;
    const flood = writeAll(peer, new Uint8Array(64 * MIB));
    const over = reactor.run(() => isOver);
    const { port1, port2 } = new MessageChannel();
    const message = new Promise((resolve) => port1.onmessage = resolve);
    port2.postMessage("stop");
    await message;
    assert(flooded < 64 * MIB, "the flood came first");
    await flood;
    await eventually(() => assertEquals(flooded, 64 * MIB));
    reactor.wake();
    await over;
    for (const end of [port1, port2, peer]) end.close();
  });
});
