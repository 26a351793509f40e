/**
 * Which Redis this server is compatible with.
 *
 * @module
 */

/** The version whose commands, replies and errors these are; clients choose features by it. */
export const REDIS_VERSION = "7.0.15";
