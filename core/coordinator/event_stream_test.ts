import { assertEquals, assertThrows } from "@std/assert";
import { EventStream } from "./event_stream.ts";

const TEXT = "event: changed\ndata: [1]\ndata: [2]\nid: b:7\n\n: a comment\n\r\ndata:x\r\n\r\n" +
  "event: still\ndata: \n\n";

const EVENTS = [
  { event: "changed", data: "[1]\n[2]", id: "b:7" },
  { event: "message", data: "x", id: "b:7" },
  { event: "still", data: "", id: "b:7" },
];

Deno.test("events are read whole, with the last id that was told", () => {
  assertEquals(new EventStream().take(TEXT), EVENTS);
});

Deno.test("events are the same however the text is cut", () => {
  for (const size of [1, 2, 3, 7]) {
    const stream = new EventStream();
    const pieces = Array.from(
      { length: Math.ceil(TEXT.length / size) },
      (_, index) => TEXT.slice(index * size, (index + 1) * size),
    );

    assertEquals(pieces.flatMap((piece) => stream.take(piece)), EVENTS, `pieces of ${size}`);
  }
});

Deno.test("an event that is not finished is not handed on", () => {
  assertEquals(new EventStream().take("event: changed\ndata: [1]\n"), []);
});

Deno.test("a line without an end is refused at a limit", () => {
  assertThrows(() => new EventStream().take("x".repeat(4_000_001)), RangeError);
});
