/**
 * The sections of INFO and where each field comes from.
 *
 * @module
 */

import { nameOf } from "../../core/commands/command_index.ts";
import { SLOT_COUNT } from "../../core/slots.ts";
import type { Call } from "../call.ts";
import { visibleKeyCount } from "../keyspace/scan.ts";
import { formatBytes } from "./format_bytes.ts";
import { REDIS_VERSION } from "./redis_version.ts";

/** A line of INFO. */
export type InfoField = readonly [name: string, value: string | number];

/** One section. */
export interface InfoSection {
  /** As printed; in lower case what a client asks for. */
  readonly title: string;
  fields(call: Call): InfoField[];
}

/** All sections, in Redis's order, with `Slots` as the last. */
export const INFO_SECTIONS: readonly InfoSection[] = [
  { title: "Server", fields: serverFields },
  { title: "Clients", fields: clientFields },
  { title: "Memory", fields: memoryFields },
  { title: "Persistence", fields: persistenceFields },
  { title: "Stats", fields: statsFields },
  { title: "Replication", fields: replicationFields },
  { title: "CPU", fields: cpuFields },
  { title: "Commandstats", fields: commandFields },
  { title: "Errorstats", fields: errorFields },
  { title: "Cluster", fields: () => [["cluster_enabled", 0]] },
  { title: "Keyspace", fields: keyspaceFields },
  { title: "Slots", fields: slotFields },
];

function serverFields({ server }: Call): InfoField[] {
  const nowMs = Date.now();
  const uptimeSeconds = Math.floor((nowMs - server.startedAtMs) / 1000);
  return [
    ["redis_version", REDIS_VERSION],
    ["redis_mode", "standalone"],
    ["os", `${Deno.build.os} ${Deno.build.arch}`],
    ["arch_bits", 64],
    ["multiplexing_api", server.reactor.kind === "native" ? "epoll" : "portable"],
    ["process_id", Deno.pid],
    ["run_id", server.runId],
    ["tcp_port", server.port],
    ["server_time_usec", nowMs * 1000],
    ["uptime_in_seconds", uptimeSeconds],
    ["uptime_in_days", Math.floor(uptimeSeconds / 86_400)],
    ["hz", 10],
    ["configured_hz", 10],
    ["config_file", ""],
  ];
}

function clientFields({ server }: Call): InfoField[] {
  let blocked = 0;
  for (const session of server.sessions) if (session?.parked) blocked++;
  return [
    ["connected_clients", server.clientCount],
    ["cluster_connections", 0],
    ["maxclients", server.settings.maxClients],
    ["blocked_clients", blocked],
    ["tracking_clients", 0],
  ];
}

/** Data lies in the arena, all else on the heap of this thread; resident memory is the process's. */
function memoryFields({ server, keyspace }: Call): InfoField[] {
  const { rss, heapUsed } = Deno.memoryUsage();
  const dataset = keyspace.arena.usedBytes;
  const { claimBytes } = server.slots.target;
  const used = dataset + claimBytes + heapUsed;
  server.peakMemoryBytes = Math.max(server.peakMemoryBytes, used);
  const limit = server.settings.maxMemoryBytes;
  return [
    ["used_memory", used],
    ["used_memory_human", formatBytes(used)],
    ["used_memory_rss", rss],
    ["used_memory_rss_human", formatBytes(rss)],
    ["used_memory_peak", server.peakMemoryBytes],
    ["used_memory_peak_human", formatBytes(server.peakMemoryBytes)],
    ["used_memory_overhead", heapUsed + claimBytes],
    ["used_memory_dataset", dataset],
    ["allocator_allocated", dataset],
    ["allocator_active", keyspace.arena.allocatedBytes],
    ["maxmemory", limit],
    ["maxmemory_human", formatBytes(limit)],
    ["maxmemory_policy", "noeviction"],
    ["mem_fragmentation_ratio", (rss / used).toFixed(2)],
    ["mem_fragmentation_bytes", rss - used],
    ["mem_slot_claims", claimBytes],
    ["mem_allocator", "arena"],
    ["lazyfree_pending_objects", keyspace.isReclaiming ? 1 : 0],
  ];
}

function persistenceFields({ server }: Call): InfoField[] {
  return [
    ["loading", 0],
    ["async_loading", 0],
    ["rdb_bgsave_in_progress", 0],
    ["rdb_last_save_time", Math.floor(server.startedAtMs / 1000)],
    ["rdb_last_bgsave_status", "ok"],
    ["aof_enabled", 0],
    ["aof_rewrite_in_progress", 0],
    ["aof_last_write_status", "ok"],
  ];
}

function statsFields({ server }: Call): InfoField[] {
  return [
    ["total_connections_received", server.connectionsReceived],
    ["total_commands_processed", server.commandsProcessed],
    ["instantaneous_ops_per_sec", server.commandRate.perSecond],
    ["rejected_connections", server.connectionsRejected],
    ["expired_keys", server.expiredKeys],
    ["evicted_keys", 0],
    ["keyspace_hits", server.keyspaceHits],
    ["keyspace_misses", server.keyspaceMisses],
    ["total_error_replies", server.errorReplies],
  ];
}

function replicationFields({ server }: Call): InfoField[] {
  return [
    ["role", "master"],
    ["connected_slaves", 0],
    ["master_failover_state", "no-failover"],
    ["master_replid", server.runId],
    ["master_repl_offset", 0],
    ["second_repl_offset", -1],
    ["repl_backlog_active", 0],
  ];
}

/** The global is loaded when it is first used, an import with the module: 4 MB that few ask for. */
function cpuFields(): InfoField[] {
  // deno-lint-ignore no-process-global -- see above
  const { system, user } = process.cpuUsage();
  return [
    ["used_cpu_sys", (system / 1e6).toFixed(6)],
    ["used_cpu_user", (user / 1e6).toFixed(6)],
  ];
}

/** Calls are counted, not timed. */
function commandFields({ server }: Call): InfoField[] {
  const fields: InfoField[] = [];
  nameOf.forEach((name, id) => {
    const calls = server.calls[id]!;
    if (calls === 0) return;
    fields.push([
      `cmdstat_${name}`,
      `calls=${calls},usec=0,usec_per_call=0.00,rejected_calls=0,` +
      `failed_calls=${server.failedCalls[id]!}`,
    ]);
  });
  return fields;
}

function errorFields({ server }: Call): InfoField[] {
  return [...server.errorCounts].map(([code, count]) => [`errorstat_${code}`, `count=${count}`]);
}

/** Keys of closed slots are no client's, and not counted. */
function keyspaceFields({ keyspace }: Call): InfoField[] {
  return keyspace.databases.flatMap((database): InfoField[] => {
    if (database === undefined) return [];
    const keys = visibleKeyCount(database);
    if (keys === 0) return [];
    let expires = database.volatileCount;
    for (let slot = 0; slot < SLOT_COUNT; slot++) {
      if (database.isHidden(slot)) expires -= database.slotVolatile[slot]!;
    }
    return [[`db${database.number}`, `keys=${keys},expires=${expires},avg_ttl=0`]];
  });
}

function slotFields({ server, session }: Call): InfoField[] {
  const { slotStanding } = server;
  return [
    ["slots_mode", slotStanding?.mode ?? "standalone"],
    ["slots_boot", slotStanding?.boot ?? ""],
    ["slots_leader_epoch", slotStanding?.leaderEpoch ?? 0],
    ["slots_with_keys", session.database.slotKeys.filter((keys) => keys > 0).length],
    ["keys_in_transit", server.transit.size],
  ];
}
