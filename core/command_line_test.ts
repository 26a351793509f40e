import { assertEquals, assertThrows } from "@std/assert";
import { type FlagTable, formatFlags, parseFlags, UsageError } from "./command_line.ts";

const TABLE: FlagTable = {
  port: { value: "PORT", help: "where to listen", default: "6379" },
  dir: { value: "DIR", help: "where data is" },
  transport: { value: "NAME", help: "which", default: "auto" },
  memory: { help: "keep nothing" },
};

Deno.test("parseFlags() gives values, defaults, switches and words", () => {
  const flags = parseFlags(
    ["--port", "1", "word", "--memory", "--dir=/x y", "--transport=native"],
    TABLE,
  );

  assertEquals(
    [flags.integer("port", 0, 65535), flags.text("dir"), flags.on("memory"), flags.words],
    [1, "/x y", true, ["word"]],
  );
  assertEquals(flags.choice("transport", ["auto", "native"]), "native");
  assertEquals(parseFlags([], TABLE).required("port"), "6379");
});

for (
  const [args, message] of [
    [["--prot", "1"], "unknown flag --prot; see --help"],
    [["--transpotr=x"], "unknown flag --transpotr=x; did you mean --transport?"],
    [["-x"], "unknown flag -x; see --help"],
    [["--dir"], "--dir needs a value: DIR"],
  ] as const
) {
  Deno.test(`parseFlags() refuses ${args.join(" ")}`, () => {
    const error = assertThrows(() => parseFlags(args, TABLE), UsageError);
    assertEquals(error.message, message);
  });
}

Deno.test("a number out of range and a wrong choice are named with what is wanted", () => {
  const flags = parseFlags(["--port", "70000", "--transport", "udp"], TABLE);

  assertEquals(
    assertThrows(() => flags.integer("port", 0, 65535), UsageError).message,
    `--port is "70000": wanted a whole number, 0 to 65535`,
  );
  assertEquals(
    assertThrows(() => flags.choice("transport", ["auto", "native"]), UsageError).message,
    `--transport is "udp": wanted auto, native`,
  );
  assertEquals(
    assertThrows(() => flags.required("dir"), UsageError).message,
    "--dir DIR is missing",
  );
});

Deno.test("a flag that is not given is read from its environment variable, then from its default", () => {
  const table: FlagTable = {
    requirepass: { value: "PASSWORD", help: "x", environment: "CODIS_PASSWORD", default: "" },
  };
  const from = (args: string[], value?: string) =>
    parseFlags(args, table, (name) => name === "CODIS_PASSWORD" ? value : undefined)
      .required("requirepass");

  assertEquals([from([], "secret"), from(["--requirepass", "own"], "secret"), from([])], [
    "secret",
    "own",
    "",
  ]);
});

Deno.test("formatFlags() lines up what flags mean", () => {
  assertEquals(
    formatFlags({ memory: TABLE.memory!, port: TABLE.port! }),
    "  --memory     keep nothing\n  --port PORT  where to listen (default 6379)",
  );
});
