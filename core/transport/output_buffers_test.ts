import { assert, assertEquals } from "@std/assert";
import { IoMemory } from "./io_memory.ts";
import { OutputBuffers } from "./output_buffers.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

interface Fixture {
  readonly io: IoMemory;
  readonly outputs: OutputBuffers;
  /** Appends bytes that count up; false if there is no room. */
  append(connection: number, byteCount: number): boolean;
  /** Takes pending bytes as the kernel would. */
  send(connection: number, byteCount: number): Uint8Array;
}

function fixture(limitBytes = 64 * MIB): Fixture {
  const io = new IoMemory({ memory: new Uint8Array(16 * MIB) });
  const outputs = new OutputBuffers(io, 2, limitBytes);
  const written = [0, 0];
  return {
    io,
    outputs,
    append(connection, byteCount) {
      const offset = outputs.reserve(connection, byteCount);
      if (offset < 0) return false;
      for (let i = 0; i < byteCount; i++) io.memory[offset + i] = written[connection]!++;
      outputs.commit(connection, offset + byteCount);
      return true;
    },
    send(connection, byteCount) {
      const sent = outputs.view(connection).slice(0, byteCount);
      outputs.advance(connection, byteCount);
      return sent;
    },
  };
}

function counting(start: number, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) => start + i);
}

Deno.test("a connection has a region only while it has output", () => {
  const { io, outputs, append, send } = fixture();
  assertEquals(io.usedBytes, 0);
  append(0, 10);
  assertEquals([io.usedBytes, outputs.pending(0)], [16 * KIB, 10]);
  assertEquals(send(0, 10), counting(0, 10));
  assertEquals([io.usedBytes, outputs.pending(0)], [0, 0]);
});

Deno.test("partly sent output keeps its order while it grows", () => {
  const { outputs, append, send } = fixture();
  let appended = 0;
  let sent = 0;
  for (let round = 1; round < 200; round++) {
    append(0, 997);
    appended += 997;
    const count = Math.min(round % 3 === 0 ? 1500 : 700, appended - sent);
    assertEquals(send(0, count), counting(sent, count));
    sent += count;
    assertEquals(outputs.pending(0), appended - sent);
  }
});

Deno.test("a sliding region is compacted instead of grown when half of it is free", () => {
  const { io, append, send } = fixture();
  append(0, 16 * KIB);
  for (let i = 0; i < 50; i++) {
    send(0, 10 * KIB);
    append(0, 10 * KIB);
  }
  assertEquals(io.usedBytes, 16 * KIB);
});

Deno.test("appending beyond the limit is refused and leaves what is pending alone", () => {
  const { append, send } = fixture(32 * KIB);
  assert(append(0, 30 * KIB));
  assertEquals(append(0, 3 * KIB), false);
  assertEquals(send(0, 30 * KIB), counting(0, 30 * KIB));
  assert(append(0, 3 * KIB));
});

Deno.test("appending is refused when the memory is exhausted", () => {
  const { io, append } = fixture();
  assert(append(0, 10 * MIB));
  assertEquals(append(1, 7 * MIB), false);
  assertEquals(io.usedBytes, 10 * MIB);
});

Deno.test("retained output survives sending, growth and compaction until it is released", () => {
  const { io, outputs, append, send } = fixture();
  outputs.retain(0);
  append(0, 10 * KIB);
  send(0, 10 * KIB);
  append(0, 10 * KIB);
  const start = outputs.retainedStart(0);
  assertEquals(io.memory.slice(start, start + 20 * KIB), counting(0, 20 * KIB));
  outputs.release(0, 18 * KIB);
  append(0, 20 * KIB);
  const later = outputs.retainedStart(0);
  assertEquals(io.memory.slice(later, later + 22 * KIB), counting(18 * KIB, 22 * KIB));
  assertEquals(outputs.pending(0), 30 * KIB);
  send(0, 30 * KIB);
  outputs.release(0, 22 * KIB);
  assertEquals(io.usedBytes, 0);
});

Deno.test("what is released before it was sent is still sent", () => {
  const { io, outputs, append, send } = fixture();
  outputs.retain(0);
  append(0, 100);
  outputs.release(0, 100);
  append(0, 16 * KIB);
  assertEquals(send(0, 100 + 16 * KIB), counting(0, 100 + 16 * KIB));
  outputs.release(0, 16 * KIB);
  assertEquals(io.usedBytes, 0);
});

Deno.test("bytes are copied from the same buffer and from others, whatever their size", () => {
  const { io, outputs } = fixture();
  const other = counting(0, 100);
  const own = io.allocate(1);
  io.memory.set(other, own);
  for (const [source, base] of [[other, 0], [io.memory, own]] as const) {
    for (const [start, end] of [[0, 100], [3, 10], [50, 99], [7, 7]] as const) {
      const offset = outputs.reserve(0, end - start);
      outputs.write(0, offset, source, base + start, base + end);
      assertEquals(io.memory.slice(offset, offset + end - start), other.slice(start, end));
    }
  }
});

Deno.test("dropping a connection frees its region and forgets that it retained", () => {
  const { io, outputs, append, send } = fixture();
  outputs.grow(4);
  outputs.retain(0);
  append(0, 100);
  outputs.drop(0);
  assertEquals([io.usedBytes, outputs.pending(0)], [0, 0]);
  append(0, 5);
  send(0, 5);
  assertEquals(io.usedBytes, 0);
});

Deno.test("pinned output stays in place while what is appended behind it moves on", () => {
  const { io, outputs, append, send } = fixture();
  append(0, 10 * KIB);
  assertEquals(send(0, 9 * KIB), counting(0, 9 * KIB));
  const base = outputs.pin(0);
  const inFlight = outputs.exactView(0);
  // Unpinned, the first half being free, it would be compacted within its region.
  append(0, 8 * KIB);
  assertEquals(inFlight, counting(9 * KIB, KIB));
  outputs.advance(0, KIB);
  io.unpin(base);
  assertEquals(send(0, 8 * KIB), counting(10 * KIB, 8 * KIB));
  assertEquals(io.usedBytes, 0);
});

Deno.test("dropped output that is pinned is given back when it is unpinned", () => {
  const { io, outputs, append } = fixture();
  append(0, 10);
  const base = outputs.pin(0);
  outputs.drop(0);
  assertEquals(io.usedBytes, 16 * KIB);
  io.unpin(base);
  assertEquals(io.usedBytes, 0);
});
