/**
 * INFO: what the proxy says of itself, in Redis's form.
 *
 * Sections are `# Name` and `field:value` lines. Counts are those of all workers together; routes are
 * those of the worker that answers.
 *
 * @module
 */

import { SERVER_VERSION } from "./served_version.ts";

/** What {@linkcode infoText} prints. */
export interface InfoFacts {
  readonly product: string;
  readonly workerCount: number;
  readonly epoch: number;
  readonly waitingRoutes: number;
  readonly servers: readonly string[];
  readonly transport: string;
  readonly port: number;
  readonly processId: number;
  readonly uptimeSeconds: number;
  readonly connectedClients: number;
  readonly clientCountMax: number;
  readonly acceptedClients: number;
  readonly requests: number;
  readonly unansweredRequests: number;
  readonly heldRequests: number;
  readonly redirectedRequests: number;
  /** Requests by command name; those that were never called are left out. */
  readonly calls: readonly (readonly [string, number])[];
}

type Field = readonly [string, string | number];

const DEFAULT_SECTIONS = ["server", "clients", "stats", "replication", "codis"];
const ALL_SECTIONS = [...DEFAULT_SECTIONS, "commandstats"];

/** The text for the sections asked for; none means the default ones, unknown ones print nothing. */
export function infoText(facts: InfoFacts, asked: readonly string[]): string {
  const sections = new Set<string>();
  for (const word of asked.length === 0 ? ["default"] : asked) {
    const name = word.toLowerCase();
    const named = name === "default"
      ? DEFAULT_SECTIONS
      : name === "all" || name === "everything"
      ? ALL_SECTIONS
      : [name];
    for (const section of named) sections.add(section);
  }
  return ALL_SECTIONS
    .filter((section) => sections.has(section))
    .map((section) => sectionText(section, fieldsOf(section, facts)))
    .join("\r\n");
}

function sectionText(section: string, fields: readonly Field[]): string {
  const title = section[0]!.toUpperCase() + section.slice(1);
  return `# ${title}\r\n` + fields.map(([name, value]) => `${name}:${value}\r\n`).join("");
}

function fieldsOf(section: string, facts: InfoFacts): Field[] {
  switch (section) {
    case "server":
      return [
        ["redis_version", SERVER_VERSION],
        ["redis_mode", "standalone"],
        ["multiplexing_api", facts.transport],
        ["process_id", facts.processId],
        ["tcp_port", facts.port],
        ["uptime_in_seconds", facts.uptimeSeconds],
        ["uptime_in_days", Math.floor(facts.uptimeSeconds / 86_400)],
      ];
    case "clients":
      return [
        ["connected_clients", facts.connectedClients],
        ["maxclients", facts.clientCountMax],
        ["blocked_clients", 0],
      ];
    case "stats":
      return [
        ["total_connections_received", facts.acceptedClients],
        ["total_commands_processed", facts.requests],
      ];
    case "replication":
      return [["role", "master"], ["connected_slaves", 0]];
    case "codis":
      return [
        ["product", facts.product],
        ["epoch", facts.epoch],
        ["waiting_routes", facts.waitingRoutes],
        ["workers", facts.workerCount],
        ["servers", facts.servers.join(",")],
        ["unanswered_requests", facts.unansweredRequests],
        ["held_requests", facts.heldRequests],
        ["redirected_requests", facts.redirectedRequests],
      ];
    default:
      return facts.calls.map(([name, calls]) => [`cmdstat_${name}`, `calls=${calls}`]);
  }
}
