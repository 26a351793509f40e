import { assert, assertEquals } from "@std/assert";
import { withSeed } from "../../tests/support/seeded_random.ts";
import { Arena } from "./arena.ts";
import { SCAN_END, SlotIndex } from "./slot_index.ts";

const SLOT = 5;

function smallArena(maxBytes = Infinity): Arena {
  return new Arena({ segmentBytes: 1 << 24, maxSegments: 2, maxBytes });
}

function lookUp(index: SlotIndex, hash: number): number[] {
  const entries: number[] = [];
  for (let entry = index.first(SLOT, hash); entry !== 0; entry = index.next()) entries.push(entry);
  return entries.sort((a, b) => a - b);
}

function scanAll(index: SlotIndex, slot = SLOT): number[] {
  const entries: number[] = [];
  for (let at = 0; at < SCAN_END;) at = index.scan(slot, at, 10, entries);
  return entries;
}

Deno.test("entries are found and gone through every size from one to many blocks and back", () => {
  withSeed((random) => {
    const arena = smallArena();
    const index = new SlotIndex(arena);
    const hashes: number[] = [];
    let depth = 0;
    for (let ref = 1; ref <= 40_000; ref++) {
      const hash = ((random.below(65536) << 16) | random.below(65536)) & ~1023 | SLOT;
      hashes.push(hash);
      assert(index.insert(SLOT, hash, ref));
      if (index.rootOf(SLOT).depth !== depth) {
        depth = index.rootOf(SLOT).depth;
        hashes.forEach((hash, i) => assert(index.locate(SLOT, hash, i + 1)));
      }
    }
    assertEquals(depth, 4);
    assertEquals(new Set(scanAll(index)).size, 40_000);
    const order = hashes.map((_, i) => i).sort(() => random.below(3) - 1);
    for (const i of order) {
      assert(index.locate(SLOT, hashes[i]!, i + 1));
      index.remove(SLOT, hashes[i]!);
      assertEquals(index.locate(SLOT, hashes[i]!, i + 1), false);
    }
    assertEquals([index.isEmpty(SLOT), arena.usedBytes], [true, 0]);
  });
});

Deno.test("random insertions and removals agree with a map of lists", () => {
  withSeed((random) => {
    const index = new SlotIndex(smallArena());
    const model = new Map<number, number[]>();
    let ref = 0;
    for (let step = 0; step < 60_000; step++) {
      const growing = step % 20_000 < 12_000;
      // Few distinct hashes, near the ends of the range too, so that places collide and wrap round.
      const hash = ((random.below(2) ? random.below(3000) : -random.below(3000)) * 1431655) | 0;
      const entries = model.get(hash) ?? [];
      if (random.below(10) < (growing ? 7 : 2)) {
        ref++;
        assert(index.insert(SLOT, hash, ref));
        model.set(hash, [...entries, ref]);
      } else if (entries.length > 0) {
        const gone = entries[random.below(entries.length)]!;
        assert(index.locate(SLOT, hash, gone));
        index.remove(SLOT, hash);
        model.set(hash, entries.filter((entry) => entry !== gone));
      }
      assertEquals(lookUp(index, hash), model.get(hash) ?? []);
    }
    const left = [...model.values()].flat().sort((a, b) => a - b);
    assertEquals(scanAll(index).sort((a, b) => a - b), left);
  });
});

Deno.test("entries that come in the order of their hashes stay near their places", () => {
  withSeed((random) => {
    const index = new SlotIndex(smallArena());
    const hashes = Array.from(
      { length: 40_000 },
      () => ((random.below(65536) * 65536 + random.below(65536)) & ~1023 | SLOT) >>> 0,
    ).sort((a, b) => a - b);
    // One that does not come in order, as the record of a tag.
    assert(index.insert(SLOT, 0xe0000000 | 0, 40_001));
    let deepest = 0;
    hashes.forEach((hash, i) => {
      assert(index.insert(SLOT, hash | 0, i + 1));
      deepest = Math.max(deepest, index.rootOf(SLOT).depth);
      // No block ever holds much more than what one of its size would be split at.
      if (i === 10_000) assert(index.rootOf(SLOT).depth >= 4, `${index.rootOf(SLOT).depth}`);
    });
    assert(deepest <= 6, `a directory of ${2 ** deepest}`);
    assertEquals(new Set(scanAll(index)).size, 40_001);
    hashes.forEach((hash, i) => assert(index.locate(SLOT, hash | 0, i + 1)));
  });
});

Deno.test("a flood of equal hashes grows its block and leaves the directory small", () => {
  const index = new SlotIndex(smallArena());
  for (let ref = 1; ref <= 9000; ref++) assert(index.insert(SLOT, 0x12345678, ref));
  assertEquals(index.rootOf(SLOT).depth, 0);
  assertEquals(lookUp(index, 0x12345678).length, 9000);
  assertEquals(scanAll(index).length, 9000);
});

Deno.test("a scan sees each entry that stays exactly once while the slot grows and shrinks", () => {
  withSeed((random) => {
    for (const [before, direction] of [[200, 1], [9000, 1], [30_000, -1], [12_000, 0]] as const) {
      const index = new SlotIndex(smallArena());
      const hashes = new Map<number, number>();
      let ref = 0;
      const add = () => {
        const hash = ((random.below(65536) << 16) | random.below(65536)) & ~1023 | SLOT;
        hashes.set(++ref, hash);
        index.insert(SLOT, hash, ref);
      };
      while (ref < before) add();
      const staying = new Set([...hashes.keys()].filter((_, i) => i % 10 === 0));
      const doomed = [...hashes.keys()].filter((key) => !staying.has(key));
      const seen: number[] = [];
      for (let at = 0; at < SCAN_END;) {
        at = index.scan(SLOT, at, 50, seen);
        for (let i = 0; i < 200; i++) {
          if (direction > 0 || (direction === 0 && random.below(2))) add();
          const gone = direction > 0 ? undefined : doomed.pop();
          if (gone === undefined) continue;
          index.locate(SLOT, hashes.get(gone)!, gone);
          index.remove(SLOT, hashes.get(gone)!);
        }
      }
      assertEquals(new Set(seen).size, seen.length, "no entry twice");
      const counted = new Set(seen);
      for (const entry of staying) assert(counted.has(entry), `entry ${entry} missed`);
    }
  });
});

Deno.test("without memory to grow an insertion is refused and nothing is lost", () => {
  const index = new SlotIndex(smallArena(1 << 17));
  let count = 0;
  while (index.insert(count & 1023, Math.imul(count, 0x9e3779b1), count + 1)) count++;
  assert(count > 1024);
  let found = 0;
  for (let slot = 0; slot < 1024; slot++) found += scanAll(index, slot).length;
  assertEquals(found, count);
});
