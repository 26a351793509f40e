/**
 * What command lines mean.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { UsageError } from "../core/command_line.ts";
import { isForClient, MANAGER_DEFAULT, readClientCommand } from "./command_line.ts";

Deno.test("a noun makes it a client's line, but not as a flag's value", () => {
  assertEquals(isForClient([]), false);
  assertEquals(isForClient(["--listen", "127.0.0.1:0"]), false);
  assertEquals(isForClient(["--product", "server"]), false);
  assertEquals(isForClient(["--json", "server", "list"]), true);
  assertEquals(isForClient(["--help"]), true);
});

Deno.test("the manager and the token come from flags, then from the environment", () => {
  const env = (name: string) => ({ CODIS_TOKEN: "t", CODIS_MANAGER: "http://h:1" })[name];
  const line = read(["server", "list"], env);
  assertEquals([line.manager, line.token, line.json], ["http://h:1", "t", false]);
  const flags = ["--manager", "http://g:2", "--token", "u", "--json"];
  const other = read([...flags, "server", "list"], env);
  assertEquals([other.manager, other.token, other.json], ["http://g:2", "u", true]);
  assertEquals(read(["server", "list"]).manager, MANAGER_DEFAULT);
});

Deno.test("wrong usage is told by the word that is wrong", () => {
  const cases: [string, string][] = [
    ["bogus list", 'unknown noun "bogus"'],
    ["server", '"server" alone says nothing'],
    ["server bogus", 'unknown verb "bogus"'],
    ["server add 1", "the address is missing"],
    ["server add 1 nowhere", 'Cannot read address "nowhere"'],
    ["server add 0 h:1", 'the group is "0"'],
    ["server add 1 h:1 slave", 'the role is "slave"'],
    ["settings set colour red", 'unknown setting "colour": wanted emptyTag, redirectTimeoutMs'],
    ["settings set emptyTag both", 'emptyTag is "both": wanted hash-empty or hash-key'],
    ["settings set redirectTimeoutMs soon", 'redirectTimeoutMs is "soon"'],
    ["server list more", '"more" is one word too many'],
    ["server list --wait", "unknown flag --wait"],
    ["slot info 1024", 'the slot is "1024"'],
    ["slot range-set 5 4 1", "the slots are 5 to 4"],
    ["slot migrate 0 1 2 --delay x", '--delay is "x"'],
    ["slot migrate 0 1 2 --bogus", "unknown flag --bogus"],
    ["slot rebalance --wait", "--wait is for what is done"],
    ["--manager nowhere server list", '--manager is "nowhere"'],
  ];
  for (const [line, message] of cases) {
    assertThrows(() => read(line.split(" ")), UsageError, message);
  }
});

Deno.test("every verb is in the help", () => {
  const help = readClientCommand(["--help"], () => undefined);
  assert(help.kind === "help");
  for (const verb of ["slot migrate FROM TO G", "server add G HOST:PORT", "proxy offline ID"]) {
    assertStringIncludes(help.text, verb);
  }
  const slots = readClientCommand(["slot", "--help"], () => undefined);
  assert(slots.kind === "help" && !slots.text.includes("proxy"));
});

function read(
  args: readonly string[],
  env: (name: string) => string | undefined = () => undefined,
): Extract<ReturnType<typeof readClientCommand>, { kind: "run" }> {
  const command = readClientCommand(args, env);
  assert(command.kind === "run");
  return command;
}
