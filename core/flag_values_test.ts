import { assertEquals, assertThrows } from "@std/assert";
import { parseFlags, UsageError } from "./command_line.ts";
import { addressFlag, coordinatorFlag, productFlag } from "./flag_values.ts";

const TABLE = {
  listen: { value: "HOST:PORT", help: "where" },
  coordinator: { value: "URL", help: "where the topology is" },
  product: { value: "NAME", help: "which" },
};

function flagsOf(...args: string[]) {
  return parseFlags(args, TABLE);
}

Deno.test("an ensemble of ZooKeeper can be the coordinator", () => {
  const url = "zk://h1:2181,h2:2181/prod";
  assertEquals(coordinatorFlag(flagsOf("--coordinator", url)), url);
});

Deno.test("values that can be used are returned", () => {
  const flags = flagsOf("--listen", ":0", "--coordinator", "embedded:d", "--product", "shop.eu-1");

  assertEquals(
    [addressFlag(flags, "listen"), coordinatorFlag(flags), productFlag(flags)],
    [{ host: "127.0.0.1", port: 0 }, "embedded:d", "shop.eu-1"],
  );
});

for (
  const [args, read, message] of [
    [
      ["--listen", "here"],
      (flags: ReturnType<typeof flagsOf>) => addressFlag(flags, "listen"),
      `--listen: Cannot read address "here": wanted HOST:PORT, as 127.0.0.1:6379`,
    ],
    [
      ["--coordinator", "memory:"],
      coordinatorFlag,
      "--coordinator memory: would be seen by this process alone: use embedded:DIRECTORY, or " +
      "`start --memory` for everything in one process",
    ],
    [
      ["--coordinator", "zoo"],
      coordinatorFlag,
      `--coordinator is "zoo": wanted embedded:DIRECTORY, http://HOST:PORT of a manager or ` +
      "zk://HOST:PORT,HOST:PORT/CHROOT",
    ],
    [
      ["--coordinator", "zk://h1:x"],
      coordinatorFlag,
      `--coordinator: Cannot open the coordinator "zk://h1:x": "h1:x" is no HOST:PORT; ` +
      "want zk://HOST:PORT,HOST:PORT/CHROOT",
    ],
    [
      ["--product", "a/b"],
      productFlag,
      `--product is "a/b": wanted 1 to 128 of A-Z a-z 0-9 _ . -`,
    ],
  ] as const
) {
  Deno.test(`${args.join(" ")} is wrong usage`, () => {
    assertEquals(assertThrows(() => read(flagsOf(...args)), UsageError).message, message);
  });
}
