import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "./command_line.ts";
import { isLoopback, requireProtection } from "./listen_policy.ts";

Deno.test("isLoopback() knows the addresses of this machine", () => {
  const hosts = ["127.0.0.1", "127.8.0.1", "::1", "localhost", "0.0.0.0", "::", "10.0.0.1"];
  assertEquals(hosts.map(isLoopback), [true, true, true, true, false, false, false]);
});

Deno.test("listening to others needs a password or an explicit no", () => {
  const open = { host: "0.0.0.0", port: 6379 };

  requireProtection(open, { password: "secret", protectedMode: true });
  requireProtection(open, { password: "", protectedMode: false });
  requireProtection({ host: "127.0.0.1", port: 1 }, { password: "", protectedMode: true });
  const error = assertThrows(
    () => requireProtection(open, { password: "", protectedMode: true }),
    UsageError,
  );
  assertEquals(
    error.message,
    "listening on 0.0.0.0:6379 would let anyone in: set --requirepass, or listen on 127.0.0.1, " +
      "or say --protected-mode no",
  );
});
