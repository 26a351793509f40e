/**
 * What can go wrong at a coordinator, as classes where a caller decides differently.
 *
 * @module
 */

/** A conditional write found something else than it was told to expect; nothing was changed. */
export class ConflictError extends Error {
  /** The class's name. */
  override name = "ConflictError";
  /** Where. */
  readonly path: string;
  /** The version that was named; `absent` when none was to be there. */
  readonly expected: number | "absent";
  /** The version that is there; `absent` when there is none. */
  readonly actual: number | "absent";
  /** The session that owns what is there; null when it belongs to none. */
  readonly owner: string | null;

  /** Describes the conflict at `path`. */
  constructor(
    path: string,
    found: {
      expected: number | "absent";
      actual: number | "absent";
      owner: string | null;
    },
  ) {
    const owned = found.owner === null ? "" : `, owned by session "${found.owner}"`;
    super(
      `Cannot write "${path}": expected ${versionText(found.expected)}, found ${
        versionText(found.actual)
      }${owned}`,
    );
    this.path = path;
    this.expected = found.expected;
    this.actual = found.actual;
    this.owner = found.owner;
  }
}

/** The coordinator, or the watch that was waited on, is closed. */
export class CoordinatorClosedError extends Error {
  /** The class's name. */
  override name = "CoordinatorClosedError";
}

/** The coordinator cannot be reached now. */
export class CoordinatorUnavailableError extends Error {
  /** The class's name. */
  override name = "CoordinatorUnavailableError";
  /** True for a write that was sent and not answered: it may have been applied. Read back first. */
  readonly outcomeUnknown: boolean;

  /** Says what was tried, and whether it may have happened. */
  constructor(message: string, options: { outcomeUnknown: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.outcomeUnknown = options.outcomeUnknown;
  }
}

/** A coordinator cannot be opened: its address, its directory or its file is not usable. */
export class CoordinatorOpenError extends Error {
  /** The class's name. */
  override name = "CoordinatorOpenError";
}

function versionText(version: number | "absent"): string {
  return version === "absent" ? "no node" : `version ${version}`;
}
