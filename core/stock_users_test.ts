/**
 * The names of users at stock servers, and what the servers say of them.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import {
  managerUserName,
  proxyUserName,
  readUsers,
  shutOutCommands,
  stockUserOf,
} from "./stock_users.ts";

const BOOT = "0123456789abcdef";

Deno.test("stockUserOf() reads what the names were made of, whatever the proxy's id", () => {
  for (const id of ["p", "proxy-1", "mgr-7", "a b:c", `x-${BOOT}-1`]) {
    const name = proxyUserName({ id, boot: BOOT }, 12);
    assertEquals(stockUserOf(name), { kind: "proxy", boot: BOOT, login: 12 });
  }
  assertEquals(stockUserOf(managerUserName(9)), { kind: "manager", leaderEpoch: 9 });
  assertEquals(["default", "codis", "codis-mgr-x", "codis-a-b-1"].map(stockUserOf), [
    null,
    null,
    null,
    null,
  ]);
});

Deno.test("readUsers() tells who there is, and whether the server is open to everyone", () => {
  const line = (text: string) => new TextEncoder().encode(text);

  const open = readUsers([
    line("user a off #12 ~* -@all"),
    line("user default on nopass ~* +@all"),
  ]);
  const closed = readUsers([line("user default on #34 ~* &* +@all")]);

  assertEquals(open, { names: ["a", "default"], isOpen: true });
  assertEquals(closed, { names: ["default"], isOpen: false });
  assertEquals(readUsers({ error: "ERR unknown command" }), null);
});

Deno.test("shutOutCommands() also closes who has not logged in, where that matters", () => {
  const words = (isOpen: boolean) =>
    shutOutCommands({ names: [], isOpen }, "u").map((command) => command.join(" "));

  assertEquals(words(false), ["ACL SETUSER u off", "CLIENT KILL USER u", "ACL DELUSER u"]);
  assertEquals(words(true), [
    "ACL SETUSER u off",
    "CLIENT KILL USER u",
    "CLIENT KILL TYPE normal USER default",
    "ACL DELUSER u",
  ]);
});
