import { assertEquals } from "@std/assert";
import {
  CORRUPT,
  countSparse,
  mergeSparse,
  raiseSparse,
  TOO_BIG,
  UNCHANGED,
  writeEmptySparse,
} from "./sparse_registers.ts";
import { REGISTER_COUNT } from "./registers.ts";
import { DENSE_BYTES, denseRegister, mergeDense, raiseDense } from "./dense_registers.ts";

/** A sparse form of one register after the other. */
function sparseOf(changes: readonly (readonly [index: number, run: number])[]): Uint8Array {
  const bytes = new Uint8Array(100);
  writeEmptySparse(bytes, 0);
  let end = 2;
  for (const [index, run] of changes) {
    const raised = raiseSparse(bytes, 0, end, 96, index, run);
    if (raised >= 0) end = raised;
  }
  return bytes.slice(0, end);
}

Deno.test("an empty form is one run of zeros", () => {
  assertEquals(sparseOf([]), Uint8Array.of(0x7f, 0xff));
});

Deno.test("a run is split at the register that rises", () => {
  assertEquals(sparseOf([[0, 1]]), Uint8Array.of(0x80, 0x7f, 0xfe));
  assertEquals(sparseOf([[16383, 32]]), Uint8Array.of(0x7f, 0xfe, 0xfc));
  assertEquals(sparseOf([[64, 2]]), Uint8Array.of(0x3f, 0x84, 0x7f, 0xbe));
  assertEquals(sparseOf([[65, 2]]), Uint8Array.of(0x40, 0x40, 0x84, 0x7f, 0xbd));
});

Deno.test("neighbours of one value are joined, up to four", () => {
  const alike = Array.from({ length: 5 }, (_, index) => [index, 3] as const);
  assertEquals(sparseOf(alike), Uint8Array.of(0x8b, 0x88, 0x7f, 0xfa));
  assertEquals(sparseOf([...alike, [1, 4]]), Uint8Array.of(0x88, 0x8c, 0x8a, 0x7f, 0xfa));
});

Deno.test("a register rises only, and only as far as the form can say", () => {
  const bytes = new Uint8Array(16);
  bytes.set(sparseOf([[7, 9]]));
  const raise = (index: number, run: number, limit = 16) =>
    raiseSparse(bytes, 0, 4, limit, index, run);
  assertEquals(raise(7, 9), UNCHANGED);
  assertEquals(raise(7, 8), UNCHANGED);
  assertEquals(raise(7, 33), TOO_BIG);
  assertEquals(raise(9, 1, 5), TOO_BIG);
  assertEquals(raiseSparse(bytes, 0, 2, 16, 9, 1), CORRUPT);
  assertEquals(bytes.slice(0, 4), sparseOf([[7, 9]]));
});

Deno.test("both forms hold the same registers", () => {
  const dense = new Uint8Array(DENSE_BYTES + 1);
  const changes = [[0, 1], [1, 1], [2, 32], [3, 5], [4000, 7], [16383, 31]] as const;
  for (const [index, run] of changes) raiseDense(dense, 1, index, run);
  const fromSparse = new Uint8Array(REGISTER_COUNT);
  const fromDense = new Uint8Array(REGISTER_COUNT);
  const sparse = sparseOf(changes);
  assertEquals(mergeSparse(sparse, 0, sparse.length, fromSparse), true);
  mergeDense(dense, 1, fromDense);
  assertEquals(fromSparse, fromDense);
  assertEquals(changes.map(([index]) => denseRegister(dense, 1, index)), changes.map(([, r]) => r));
  assertEquals(raiseDense(dense, 1, 3, 5), false);
});

Deno.test("registers that are missing, or too many, are noticed", () => {
  const isWhole = (...bytes: number[]) => {
    const body = Uint8Array.from(bytes);
    return [
      mergeSparse(body, 0, body.length, new Uint8Array(REGISTER_COUNT)),
      countSparse(body, 0, body.length, new Uint32Array(64)),
    ];
  };
  assertEquals(isWhole(0x7f, 0xff), [true, true]);
  assertEquals(isWhole(0x7f, 0xfe), [false, false]);
  assertEquals(isWhole(0x7f, 0xff, 0x00), [false, false]);
  assertEquals(isWhole(0x7f, 0xff, 0x80), [false, false]);
  assertEquals(isWhole(0x7f, 0xfe, 0x84), [true, true]);
});
