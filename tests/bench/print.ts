/**
 * Lines of text to a terminal, whole.
 *
 * @module
 */

/** Writes `line` and a line end to standard output or standard error. */
export function print(to: typeof Deno.stdout | typeof Deno.stderr, line: string): void {
  const bytes = new TextEncoder().encode(`${line}\n`);
  for (let written = 0; written < bytes.length;) {
    written += to.writeSync(bytes.subarray(written));
  }
}
