import { assertEquals } from "@std/assert";
import { SAMPLE_MIGRATION, SAMPLE_PROXY, sampleProduct } from "../tests/support/sample_product.ts";
import { healthOf } from "./health.ts";

Deno.test("a product that is well says so, and what is moving", () => {
  assertEquals(healthOf(sampleProduct()), {
    level: "good",
    sentence: "All 1024 slots are served.",
    reasons: [],
  });
  assertEquals(
    healthOf(sampleProduct({ migrations: [SAMPLE_MIGRATION] })).sentence,
    "All 1024 slots are served, 1 migration under way.",
  );
});

Deno.test("slots that belong to nobody, and masters that are silent, are problems of clients", () => {
  const product = sampleProduct({
    ranges: [{ range: [0, 511], phase: "stable", epoch: 2, owner: 1 }],
  });
  const servers = { ...product.stats.servers, "127.0.0.1:6381": null };
  assertEquals(healthOf({ ...product, stats: { ...product.stats, servers } }), {
    level: "bad",
    sentence: "Clients meet errors: 2 problems.",
    reasons: [
      {
        level: "bad",
        text: "512 slots belong to nobody: their keys cannot be read or written",
        href: "/slots/assign",
      },
      {
        level: "bad",
        text: "127.0.0.1:6381, master of group 1, does not answer: 512 slots",
        href: "/groups#group-1",
      },
    ],
  });
});

Deno.test("a proxy that has not applied what it had time for is to be looked at", () => {
  const product = sampleProduct();
  const proxies = [{ ...SAMPLE_PROXY, appliedEpoch: 6 }];
  assertEquals(healthOf({ ...product, stats: { ...product.stats, proxies } }), {
    level: "warning",
    sentence: "Clients are served, and 1 thing to look at.",
    reasons: [{
      level: "warning",
      text: "Proxy proxy-1 is at epoch 6, the topology at 7",
      href: "/proxies",
    }],
  });
});

Deno.test("without a proxy that takes clients nobody is served", () => {
  const product = sampleProduct();
  const resting = [{ ...SAMPLE_PROXY, state: "offline" }];
  const levelWith = (proxies: typeof resting) =>
    healthOf({ ...product, stats: { ...product.stats, proxies } }).reasons.map(({ text }) => text);
  assertEquals(levelWith(resting), ["No proxy takes clients"]);
  assertEquals(levelWith([]), ["No proxy is registered: clients have nowhere to connect"]);
});

Deno.test("before the first sample nothing is said of servers and proxies", () => {
  const product = sampleProduct();
  const stats = { ...product.stats, servers: {}, proxies: [], samples: [], settledEpoch: null };
  assertEquals(healthOf({ ...product, stats }).level, "good");
});

Deno.test("a coordinator that is away, and no leader, stop changes only", () => {
  const product = sampleProduct();
  const status = { ...product.status, leader: null, coordinator: "suspended" as const };
  const health = healthOf({ ...product, status });
  assertEquals([health.level, health.reasons.length], ["warning", 2]);
});
