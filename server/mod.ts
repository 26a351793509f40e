/**
 * codis-server: a Redis-compatible server whose slots move.
 *
 * @module
 */

export { type Server, type ServerOptions, startServer } from "./server.ts";
export { SERVER_PROGRAM } from "./server_program.ts";
export type { ServerSettings } from "./server_state.ts";
