/**
 * The vocabulary that all programs share.
 *
 * @module
 */

export { formatAddress, parseAddress } from "./address.ts";
export { type FlagTable, parseFlags, type ParsedFlags, UsageError } from "./command_line.ts";
export { openCoordinator } from "./coordinator/open_coordinator.ts";
export { Log } from "./log.ts";
export type { Program, ProgramContext, ProgramEnd, RunningProgram } from "./program.ts";
export { SLOT_COUNT, slotOf } from "./slots.ts";
export type { SocketAddress } from "./transport/reactor.ts";
export { REDIS_VERSION, VERSION } from "./version.ts";
