/**
 * What ZooKeeper, or its client library, answers instead of a result.
 *
 * @module
 */

/** ZooKeeper's codes that make a difference here. */
export const ZOOKEEPER_CODE = {
  connectionLoss: -4,
  noNode: -101,
  noAuth: -102,
  badVersion: -103,
  noChildrenForEphemerals: -108,
  nodeExists: -110,
  notEmpty: -111,
} as const;

/** Codes above this say that something broke, those below that a request was refused. */
const REFUSALS_BELOW = -100;

/** An operation that failed. */
export class ZookeeperError extends Error {
  /** The class's name. */
  override name = "ZookeeperError";
  /** ZooKeeper's code. */
  readonly code: number;
  /** True for a write that was sent and may have been applied. */
  readonly outcomeUnknown: boolean;

  /** Says what became of an operation; `sentWrite` if it was a write that left this process. */
  constructor(code: number, message: string, options: { sentWrite: boolean }) {
    super(message);
    this.code = code;
    this.outcomeUnknown = options.sentWrite && !isRefusal(code);
  }
}

/** Whether `error` is ZooKeeper's answer with one of `codes`. */
export function hasCode(error: unknown, ...codes: number[]): boolean {
  return error instanceof ZookeeperError && codes.includes(error.code);
}

/** Whether a code is ZooKeeper's decision, after which nothing was changed. */
export function isRefusal(code: number): boolean {
  return code < REFUSALS_BELOW;
}
