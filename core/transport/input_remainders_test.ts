import { assert, assertEquals } from "@std/assert";
import { InputRemainders } from "./input_remainders.ts";
import { IoMemory } from "./io_memory.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

function fixture(limitBytes = 64 * MIB): { io: IoMemory; remainders: InputRemainders } {
  const io = new IoMemory({ memory: new Uint8Array(16 * MIB) });
  return { io, remainders: new InputRemainders(io, 1, limitBytes) };
}

function kept(io: IoMemory, remainders: InputRemainders): Uint8Array {
  return io.memory.slice(remainders.start(0), remainders.end(0));
}

Deno.test("a remainder is copied aside and its region freed once it is consumed", () => {
  const { io, remainders } = fixture();
  const shared = io.allocate(1);
  io.memory.set([1, 2, 3, 4], shared);
  assert(remainders.keep(0, shared + 1, shared + 4));
  io.memory.fill(0, shared, shared + 4);
  assertEquals(kept(io, remainders), new Uint8Array([2, 3, 4]));
  assert(remainders.keep(0, shared + 2, shared + 2));
  assertEquals([remainders.size(0), io.usedBytes], [0, 16 * KIB]);
});

Deno.test("a message received piece by piece stays whole while its region grows", () => {
  const { io, remainders } = fixture();
  const shared = io.allocate(1);
  io.memory[shared] = 0;
  assert(remainders.keep(0, shared, shared + 1));
  let size = 1;
  while (size < 3 * MIB) {
    assert(remainders.makeRoom(0, 16 * KIB));
    const end = remainders.end(0);
    const room = Math.min(remainders.room(0), 300 * KIB);
    for (let i = 0; i < room; i++) io.memory[end + i] = size + i;
    assert(remainders.keep(0, remainders.start(0), end + room));
    size += room;
  }
  assertEquals(remainders.size(0), size);
  assert(kept(io, remainders).every((byte, i) => byte === (i & 255)));
});

Deno.test("a region much larger than what is left in it is exchanged", () => {
  const { io, remainders } = fixture();
  const shared = io.allocate(MIB);
  io.memory.fill(7, shared, shared + MIB);
  assert(remainders.keep(0, shared, shared + MIB));
  assert(remainders.keep(0, remainders.end(0) - 100, remainders.end(0)));
  assertEquals(kept(io, remainders), new Uint8Array(100).fill(7));
  assertEquals(io.usedBytes, MIB + 16 * KIB);
});

Deno.test("room is made by compaction when half of the region was consumed", () => {
  const { io, remainders } = fixture();
  const shared = io.allocate(64 * KIB);
  io.memory.fill(9, shared, shared + 64 * KIB);
  assert(remainders.keep(0, shared, shared + 64 * KIB));
  assert(remainders.keep(0, remainders.end(0) - 20 * KIB, remainders.end(0)));
  assert(remainders.makeRoom(0, 16 * KIB));
  assertEquals(remainders.room(0), 44 * KIB);
  assertEquals(kept(io, remainders), new Uint8Array(20 * KIB).fill(9));
});

Deno.test("more than the limit is not kept", () => {
  const { io, remainders } = fixture(20 * KIB);
  const shared = io.allocate(32 * KIB);
  assertEquals(remainders.keep(0, shared, shared + 21 * KIB), false);
  assert(remainders.keep(0, shared, shared + 20 * KIB));
  assertEquals(remainders.makeRoom(0, 16 * KIB), false);
});
