import { assertEquals, assertThrows } from "@std/assert";
import {
  decodeSocketAddress,
  encodeSocketAddress,
  formatSocketAddress,
  isNumericHost,
} from "./sockaddr.ts";

Deno.test("an IPv4 address is encoded as struct sockaddr_in", () => {
  assertEquals(
    [...encodeSocketAddress({ host: "127.0.0.1", port: 6379 })],
    [2, 0, 0x18, 0xeb, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0],
  );
});

Deno.test("an IPv6 address is encoded as struct sockaddr_in6", () => {
  const bytes = encodeSocketAddress({ host: "fe80::1:2", port: 1 });
  assertEquals(bytes.length, 28);
  assertEquals([...bytes.subarray(0, 8)], [10, 0, 0, 1, 0, 0, 0, 0]);
  assertEquals(
    [...bytes.subarray(8, 24)],
    [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2],
  );
});

Deno.test("decoding gives the canonical text of what was encoded", () => {
  const canonical: Record<string, string> = {
    "0.0.0.0": "0.0.0.0",
    "255.1.20.3": "255.1.20.3",
    "::": "::",
    "::1": "::1",
    "1::": "1::",
    "2001:DB8:0:0:1:0:0:1": "2001:db8::1:0:0:1",
    "1:0:2:3:4:5:6:7": "1:0:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8": "1:2:3:4:5:6:7:8",
    "::ffff:10.0.0.1": "::ffff:10.0.0.1",
    "64:ff9b::10.0.0.1": "64:ff9b::a00:1",
  };
  for (const [host, expected] of Object.entries(canonical)) {
    const decoded = decodeSocketAddress(encodeSocketAddress({ host, port: 65535 }));
    assertEquals(decoded, { host: expected, port: 65535 });
  }
});

Deno.test("what is not a numeric address is refused by name", () => {
  const wrong = ["localhost", "", "1.2.3", "1.2.3.256", "1.2.3.4.5", ":::", "1::2::3", "12345::"];
  for (
    const host of [...wrong, "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "fe80::1%eth0", "1.2.3.4::"]
  ) {
    assertThrows(() => encodeSocketAddress({ host, port: 1 }), TypeError, `"${host}"`);
  }
  for (const port of [-1, 65536, 1.5, NaN]) {
    assertThrows(() => encodeSocketAddress({ host: "::1", port }), TypeError, `port ${port}`);
  }
});

Deno.test("an unknown family decodes to an empty host", () => {
  assertEquals(decodeSocketAddress(new Uint8Array(28)), { host: "", port: 0 });
});

Deno.test("IPv6 hosts are written in brackets", () => {
  assertEquals(formatSocketAddress({ host: "1.2.3.4", port: 5 }), "1.2.3.4:5");
  assertEquals(formatSocketAddress({ host: "::1", port: 5 }), "[::1]:5");
});

Deno.test("what ends in a number is an address, right or wrong, and anything else is a name", () => {
  const numeric = ["127.0.0.1", "::1", "1.2", "999.0.0.1", "7", "fe80::a"];
  const names = ["redis-1", "redis-1.internal", "LocalHost", "10-0-0-1.example", "a1"];
  assertEquals([...numeric, ...names].filter(isNumericHost), numeric);
});
