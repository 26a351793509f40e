/**
 * The one executable: everything that is loaded at run time must have been put into it.
 *
 * The runtime that `deno compile` prepends is fetched from the network; here `deno` itself stands in for
 * it, so that what is embedded is seen. What comes out is not run.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { embeddedFiles, isEmbedded } from "./support/compile_listing.ts";
import { compileNeeds } from "./support/compile_needs.ts";

const ROOT = new URL("../", import.meta.url);

async function compileWords(): Promise<string[]> {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  return tasks.compile.command.split(/\s+/);
}

Deno.test("the tree of embedded files is read", () => {
  const output = [
    "Compile main.ts to build/codis",
    "",
    "Embedded Files",
    "",
    "codis",
    "├─┬ modules (8.56MB - 8.49MB unique)",
    "│ └── zod/4.6.7/* (5.93MB - 5.86MB unique)",
    "├─┬ core (1.15MB)",
    "│ ├─┬ resp (12B)",
    "│ │ └── decimal.ts (12B)",
    "│ └── slots.ts (4.04KB)",
    "└── main.ts (1KB)",
    "",
    "Files: 9.7MB",
  ].join("\n");
  const files = embeddedFiles(output);
  assertEquals(files, [
    "modules/zod/4.6.7/*",
    "core/resp/decimal.ts",
    "core/slots.ts",
    "main.ts",
  ]);
  assertEquals(
    ["core/slots.ts", "modules/zod/4.6.7/index.js", "core/resp"].map((file) =>
      isEmbedded(file, files)
    ),
    [true, true, false],
  );
});

Deno.test("the compile task includes every module that is not imported by a literal", async () => {
  const words = await compileWords();
  const included = words.filter((_, i) => words[i - 1] === "--include");
  const { workers, named } = await compileNeeds(ROOT);
  assertEquals(included.toSorted(), [...workers, ...named].sort());
});

Deno.test("the executable holds every worker module and every text and JSON import", async () => {
  const { workers, named, assets } = await compileNeeds(ROOT);
  assert(workers.length >= 2 && named.length >= 5 && assets.length >= 4, "nothing was read");
  const directory = await Deno.makeTempDir({ prefix: "codis_executable_" });
  try {
    const words = await compileWords();
    const args = words.slice(1).map((word, i) =>
      words[i] === "--output" ? `${directory}/codis` : word
    );
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args,
      cwd: ROOT,
      env: { DENORT_BIN: Deno.execPath(), NO_COLOR: "1" },
    }).output();
    const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assert(success, text);
    const embedded = embeddedFiles(text);
    const missing = ["main.ts", ...workers, ...named, ...assets].filter((file) =>
      !isEmbedded(file, embedded)
    );
    assertEquals(missing, []);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
