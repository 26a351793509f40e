import { assertEquals } from "@std/assert";
import { type ProxyStatsView, sampleOf } from "./stats_sampler.ts";

const SERVER = {
  version: "7.0.15",
  uptimeSeconds: 1,
  clients: 2,
  opsPerSecond: 10,
  keys: 5,
  memoryBytes: 100,
  memoryBytesMax: null,
};

Deno.test("a sample sums the masters, and the proxies if all of them answered", () => {
  const servers = { a: SERVER, b: SERVER, replica: SERVER };
  const proxies = [proxy(3, 40), proxy(4, 50)];
  assertEquals(sampleOf({ servers, proxies }, ["a", "b"]), {
    proxyOps: 90,
    serverOps: 20,
    keys: 10,
    memoryBytes: 200,
    clients: 7,
  });
  assertEquals(
    sampleOf({ servers, proxies: [...proxies, proxy(1, null)] }, ["a"]).proxyOps,
    null,
  );
});

Deno.test("a master that is silent is left out; where all are, nothing is known", () => {
  const servers = { a: SERVER, b: null };
  assertEquals(sampleOf({ servers, proxies: [] }, ["a", "b"]).keys, 5);
  assertEquals(sampleOf({ servers, proxies: [] }, ["b"]), {
    proxyOps: null,
    serverOps: null,
    keys: null,
    memoryBytes: null,
    clients: null,
  });
});

function proxy(clients: number, opsPerSecond: number | null): ProxyStatsView {
  return {
    id: "p",
    boot: "b",
    addr: "",
    admin: null,
    state: "online",
    wanted: "online",
    appliedEpoch: 1,
    version: "",
    clients,
    opsPerSecond,
  };
}
