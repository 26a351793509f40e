import { assertEquals } from "@std/assert";
import { distanceMeters } from "./geo_distance.ts";

Deno.test("a distance follows the great circle", () => {
  const palermo = { longitude: 13.361389338970184, latitude: 38.115556395496298 };
  const catania = { longitude: 15.087267458438873, latitude: 37.502668423331621 };
  assertEquals(distanceMeters(palermo, catania).toFixed(4), "166274.1516");
});

Deno.test("on one meridian only the latitudes count", () => {
  const south = { longitude: 7, latitude: -1 };
  const north = { longitude: 7, latitude: 1 };
  assertEquals(distanceMeters(south, north).toFixed(4), "222452.6000");
  assertEquals(distanceMeters(south, south), 0);
});
