/**
 * The version of this program.
 *
 * @module
 */

import manifest from "../deno.json" with { type: "json" };

/** As in `deno.json`. */
export const VERSION: string = manifest.version;
/** The Redis version whose commands and replies this program follows. */
export const REDIS_VERSION = "7.0.15";
