import { assertEquals } from "@std/assert";
import { expandRoutes } from "./routes.ts";
import { serversOf } from "./server_list.ts";

Deno.test("every server that has or receives slots is listed once, by address", () => {
  const routes = expandRoutes({
    epoch: 1,
    ranges: [
      { first: 0, last: 99, route: { kind: "direct", address: "10.0.0.2:6379" } },
      { first: 100, last: 199, route: { kind: "direct", address: "10.0.0.1:6379" } },
      {
        first: 200,
        last: 200,
        route: { kind: "migrating", from: "10.0.0.1:6379", to: "10.0.0.3:6379", slotEpoch: 1 },
      },
    ],
  });
  assertEquals(serversOf(routes), {
    addresses: ["10.0.0.1:6379", "10.0.0.2:6379", "10.0.0.3:6379"],
    heldSlot: -1,
  });
});

Deno.test("a slot on hold is named", () => {
  const routes = expandRoutes({
    epoch: 1,
    ranges: [{ first: 7, last: 7, route: { kind: "hold" } }],
  });
  assertEquals(serversOf(routes), { addresses: [], heldSlot: 7 });
});
