/**
 * A temporary directory that is gone when its owner is disposed.
 *
 * @module
 */

/** Holds the files that the measured programs want. */
export class ScratchDir implements AsyncDisposable {
  /** Absolute path. */
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Makes an empty one. */
  static async create(): Promise<ScratchDir> {
    return new ScratchDir(await Deno.makeTempDir({ prefix: "codis-bench-" }));
  }

  /** Removes it with everything in it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
