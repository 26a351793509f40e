import { assertEquals } from "@std/assert";
import { coordinateText, distanceText, fixedText } from "./geo_text.ts";

Deno.test("a tie is rounded to the even digit, as C does", () => {
  assertEquals(fixedText(200.0078125, 6), "200.007812");
  assertEquals(fixedText(-200.0234375, 6), "-200.023438");
  assertEquals(fixedText(181, 6), "181.000000");
  assertEquals(fixedText(1e22, 6), "10000000000000000000000.000000");
  assertEquals(fixedText(-Infinity, 6), "-inf");
});

Deno.test("a coordinate has no zeros at its end", () => {
  const coordinates = [13.361389338970184, 180, -0, -1e-20, 10, 0.5];
  const texts = ["13.36138933897018433", "180", "0", "0", "10", "0.5"];
  assertEquals(coordinates.map(coordinateText), texts);
});

Deno.test("a distance has four digits behind the point", () => {
  const distances = [0, 0.00005, 0.00025, 5.2144992818115, 166274.15156960, 9.99999];
  const texts = ["0.0000", "0.0000", "0.0002", "5.2145", "166274.1516", "10.0000"];
  assertEquals(distances.map(distanceText), texts);
});
