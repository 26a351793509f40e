import { assertEquals, assertThrows } from "@std/assert";
import { parseArguments } from "./argument_syntax.ts";

const plain = { flags: [], parts: [] };

Deno.test("values have a name and a type", () => {
  assertEquals(parseArguments("key@0 value count#int ip:port"), [
    { ...plain, name: "key", type: "key", keySpecIndex: 0 },
    { ...plain, name: "value", type: "string" },
    { ...plain, name: "count", type: "integer" },
    { ...plain, name: "ip:port", type: "string" },
  ]);
});

Deno.test("words stand alone, renamed or in front of a value", () => {
  assertEquals(parseArguments("NX CH=change EX:seconds#int *=auto_id ''=empty"), [
    { ...plain, name: "nx", type: "pure-token", token: "NX" },
    { ...plain, name: "change", type: "pure-token", token: "CH" },
    { ...plain, name: "seconds", type: "integer", token: "EX" },
    { ...plain, name: "auto_id", type: "pure-token", token: "*" },
    { ...plain, name: "empty", type: "pure-token", token: "" },
  ]);
});

Deno.test("choices and groups have parts", () => {
  assertEquals(parseArguments("[LIMIT:range(offset#int count#int)] order<ASC|DESC>"), [
    {
      name: "range",
      type: "block",
      token: "LIMIT",
      flags: ["optional"],
      parts: [
        { ...plain, name: "offset", type: "integer" },
        { ...plain, name: "count", type: "integer" },
      ],
    },
    {
      ...plain,
      name: "order",
      type: "oneof",
      parts: [
        { ...plain, name: "asc", type: "pure-token", token: "ASC" },
        { ...plain, name: "desc", type: "pure-token", token: "DESC" },
      ],
    },
  ]);
});

Deno.test("repetition and versions follow the argument", () => {
  assertEquals(parseArguments("key@0... [GET:pattern#pattern@1...+^6.2.0] old!2.8.12"), [
    { name: "key", type: "key", keySpecIndex: 0, flags: ["multiple"], parts: [] },
    {
      name: "pattern",
      type: "pattern",
      keySpecIndex: 1,
      token: "GET",
      since: "6.2.0",
      flags: ["optional", "multiple", "multiple_token"],
      parts: [],
    },
    { ...plain, name: "old", type: "string", deprecatedSince: "2.8.12" },
  ]);
});

Deno.test("nothing is no argument", () => {
  assertEquals(parseArguments(""), []);
});

Deno.test("broken notation is refused with its place", () => {
  assertThrows(() => parseArguments("a b("), SyntaxError, 'expected a name at 4 of "a b("');
  assertThrows(() => parseArguments("[a"), SyntaxError, 'expected "]" at 2');
  assertThrows(() => parseArguments("a#float"), SyntaxError, 'expected a type, not "float"');
  assertThrows(() => parseArguments("a]"), SyntaxError, "expected the end at 1");
});
