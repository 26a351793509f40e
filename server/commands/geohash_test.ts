import { assertEquals } from "@std/assert";
import {
  areaOf,
  cellOf,
  geohashOf,
  type GeoPoint,
  neighborOf,
  readPoint,
  scoreOfPoint,
  scoresOfCell,
} from "./geohash.ts";

const PALERMO: GeoPoint = { longitude: 13.361389, latitude: 38.115556 };

function pointOf(score: number): GeoPoint {
  const point = { longitude: 0, latitude: 0 };
  readPoint(score, point);
  return point;
}

Deno.test("a position becomes a score of 52 bits, and comes back as the middle of its cell", () => {
  assertEquals(scoreOfPoint(PALERMO), 3479099956230698);
  assertEquals(pointOf(3479099956230698), {
    longitude: 13.361389338970184,
    latitude: 38.115556395496298,
  });
});

Deno.test("a standard geohash has eleven characters, the last of which is always 0", () => {
  assertEquals(geohashOf(pointOf(3479099956230698)), "sqc8b49rny0");
});

Deno.test("what lies at the edge of the map is beyond the last cell of the grid", () => {
  const corner = { longitude: 180, latitude: 85.05112878 };
  assertEquals(cellOf(corner, 3), { column: 8, row: 8, steps: 3 });
  assertEquals(scoreOfPoint(corner), 3 * 2 ** 52);
  assertEquals(pointOf(scoreOfPoint(corner)), corner);
});

Deno.test("any score stands for a position", () => {
  const edge = { longitude: 180, latitude: 85.05112878 };
  for (const score of [2 ** 63, -1.5, -Infinity, Infinity, 1e300]) {
    const { longitude, latitude } = pointOf(score);
    assertEquals(Math.abs(longitude) <= edge.longitude, true);
    assertEquals(Math.abs(latitude) <= edge.latitude, true);
  }
  assertEquals(pointOf(1e300), pointOf(0));
});

Deno.test("a cell covers the scores of what lies in it", () => {
  const cell = cellOf(PALERMO, 10);
  const { min, end } = scoresOfCell(cell);
  const score = scoreOfPoint(PALERMO);
  assertEquals(min <= score && score < end, true);
  assertEquals(end - min, 2 ** 32);
  assertEquals(scoresOfCell({ column: 0, row: 0, steps: 1 }), { min: 0, end: 2 ** 50 });
});

Deno.test("behind an edge of the map lies the other one", () => {
  const cell = { column: 3, row: 0, steps: 2 };
  assertEquals(neighborOf(cell, 1, -1), { column: 0, row: 3, steps: 2 });
  assertEquals(neighborOf(cell, 0, 1), { column: 3, row: 1, steps: 2 });
});

Deno.test("the sides of a cell are degrees", () => {
  const sides = { west: -180, east: 0, south: 0, north: 85.05112878 };
  assertEquals(areaOf({ column: 0, row: 1, steps: 1 }), sides);
});
