import { assertEquals } from "@std/assert";
import { adminApp } from "./admin_server.ts";

Deno.test("the admin port tells the proxy's status", async () => {
  const app = adminApp(() => Promise.resolve({ id: "p1", topologyEpoch: 7 }));

  const response = await app.request("/status");

  assertEquals([response.status, await response.json()], [200, { id: "p1", topologyEpoch: 7 }]);
});

Deno.test("the admin port names what it does not have", async () => {
  const response = await adminApp(() => Promise.resolve({})).request("/nothing");

  assertEquals([response.status, await response.json()], [404, {
    error: { code: "not-found", message: "nothing is at /nothing", hint: "/status" },
  }]);
});
