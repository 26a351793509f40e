/**
 * Nobody who asks from a position misses a change without being told.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { CoordinatorNews } from "./coordinator_news.ts";

Deno.test("changes of the watched nodes and of those under them are told, each once", () => {
  const news = new CoordinatorNews();
  const { position } = news;
  for (const path of ["/p/a", "/p/a/1", "/p/a", "/p/a/1/deep", "/p/b"]) news.record(path);

  assertEquals(news.since(position, ["/p/a"]), {
    position: news.position,
    paths: ["/p/a", "/p/a/1"],
  });
});

Deno.test("what was told once is not told again", () => {
  const news = new CoordinatorNews();
  news.record("/a");
  const { position } = news.since(news.position, ["/a"]);

  assertEquals(news.since(position, ["/a"]).paths, []);
  news.record("/a");
  assertEquals(news.since(position, ["/a"]).paths, ["/a"]);
});

Deno.test("a position of another run, of the future or of nonsense is answered with a miss", () => {
  const news = new CoordinatorNews();
  news.record("/a");
  const run = news.position.split(":")[0]!;

  for (const position of ["", "other:1", `${run}:2`, `${run}:x`, run]) {
    assertEquals(news.since(position, ["/a"]), { position: news.position, paths: null }, position);
  }
});

Deno.test("a position from before what is remembered is answered with a miss", () => {
  const news = new CoordinatorNews(10);
  const positions = [news.position];
  for (let change = 1; change <= 25; change++) {
    news.record("/a");
    positions.push(news.position);
  }

  const known = positions.map((position) => news.since(position, ["/a"]).paths !== null);

  assertEquals(known.indexOf(true), 10);
  assertEquals(known.slice(10).every((each) => each), true);
});
