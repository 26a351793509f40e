/**
 * The manager: control plane, REST API and its command-line client.
 *
 * @module
 */

export {
  Manager,
  type ManagerOptions,
  ManagerStartError,
  type Pages,
  startManager,
} from "./manager.ts";
export { runManager } from "./manager_program.ts";
export type { Log as ManagerLog, LogLevel as ManagerLogLevel } from "./log.ts";
export type { Credentials } from "../core/control_client.ts";
