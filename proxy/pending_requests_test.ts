import { assertEquals } from "@std/assert";
import { KIND_FORWARDED, KIND_INTERNAL, NONE, PendingRequests } from "./pending_requests.ts";

Deno.test("clients' requests are limited, the proxy's own are not", () => {
  const pending = new PendingRequests(2);
  const [first, second] = [pending.take(7, KIND_FORWARDED), pending.take(7, KIND_FORWARDED)];
  assertEquals(pending.full, true);
  assertEquals(pending.take(7, KIND_FORWARDED), NONE);
  assertEquals(pending.take(NONE, KIND_INTERNAL), 2);
  pending.give(first);
  assertEquals(pending.full, true);
  pending.give(second);
  assertEquals(pending.take(7, KIND_FORWARDED), second);
  assertEquals(pending.count, 2);
});

Deno.test("a request number means nothing of its last use", () => {
  const pending = new PendingRequests(5000);
  for (let i = 0; i < 3000; i++) pending.take(1, KIND_FORWARDED);
  pending.slot[2999] = 5;
  pending.attempts[2999] = 3;
  pending.heldSinceMs[2999] = 1;
  pending.replyStart[2999] = 8;
  pending.give(2999);
  assertEquals(pending.take(2, KIND_INTERNAL), 2999);
  const { session, slot, attempts, heldSinceMs, replyStart, next } = pending;
  const row = [session, slot, attempts, heldSinceMs, replyStart, next].map((its) => its[2999]);
  assertEquals(row, [2, NONE, 0, 0, NONE, NONE]);
});
