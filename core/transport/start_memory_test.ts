import { assertEquals } from "@std/assert";
import { codeRanges } from "./start_memory.ts";

const ENTRY_BYTES = 56;
const LOADED_AT = 0x5500_0000_0000n;

interface Entry {
  type: number;
  flags: number;
  address: bigint;
  byteCount: bigint;
}

function programHeaders(entries: Entry[]): DataView {
  const view = new DataView(new ArrayBuffer(entries.length * ENTRY_BYTES));
  entries.forEach((entry, index) => {
    const at = index * ENTRY_BYTES;
    view.setUint32(at, entry.type, true);
    view.setUint32(at + 4, entry.flags, true);
    view.setBigUint64(at + 16, entry.address, true);
    view.setBigUint64(at + 32, entry.byteCount, true);
  });
  return view;
}

const SELF: Entry = { type: 6, flags: 4, address: 0x40n, byteCount: 0x230n };
const READ_ONLY: Entry = { type: 1, flags: 4, address: 0n, byteCount: 0x25000n };
const CODE: Entry = { type: 1, flags: 5, address: 0x31000n, byteCount: 0x40000n };
const DATA: Entry = { type: 1, flags: 6, address: 0x80000n, byteCount: 0x40000n };

Deno.test("segments without write access are named in whole pages, where they were loaded", () => {
  assertEquals(
    codeRanges(programHeaders([SELF, READ_ONLY, CODE, DATA]), ENTRY_BYTES, LOADED_AT + 0x40n),
    [
      { start: LOADED_AT, byteCount: 0x20000n },
      { start: LOADED_AT + 0x40000n, byteCount: 0x30000n },
    ],
  );
});

Deno.test("a segment of less than a page is left alone", () => {
  const small: Entry = { type: 1, flags: 5, address: 0x1000n, byteCount: 0x2000n };
  assertEquals(codeRanges(programHeaders([SELF, small]), ENTRY_BYTES, LOADED_AT + 0x40n), []);
});

Deno.test("an executable that does not say where its headers lie is left alone", () => {
  assertEquals(codeRanges(programHeaders([READ_ONLY]), ENTRY_BYTES, LOADED_AT + 0x40n), []);
});
