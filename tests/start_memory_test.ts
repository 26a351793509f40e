import { assert, assertEquals } from "@std/assert";
import { releaseStartMemory } from "../core/transport/start_memory.ts";

/** Resident bytes that are backed by files: code and constants of the runtime. */
function residentFileBytes(): number {
  const status = Deno.readTextFileSync("/proc/self/status");
  return Number(/^RssFile:\s+(\d+) kB/m.exec(status)![1]) * 1024;
}

Deno.test("code that only the start needed is no longer resident, and still runs", () => {
  new Intl.DateTimeFormat("de", { dateStyle: "full" }).format(0);
  const before = residentFileBytes();
  assertEquals(releaseStartMemory(), true);
  const after = residentFileBytes();
  assert(after < before / 2, `${after} of ${before} bytes are still resident`);
  assertEquals(new Intl.DateTimeFormat("de", { timeZone: "UTC" }).format(0), "1.1.1970");
});
