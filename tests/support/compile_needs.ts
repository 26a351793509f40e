/**
 * What the sources load in ways that `deno compile` does not see, or might not.
 *
 * @module
 */

const SOURCES = ["main.ts", "mod.ts", "core", "server", "proxy", "manager", "ui"];
const WORKER = /new URL\(\s*"(\.{1,2}\/[^"]+\.tsx?)",\s*import\.meta\.url/g;
/** Modules that are loaded by a name made at run time: their types are imported in main.ts. */
const NAMED = /: typeof import\("(\.{1,2}\/[^"]+)"\);/g;
const ASSET = /from "(\.{1,2}\/[^"]+)" with \{ type: "(?:text|json|bytes)" \}/g;

/** Files that an executable needs, as paths from the project's root, sorted. */
export interface CompileNeeds {
  /** Entry modules of workers. */
  readonly workers: string[];
  /** Modules loaded by name. */
  readonly named: string[];
  /** Texts and data that modules import. */
  readonly assets: string[];
}

/** Reads all sources of the product below `root`, tests left out. */
export async function compileNeeds(root: URL): Promise<CompileNeeds> {
  const workers = new Set<string>();
  const named = new Set<string>();
  const assets = new Set<string>();
  for (const source of SOURCES) {
    for await (const file of modulesAt(new URL(source, root))) {
      const text = await Deno.readTextFile(file);
      for (const found of loadsOf(text, WORKER)) workers.add(pathOf(found, file, root));
      for (const found of loadsOf(text, NAMED)) named.add(pathOf(found, file, root));
      for (const found of loadsOf(text, ASSET)) assets.add(pathOf(found, file, root));
    }
  }
  return {
    workers: [...workers].sort(),
    named: [...named].sort(),
    assets: [...assets].sort(),
  };
}

async function* modulesAt(place: URL): AsyncGenerator<URL> {
  const info = await Deno.stat(place).catch(() => undefined);
  if (info === undefined) return;
  if (info.isFile) return yield place;
  for await (const { name, isDirectory } of Deno.readDir(place)) {
    const child = new URL(`${place.href}/${name}`);
    if (isDirectory) yield* modulesAt(child);
    else if (/\.tsx?$/.test(name) && !/_test\.tsx?$/.test(name)) yield child;
  }
}

function loadsOf(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, specifier]) => specifier!);
}

function pathOf(specifier: string, from: URL, root: URL): string {
  return new URL(specifier, from).href.slice(root.href.length);
}
