import { assertEquals } from "@std/assert";
import { TimerHeap } from "./timer_heap.ts";

function fireAll(heap: TimerHeap, nowMs: number): void {
  const { lastId } = heap;
  for (;;) {
    const callback = heap.takeDue(nowMs, lastId);
    if (callback === undefined) return;
    callback();
  }
}

Deno.test("timers fire by deadline, those of one deadline in the order they were set", () => {
  const heap = new TimerHeap();
  const fired: string[] = [];
  for (
    const [deadlineMs, name] of [[30, "d"], [10, "a"], [20, "b"], [20, "c"], [40, "e"]] as const
  ) {
    heap.add(deadlineMs, () => fired.push(name));
  }
  assertEquals(heap.nextDeadlineMs, 10);
  fireAll(heap, 30);
  assertEquals(fired, ["a", "b", "c", "d"]);
  assertEquals([heap.size, heap.nextDeadlineMs], [1, 40]);
});

Deno.test("a removed timer does not fire and an unknown id is ignored", () => {
  const heap = new TimerHeap();
  const fired: number[] = [];
  const ids = [5, 1, 4, 2, 3].map((deadlineMs) =>
    heap.add(deadlineMs, () => fired.push(deadlineMs))
  );
  heap.remove(ids[2]!);
  heap.remove(ids[2]!);
  heap.remove(999);
  fireAll(heap, 10);
  assertEquals(fired, [1, 2, 3, 5]);
  assertEquals(heap.nextDeadlineMs, Infinity);
});

Deno.test("a timer that is set while timers fire waits for the next time", () => {
  const heap = new TimerHeap();
  let count = 0;
  const again = () => {
    count++;
    heap.add(0, again);
  };
  heap.add(0, again);
  fireAll(heap, 1);
  assertEquals(count, 1);
  fireAll(heap, 1);
  assertEquals(count, 2);
});

Deno.test("random additions and removals leave deadlines in order", () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  let state = seed;
  const random = (below: number) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 8) % below;
  };
  const heap = new TimerHeap();
  const pending = new Map<number, number>();
  const fired: number[] = [];
  for (let i = 0; i < 2000; i++) {
    const deadlineMs = random(500);
    const id = heap.add(deadlineMs, () => fired.push(deadlineMs));
    pending.set(id, deadlineMs);
    if (random(3) === 0) {
      const victim = [...pending.keys()][random(pending.size)]!;
      heap.remove(victim);
      pending.delete(victim);
    }
  }
  fireAll(heap, 500);
  assertEquals(fired, [...pending.values()].sort((a, b) => a - b), `seed ${seed}`);
});
