import { assertEquals, assertThrows } from "@std/assert";
import { commandId, commandNamed, COMMANDS } from "./table.ts";

/** Names of the rows for which `wrong` holds. */
function namesWhere(wrong: (command: typeof COMMANDS[number]) => boolean): string[] {
  return COMMANDS.filter(wrong).map((command) => command.name);
}

Deno.test("no name stands twice", () => {
  assertEquals(new Set(COMMANDS.map((command) => command.name)).size, COMMANDS.length);
});

Deno.test("a row's id is its position", () => {
  assertEquals(COMMANDS.map((command) => command.id), COMMANDS.map((_, index) => index));
});

Deno.test("what is routed by its keys has keys", () => {
  const wrong = namesWhere(({ request, keys }) =>
    (request === "one-slot" || request === "split") && keys === undefined
  );
  assertEquals(wrong, []);
});

Deno.test("only a reply of several groups is merged", () => {
  const wrong = namesWhere(({ request, reply }) =>
    (request === "split" || request === "all-groups") === (reply === "pass") &&
    request !== "special"
  );
  assertEquals(wrong, []);
});

Deno.test("what is split has one plain range of keys, so that it can be cut", () => {
  const wrong = namesWhere(({ request, keys = [] }) =>
    request === "split" &&
    !(keys.length === 1 && keys[0]!.begin.kind === "index" && keys[0]!.find.kind === "range")
  );
  assertEquals(wrong, []);
});

Deno.test("nothing that writes by keys is sent to a group at random", () => {
  assertEquals(
    namesWhere(({ request, keys }) => request === "any-group" && keys !== undefined),
    [],
  );
});

Deno.test("what may block has a connection of its own or is decided case by case", () => {
  const wrong = namesWhere(({ flags, request }) =>
    flags.includes("blocking") && request !== "dedicated" && request !== "special" &&
    request !== "unsupported"
  );
  assertEquals(wrong, []);
});

Deno.test("a row is found by its name, and its absence is told", () => {
  assertEquals(commandNamed("CLIENT|list")?.arity, -2);
  assertEquals(commandNamed("nosuch"), undefined);
  assertThrows(() => commandId("nosuch"), RangeError, 'no command "nosuch"');
});
