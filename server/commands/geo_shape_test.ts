import { assertEquals } from "@std/assert";
import { cellsOf, distanceInside, type GeoShape } from "./geo_shape.ts";

const CENTER = { longitude: 10, latitude: 10 };

function circle(radius: number): GeoShape {
  return { center: CENTER, extent: { kind: "circle", radius }, unitMeters: 1000 };
}

Deno.test("an area of no extent is one cell", () => {
  assertEquals(cellsOf(circle(0)).length, 1);
});

Deno.test("an area is covered by cells about its size, none of them twice", () => {
  const cells = cellsOf(circle(100));
  assertEquals(cells[0]!.steps, 7);
  assertEquals(new Set(cells.map(({ column, row }) => `${column} ${row}`)).size, cells.length);
  assertEquals(cellsOf(circle(20_000)).map(({ column, row }) => [column, row]), [
    [1, 1],
    [1, 0],
    [0, 1],
    [0, 0],
  ]);
});

Deno.test("a circle has what is near enough", () => {
  const near = { longitude: 10, latitude: 10.5 };
  assertEquals(distanceInside(circle(56), near)?.toFixed(0), "55613");
  assertEquals(distanceInside(circle(55), near), undefined);
});

Deno.test("a box has what is near enough in either direction", () => {
  const box: GeoShape = {
    center: CENTER,
    extent: { kind: "box", width: 100, height: 200 },
    unitMeters: 1000,
  };
  assertEquals(distanceInside(box, { longitude: 10, latitude: 10.8 }) !== undefined, true);
  assertEquals(distanceInside(box, { longitude: 10.8, latitude: 10 }), undefined);
  assertEquals(distanceInside(box, { longitude: 10, latitude: 11 }), undefined);
});
