/**
 * Where the manager's own messages go.
 *
 * @module
 */

/** How grave a message is. */
export type LogLevel = "info" | "warn" | "error";

/** Takes one message, one sentence, without a final period. */
export type Log = (level: LogLevel, message: string) => void;
