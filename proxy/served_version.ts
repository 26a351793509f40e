/**
 * The Redis version that the proxy says it is.
 *
 * Clients switch features on by it: it names the release whose commands and replies this proxy serves.
 *
 * @module
 */

/** As in HELLO and INFO. */
export const SERVER_VERSION = "7.0.15";
