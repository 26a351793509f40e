/**
 * Why the manager did not do what it was asked to, in a form that each face can show in its own way.
 *
 * @module
 */

/** What kind of refusal it is; the REST API has a status for each. */
export type ManagerErrorCode =
  | "invalid"
  | "unauthorized"
  | "forbidden"
  | "not-found"
  | "conflict"
  | "gone"
  | "too-large"
  | "unsupported-media-type"
  | "unreachable"
  | "unavailable"
  | "internal";

/** A request that was refused, or could not be carried out; what was not said to be done was not. */
export class ManagerError extends Error {
  override name = "ManagerError";
  readonly code: ManagerErrorCode;
  /** What to do about it; null where the message says it. */
  readonly hint: string | null;

  /** Says what was tried and what was found. */
  constructor(code: ManagerErrorCode, message: string, hint: string | null = null) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

/** This manager does not lead, or no longer: a newer leader has claimed the topology. */
export class NotLeaderError extends ManagerError {
  override name = "NotLeaderError";

  /** `leaderEpoch` is that of the leader that was found. */
  constructor(leaderEpoch: number) {
    super(
      "unavailable",
      `Cannot change the topology: another manager leads (leader epoch ${leaderEpoch})`,
      "Ask again in a moment: the new leader answers then",
    );
  }
}
