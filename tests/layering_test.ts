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
/** Tables, and one type's whole behaviour, may be longer. */
const LONG_FILES: ReadonlySet<string> = new Set([
  "core/commands/server.ts",
  "core/commands/command_docs.ts",
  "core/commands/argument_syntax.ts",
  "server/keyspace/database.ts",
]);
const TEST_FILE = /_(test|bench)\.tsx?$/;
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

function textOf(file: string): string {
  return Deno.readTextFileSync(new URL(file, ROOT));
}

function entriesOf(folder: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(new URL(folder, ROOT))];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** The relative modules that the text of a file imports, as paths from the root. */
function importsOf(file: string, text: string): string[] {
  const specifiers = text.matchAll(/\b(?:from|import)\s*\(?\s*"(\.[^"]+)"/g);
  const base = new URL(file, "file:///");
  return [...specifiers].map(([, specifier]) => new URL(specifier!, base).pathname.slice(1));
}

/** Whether a file may import a module; tests and benchmarks also use what supports them. */
function mayImport(file: string, target: string): boolean {
  const folder = file.split("/")[0]!;
  const room = target.split("/")[0]!;
  if (room === folder || ALLOWED[folder]!.includes(room) || target === "deno.json") return true;
  return TEST_FILE.test(file) && target.startsWith("tests/support/");
}

Deno.test("each folder imports only what lies below it", () => {
  const broken = Object.keys(ALLOWED).flatMap(filesIn).flatMap((file) =>
    importsOf(file, textOf(file))
      .filter((target) => !mayImport(file, target))
      .map((target) => `${file} imports ${target}`)
  );
  assertEquals(broken, []);
});

Deno.test("only tests and benchmarks import what supports tests", () => {
  const support = "tests/support/seeded_random.ts";
  assertEquals(
    ["core/log.ts", "core/log_test.ts", "server/log_bench.ts"].map((file) =>
      mayImport(file, support)
    ),
    [false, true, true],
  );
  assertEquals(mayImport("core/log_test.ts", "server/mod.ts"), false);
  assertEquals(mayImport("core/log_test.ts", "tests/bench/latency.ts"), false);
});

Deno.test("the layering test sees imports of every form", () => {
  const text = `
    import { a } from "./a.ts";
    import type { B } from "../server/b.ts";
    import {
      c,
      d,
    } from "./long/c.ts";
    import "./bare.ts";
    export { e } from "../manager/e.ts";
    export * from "./f.ts";
    const g = await import("./lazy/g.ts");
    const h = await import(
      "../core/h.ts"
    );
    import { assertEquals } from "@std/assert";
  `;
  assertEquals(importsOf("proxy/sample.ts", text), [
    "proxy/a.ts",
    "server/b.ts",
    "proxy/long/c.ts",
    "proxy/bare.ts",
    "manager/e.ts",
    "proxy/f.ts",
    "proxy/lazy/g.ts",
    "core/h.ts",
  ]);
});

Deno.test("the layering test finds the files of the folders below a folder", () => {
  const files = filesIn("core");
  assertEquals(
    ["core/mod.ts", "core/resp/request_parser.ts"].filter((file) => !files.includes(file)),
    [],
  );
});

Deno.test("every source file says what it is, and none is too long", () => {
  const faults: string[] = [];
  for (const file of Object.keys(ALLOWED).flatMap(filesIn)) {
    const text = textOf(file);
    const isCode = !TEST_FILE.test(file) && !file.endsWith(".d.ts");
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
