import { assertEquals, assertThrows } from "@std/assert";
import { formatAddress, parseAddress } from "./address.ts";

for (
  const [text, address] of [
    ["127.0.0.1:6379", { host: "127.0.0.1", port: 6379 }],
    ["localhost:1", { host: "127.0.0.1", port: 1 }],
    [":19000", { host: "127.0.0.1", port: 19000 }],
    ["[::1]:80", { host: "::1", port: 80 }],
    ["redis.internal:0", { host: "redis.internal", port: 0 }],
  ] as const
) {
  Deno.test(`parseAddress() reads ${text}`, () => assertEquals(parseAddress(text), address));
}

for (const text of ["", "6379", "host:", "host:65536", "::1:80", "a b:1", "host:12x"]) {
  Deno.test(`parseAddress() refuses "${text}" and names it`, () => {
    const error = assertThrows(() => parseAddress(text), RangeError);
    assertEquals(
      error.message,
      `Cannot read address "${text}": wanted HOST:PORT, as 127.0.0.1:6379`,
    );
  });
}

Deno.test("formatAddress() writes what parseAddress() reads", () => {
  for (const address of [{ host: "10.0.0.1", port: 1 }, { host: "fe80::1", port: 2 }]) {
    assertEquals(parseAddress(formatAddress(address)), address);
  }
});
