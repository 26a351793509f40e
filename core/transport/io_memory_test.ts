import { assert, assertEquals, assertThrows } from "@std/assert";
import { IoMemory } from "./io_memory.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

Deno.test("capacities are powers of two from 16 KiB to 1 MiB, then whole MiB", () => {
  const capacities = [0, 1, 16 * KIB, 16 * KIB + 1, 40 * KIB, MIB, MIB + 1, 3 * MIB, 3 * MIB + 1];
  assertEquals(
    capacities.map((size) => IoMemory.capacityFor(size)),
    [16 * KIB, 16 * KIB, 16 * KIB, 32 * KIB, 64 * KIB, MIB, 2 * MIB, 3 * MIB, 4 * MIB],
  );
});

Deno.test("regions stay inside of the range given", () => {
  const io = new IoMemory({ memory: new Uint8Array(5 * MIB), start: 100, end: 4 * MIB });
  // 100 rounds up to 16 KiB: three whole MiB remain.
  const regions = Array.from({ length: 4 }, () => io.allocate(MIB));
  assertEquals(regions, [16 * KIB, 16 * KIB + MIB, 16 * KIB + 2 * MIB, -1]);
  assertEquals(io.allocate(1), -1);
});

Deno.test("a range below 1 MiB is refused", () => {
  assertThrows(() => new IoMemory({ memory: new Uint8Array(MIB - 1) }), RangeError, "1 MiB");
});

Deno.test("the region freed last is given first", () => {
  const io = new IoMemory({ memory: new Uint8Array(2 * MIB) });
  const first = io.allocate(1);
  const second = io.allocate(1);
  io.free(first, 16 * KIB);
  assertEquals(io.allocate(1), first);
  io.free(second, 16 * KIB);
  assertEquals(io.allocate(1), second);
  assertEquals(io.usedBytes, 32 * KIB);
});

Deno.test("freed runs join their neighbours and are discarded", () => {
  const discarded: [number, number][] = [];
  const io = new IoMemory({
    memory: new Uint8Array(8 * MIB),
    discard: (start, end) => discarded.push([start / MIB, end / MIB]),
  });
  const [a, b, c] = [io.allocate(2 * MIB), io.allocate(3 * MIB), io.allocate(3 * MIB)];
  assertEquals([a, b, c], [0, 2 * MIB, 5 * MIB]);
  assertEquals(io.allocate(2 * MIB), -1);
  io.free(a, 2 * MIB);
  io.free(c, 3 * MIB);
  assertEquals(io.allocate(4 * MIB), -1);
  io.free(b, 3 * MIB);
  assertEquals(io.allocate(8 * MIB), 0);
  assertEquals(discarded, [[0, 2], [5, 8], [2, 5]]);
});

Deno.test("units of small regions serve large ones again once enough are empty", () => {
  const io = new IoMemory({ memory: new Uint8Array(16 * MIB) });
  const regions = Array.from({ length: 16 * 64 }, () => io.allocate(1));
  assertEquals([io.allocate(1), io.usedBytes], [-1, 16 * MIB]);
  for (const region of regions) io.free(region, 16 * KIB);
  assertEquals(io.usedBytes, 0);
  assert(io.allocate(8 * MIB) >= 0, "no large region after all small ones were freed");
});

Deno.test("views start where asked, and those of region starts are kept", () => {
  const io = new IoMemory({ memory: new Uint8Array(2 * MIB) });
  assertEquals(io.viewAt(16 * KIB), io.viewAt(16 * KIB));
  assert(io.viewAt(16 * KIB) === io.viewAt(16 * KIB));
  assertEquals(io.viewAt(16 * KIB + 5).byteOffset, 16 * KIB + 5);
});

Deno.test("random regions never overlap and everything can be freed", () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  let state = seed;
  const random = (below: number) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 8) % below;
  };
  const io = new IoMemory({ memory: new Uint8Array(64 * MIB) });
  const live: { base: number; capacity: number }[] = [];
  for (let i = 0; i < 5000; i++) {
    if (random(5) < 3) {
      const size = 1 << random(23);
      const base = io.allocate(size);
      if (base < 0) continue;
      const capacity = IoMemory.capacityFor(size);
      for (const other of live) {
        const apart = base >= other.base + other.capacity || other.base >= base + capacity;
        assert(apart, `seed ${seed}: [${base}, +${capacity}) overlaps [${other.base}, ...)`);
      }
      live.push({ base, capacity });
    } else if (live.length > 0) {
      const { base, capacity } = live.splice(random(live.length), 1)[0]!;
      io.free(base, capacity);
    }
  }
  assertEquals(io.usedBytes, live.reduce((sum, { capacity }) => sum + capacity, 0));
  for (const { base, capacity } of live) io.free(base, capacity);
  assertEquals(io.usedBytes, 0, `seed ${seed}`);
});

Deno.test("a pinned region is given out again only when it was freed and unpinned", () => {
  const io = new IoMemory({ memory: new Uint8Array(2 * MIB) });
  const region = io.allocate(1);
  io.pin(region);
  assertEquals([io.isPinned(region), io.isPinned(region + 16 * KIB)], [true, false]);
  io.free(region, 16 * KIB);
  assertEquals([io.usedBytes, io.allocate(1) === region], [16 * KIB, false]);
  io.unpin(region);
  assertEquals(io.isPinned(region), false);
  assertEquals(io.allocate(1), region);
});

Deno.test("a region that was unpinned before it was freed is free at once", () => {
  const io = new IoMemory({ memory: new Uint8Array(2 * MIB) });
  const region = io.allocate(1);
  io.pin(region);
  io.unpin(region);
  assertEquals(io.usedBytes, 16 * KIB);
  io.free(region, 16 * KIB);
  assertEquals([io.usedBytes, io.allocate(1)], [0, region]);
});

Deno.test("exact views have the bytes asked for, and the last at a region's start is kept", () => {
  const memory = new Uint8Array(2 * MIB);
  const io = new IoMemory({ memory });
  const region = io.allocate(1);
  const view = io.exactViewAt(region, 5);
  assertEquals([view.byteOffset, view.length, view.buffer], [region, 5, memory.buffer]);
  assertEquals(io.exactViewAt(region, 5) === view, true);
  assertEquals(io.exactViewAt(region, 6).length, 6);
  const inside = io.exactViewAt(region + 3, 4);
  assertEquals([inside.byteOffset, inside.length], [region + 3, 4]);
});
