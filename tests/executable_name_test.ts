import { assertEquals } from "@std/assert";

/** Who answers `--help` when the program is called by `name` through a link. */
async function answerOf(name: string, ...args: string[]): Promise<string> {
  const directory = await Deno.makeTempDir();
  try {
    await Deno.symlink(Deno.execPath(), `${directory}/${name}`);
    const main = new URL("../main.ts", import.meta.url).pathname;
    const { stdout } = await new Deno.Command(`${directory}/${name}`, {
      args: ["run", "-A", main, ...args, "--help"],
    }).output();
    return new TextDecoder().decode(stdout).split(":")[0]!;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

for (
  const [name, args, answered] of [
    ["codis-server", [], "codis-server"],
    ["codis-proxy", [], "codis-proxy"],
    ["codis-config", [], "Usage"],
    ["codis", ["server"], "codis-server"],
  ] as const
) {
  Deno.test(`called as ${[name, ...args].join(" ")} it answers --help as that program`, async () => {
    assertEquals(await answerOf(name, ...args), answered);
  });
}
