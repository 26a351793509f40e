import { assertEquals } from "@std/assert";
import { nextScanCursor, parseScanCursor } from "./scan_cursor.ts";

Deno.test("a scan starts at the first server", () => {
  assertEquals(parseScanCursor("0"), { index: 0, own: 0n });
});

Deno.test("a shown cursor carries the server and its cursor", () => {
  const shown = nextScanCursor(917504n, 3, 5);
  assertEquals(parseScanCursor(String(shown)), { index: 3, own: 917504n });
});

Deno.test("a finished server leads to the next one, the last to the end", () => {
  assertEquals(parseScanCursor(String(nextScanCursor(0n, 0, 2))), { index: 1, own: 0n });
  assertEquals(nextScanCursor(0n, 1, 2), 0n);
});

Deno.test("what is no cursor is refused", () => {
  assertEquals(["", "x", "-1", "1.5", "18446744073709551616"].map(parseScanCursor), [
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

Deno.test("a server's cursor beyond 53 bits cannot be shown", () => {
  assertEquals(nextScanCursor(2n ** 53n, 0, 2), undefined);
});
