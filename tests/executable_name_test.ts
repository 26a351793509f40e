import { assertEquals } from "@std/assert";

const MAIN = new URL("../main.ts", import.meta.url).href;

/** Who answers `--help` when an executable of this name is called. */
async function answerOf(name: string, ...args: string[]): Promise<string> {
  const call = `import { main } from ${JSON.stringify(MAIN)};
    Deno.exit(await main(${JSON.stringify(name)}, ${JSON.stringify([...args, "--help"])}));`;
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["eval", call] }).output();
  return new TextDecoder().decode(stdout).split(":")[0]!;
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
