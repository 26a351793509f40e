/**
 * The vocabulary that all programs share.
 *
 * @module
 */

export { formatAddress, parseAddress } from "./address.ts";
export {
  type Flag,
  type FlagTable,
  type ParsedFlags,
  parseFlags,
  UsageError,
} from "./command_line.ts";
export type {
  Coordinator,
  CoordinatorNode,
  CoordinatorSource,
  ReadOptions,
  SessionState,
  VersionOptions,
  WaitOptions,
  Watch,
} from "./coordinator/coordinator.ts";
export { openCoordinator, type OpenOptions } from "./coordinator/open_coordinator.ts";
export { Log, type LogFields, type LogLevel, type LogOptions } from "./log.ts";
export type { Program, ProgramContext, ProgramEnd, RunningProgram } from "./program.ts";
export { type EmptyTag, SLOT_COUNT, slotOf } from "./slots.ts";
export { establishProduct, type ProductPlan } from "./topology/establish_product.ts";
export {
  type Capabilities,
  type Change,
  type Closing,
  type Group,
  type Migration,
  type MigrationMethod,
  type Receipt,
  type Server as ServerEntry,
  type Settings,
  type SlotEntry,
  type SlotRange,
  type Topology,
  TOPOLOGY_SCHEMA_VERSION,
} from "./topology/topology.ts";
export type { ReactorKind, SocketAddress } from "./transport/reactor.ts";
export { REDIS_VERSION, VERSION } from "./version.ts";
