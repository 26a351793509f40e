import { assertEquals } from "@std/assert";
import { readServerStats } from "./server_stats.ts";

Deno.test("INFO is read field by field, keys summed over databases", () => {
  const text = [
    "# Server",
    "redis_version:7.0.15",
    "uptime_in_seconds:12",
    "",
    "connected_clients:3",
    "used_memory:1048576",
    "maxmemory:0",
    "instantaneous_ops_per_sec:250",
    "# Keyspace",
    "db0:keys=5,expires=1,avg_ttl=0",
    "db3:keys=7,expires=0,avg_ttl=0",
  ].join("\r\n");
  assertEquals(readServerStats(text), {
    version: "7.0.15",
    uptimeSeconds: 12,
    clients: 3,
    opsPerSecond: 250,
    keys: 12,
    memoryBytes: 1_048_576,
    memoryBytesMax: null,
  });
});

Deno.test("fields that INFO does not have count as nothing", () => {
  assertEquals(readServerStats("maxmemory:100\nnonsense"), {
    version: "",
    uptimeSeconds: 0,
    clients: 0,
    opsPerSecond: 0,
    keys: 0,
    memoryBytes: 0,
    memoryBytesMax: 100,
  });
});
