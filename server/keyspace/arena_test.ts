import { assert, assertEquals } from "@std/assert";
import { SeededRandom, withSeed } from "../../tests/support/seeded_random.ts";
import { Arena, occupiedBytes } from "./arena.ts";
import { CELL_BYTES, CELLS_PER_SLAB, MAX_CELL_BYTES, SLAB_BYTES } from "./size_classes.ts";

const SEGMENT = 1 << 21;

Deno.test("cells above 256 bytes leave no usable tail in their slab", () => {
  for (let i = 1; i < CELL_BYTES.length; i++) {
    const tail = SLAB_BYTES - CELL_BYTES[i]! * CELLS_PER_SLAB[i]!;
    assert(tail < Math.max(256, 8 * CELLS_PER_SLAB[i]!), `class of ${CELL_BYTES[i]} loses ${tail}`);
  }
  assertEquals(CELL_BYTES[CELL_BYTES.length - 1], MAX_CELL_BYTES);
});

Deno.test("a request occupies about an eighth more at most than it asks for", () => {
  for (let bytes = 1; bytes < 9000; bytes += 3) {
    const occupied = occupiedBytes(bytes);
    assert(occupied >= bytes && occupied <= Math.max(bytes + 8, bytes * 1.16), `${bytes}`);
  }
});

Deno.test("the given memory is used from start to end and no further", () => {
  const memory = new Uint8Array(SEGMENT);
  const options = { memory, start: 100_000, end: 600_000, segmentBytes: SEGMENT, maxSegments: 1 };
  const arena = new Arena(options);
  for (let ref = arena.allocate(500); ref !== 0; ref = arena.allocate(500)) {
    const start = (ref & arena.segmentMask) * 8;
    memory.fill(1, start, start + arena.capacityOf(ref));
  }
  assertEquals(memory.indexOf(1) >= 100_000, true);
  assertEquals(memory.lastIndexOf(1) < 600_000, true);
  assert(arena.usedBytes > 400_000);
});

Deno.test("further segments are added when the first is full", () => {
  const arena = new Arena({ segmentBytes: SEGMENT, maxSegments: 3 });
  const refs: number[] = [];
  for (let ref = arena.allocate(30_000); ref !== 0; ref = arena.allocate(30_000)) refs.push(ref);
  assertEquals(new Set(refs.map((ref) => ref >>> arena.segmentShift)), new Set([0, 1, 2]));
  for (const ref of refs) arena.free(ref);
  assertEquals(arena.usedBytes, 0);
  const whole = arena.allocate(SEGMENT);
  assert(whole !== 0, "all pages of a segment joined again");
  assertEquals(arena.allocate(SEGMENT + 1), 0);
});

Deno.test("at the limit nothing is given, and freeing makes it available again", () => {
  const arena = new Arena({ segmentBytes: SEGMENT, maxBytes: 1 << 20 });
  const refs: number[] = [];
  for (let ref = arena.allocate(100); ref !== 0; ref = arena.allocate(100)) refs.push(ref);
  assertEquals(arena.allocatedBytes, 1 << 20);
  assertEquals(arena.allocate(200_000), 0);
  for (const ref of refs) arena.free(ref);
  assert(arena.allocate(1 << 20) !== 0, "the empty slab kept for its class is given up");
});

Deno.test("objects never overlap and their bytes stay through random churn", () => {
  withSeed((random) => {
    const arena = new Arena({ segmentBytes: SEGMENT, maxSegments: 4 });
    const live: { ref: number; bytes: number; mark: number }[] = [];
    let used = 0;
    for (let step = 0; step < 60_000; step++) {
      if (live.length > 0 && (random.below(2) === 0 || used > 6 << 20)) {
        const at = random.below(live.length);
        const { ref, bytes, mark } = live[at]!;
        const segment = arena.bytes[ref >>> arena.segmentShift]!;
        const start = (ref & arena.segmentMask) * 8;
        assertEquals([segment[start], segment[start + bytes - 1]], [mark, mark]);
        used -= arena.capacityOf(ref);
        arena.free(ref);
        live[at] = live[live.length - 1]!;
        live.pop();
      } else {
        const bytes = 1 + random.below([16, 300, 5000, 200_000][random.below(4)]!);
        const ref = arena.allocate(bytes);
        if (ref === 0) continue;
        const mark = random.below(256);
        const start = (ref & arena.segmentMask) * 8;
        assert(arena.capacityOf(ref) >= bytes);
        arena.bytes[ref >>> arena.segmentShift]!.fill(mark, start, start + arena.capacityOf(ref));
        used += arena.capacityOf(ref);
        live.push({ ref, bytes, mark });
      }
      assertEquals(arena.usedBytes, used);
    }
    for (const { ref } of live) arena.free(ref);
    assertEquals(arena.usedBytes, 0);
    assert(
      arena.allocatedBytes <= CELL_BYTES.length * SLAB_BYTES,
      "at most one slab per class stays",
    );
  });
});

Deno.test("churn of mixed sizes leaves little unused", () => {
  const random = new SeededRandom(7);
  const arena = new Arena({ segmentBytes: 1 << 26 });
  const live: number[] = [];
  for (let step = 0; step < 200_000; step++) {
    if (live.length > 20_000) {
      const at = random.below(live.length);
      arena.free(live[at]!);
      live[at] = live[live.length - 1]!;
      live.pop();
    }
    live.push(arena.allocate(20 + random.below(400)));
  }
  const ratio = arena.allocatedBytes / arena.usedBytes;
  assert(ratio < 1.35, `allocated ${ratio} times what is used`);
});
