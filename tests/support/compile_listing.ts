/**
 * What `deno compile` says it has put into an executable.
 *
 * @module
 */

const TITLE = "Embedded Files";
/** The lines that draw the tree, two characters for each level and two for the branch itself. */
const BRANCH = /^([│ ]*[├└]─[─┬] )(.+?)(?: \([\d.]+[KMG]?B.*\))?$/;

/**
 * Reads the tree of embedded files: their paths from the project's root. A folder that is shown without
 * what is in it ends in `/*`.
 *
 * @throws {SyntaxError} if the output has no such tree.
 */
export function embeddedFiles(output: string): string[] {
  const [, tree] = output.split(TITLE);
  if (tree === undefined) throw new SyntaxError(`No embedded files in: ${output.slice(-2000)}`);
  const entries = tree.split("\n").map((line) => BRANCH.exec(line)).filter((match) =>
    match !== null
  ).map(([, prefix, name]) => ({ level: prefix!.length / 2 - 2, name: name! }));
  const folders: string[] = [];
  return entries.flatMap(({ level, name }, index) => {
    folders.length = level;
    folders.push(name);
    const isFolder = (entries[index + 1]?.level ?? 0) > level;
    return isFolder ? [] : [folders.join("/")];
  });
}

/** Whether a file, as a path from the project's root, is among the embedded. */
export function isEmbedded(file: string, embedded: readonly string[]): boolean {
  return embedded.some((path) =>
    path === file || (path.endsWith("/*") && file.startsWith(path.slice(0, -1)))
  );
}
