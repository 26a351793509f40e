import { assertEquals } from "@std/assert";

/** What each folder may import besides itself and packages; the root sees everything. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  core: [],
  server: ["core"],
  proxy: ["core"],
  manager: ["core"],
  ui: ["core"],
};
const LINES_MAX = 400;
/** Tables and one type's whole behaviour may be longer (DESIGN: a table may be longer). */
const LONG_FILES: ReadonlySet<string> = new Set([
  "core/commands/server.ts",
  "core/commands/command_docs.ts",
  "core/commands/argument_syntax.ts",
  "server/keyspace/database.ts",
]);
const ROOT = new URL("../", import.meta.url);

/** Source files below `folder`, as paths from the root; none if it is not there yet. */
function filesIn(folder: string): string[] {
  const files: string[] = [];
  for (const entry of entriesOf(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) files.push(...filesIn(path));
    else if (/\.tsx?$/.test(entry.name)) files.push(path);
  }
  return files;
}

function entriesOf(folder: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(new URL(folder, ROOT))];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** The relative modules that a file imports, as paths from the root. */
function importsOf(file: string): string[] {
  const text = Deno.readTextFileSync(new URL(file, ROOT));
  const specifiers = text.matchAll(/(?:from|import|import\()\s*"(\.[^"]+)"/g);
  const base = new URL(file, "file:///");
  return [...specifiers].map(([, specifier]) => new URL(specifier!, base).pathname.slice(1));
}

Deno.test("each folder imports only what lies below it", () => {
  const broken: string[] = [];
  for (const [folder, allowed] of Object.entries(ALLOWED)) {
    for (const file of filesIn(folder)) {
      for (const target of importsOf(file)) {
        const room = target.split("/")[0]!;
        if (room === folder || allowed.includes(room) || target === "deno.json") continue;
        broken.push(`${file} imports ${target}`);
      }
    }
  }
  assertEquals(broken, []);
});

Deno.test("the layering test sees imports of every form", () => {
  assertEquals(
    importsOf("proxy/worker.ts").includes("core/worker_loop.ts") &&
      importsOf("main.ts").includes("server/mod.ts") && filesIn("core").length > 50,
    true,
  );
});

Deno.test("every source file says what it is, and none is too long", () => {
  const faults: string[] = [];
  for (const file of Object.keys(ALLOWED).flatMap(filesIn)) {
    const text = Deno.readTextFileSync(new URL(file, ROOT));
    const isCode = !/_(test|bench)\.tsx?$|\.d\.ts$/.test(file);
    if (isCode && !/^\/\*\*[\s\S]*?@module/.test(text)) faults.push(`${file}: no @module comment`);
    const lines = text.split("\n").length;
    if (isCode && lines > LINES_MAX && !LONG_FILES.has(file)) {
      faults.push(`${file}: ${lines} lines`);
    }
  }
  assertEquals(faults, []);
});

Deno.test("no file is called after nothing in particular", () => {
  const vague = /(^|\/)(utils?|helpers?|types|index|common|misc)\.tsx?$/;
  const files = Object.keys(ALLOWED).flatMap(filesIn);
  assertEquals(files.filter((file) => vague.test(file)), []);
});
