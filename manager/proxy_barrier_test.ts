/**
 * Which proxies a barrier counts on.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { partedProxies } from "./proxy_barrier.ts";
import type { ProxyNode } from "./proxy_use_cases.ts";

Deno.test("a proxy follows if all its workers do, and nothing of it is left at the two servers", () => {
  const proxies = [
    proxy("ready", { applied: [7, 9] }),
    proxy("elsewhere", { applied: [7], doubtful: ["h3:1"] }),
    proxy("behind", { applied: [9, 6] }),
    proxy("new", { applied: [] }),
    proxy("doubtful", { applied: [9], doubtful: ["h2:1"] }),
  ];

  const { following, silent } = partedProxies(proxies, 7, ["h1:1", "h2:1"]);

  assertEquals(following, new Set(["ready", "elsewhere"]));
  assertEquals(silent.map(({ boot }) => boot), ["behind", "new", "doubtful"]);
});

function proxy(boot: string, fields: Partial<ProxyNode>): ProxyNode {
  const node = { id: "p", boot, addr: "h:1", applied: [], doubtful: [], state: "online" };
  return { ...node, version: "", ...fields };
}
