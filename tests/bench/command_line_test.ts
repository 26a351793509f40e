import { assertEquals, assertThrows } from "@std/assert";
import { BenchError } from "./bench.ts";
import { readCommandLine } from "./command_line.ts";

Deno.test("a bare bench name takes the method of the budgets", () => {
  assertEquals(readCommandLine(["proxy"]), {
    bench: "proxy",
    options: { pipelines: [1, 16, 64], pairs: 7, transport: "native" },
    check: false,
    jsonFile: undefined,
  });
});

Deno.test("every option is read", () => {
  const args = "server --subject a --peer b --pipelines 1,8 --pairs 3 --transport portable";
  assertEquals(readCommandLine([...args.split(" "), "--check", "--json", "raw.json"]), {
    bench: "server",
    options: { subject: "a", peer: "b", pipelines: [1, 8], pairs: 3, transport: "portable" },
    check: true,
    jsonFile: "raw.json",
  });
});

Deno.test("no bench or --help asks for the usage text", () => {
  assertEquals(readCommandLine([]).bench, undefined);
  assertEquals(readCommandLine(["proxy", "--help"]).bench, undefined);
});

Deno.test("arguments that make no sense are refused", () => {
  const messageByLine = {
    "proxy --pear x": "Unknown option",
    "proxy server": "Expected one bench",
    "proxy --pairs 0": "--pairs wants",
    "proxy --pipelines 1,x": "--pipelines wants",
    "proxy --transport fast": "--transport wants",
  };
  for (const [line, message] of Object.entries(messageByLine)) {
    assertThrows(() => readCommandLine(line.split(" ")), BenchError, message);
  }
});
