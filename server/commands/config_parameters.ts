/**
 * The parameters of CONFIG: those of Redis that mean something here, by name.
 *
 * Invariant: what is shown is what is in force; a parameter that nothing obeys is not in the table.
 *
 * @module
 */

import type { ServerState } from "../server_state.ts";
import type { ValueLimits } from "../values/value_limits.ts";

/** A value that a parameter cannot take; the message is Redis's. */
export class ConfigValueError extends Error {
  override name = "ConfigValueError";
}

/** One parameter. */
export interface ConfigParameter {
  /** As CONFIG GET shows it. */
  get(server: ServerState): string;
  /**
   * Reads a value and returns what sets it. Absent: it cannot change while the server runs.
   *
   * @throws {ConfigValueError} if the parameter cannot take the value.
   */
  readonly set?: (server: ServerState, value: string) => () => void;
}

const INT32_MAX = 2 ** 31 - 1;
const INT32_MIN = -(2 ** 31);
const UINT32_MAX = 2 ** 32 - 1;
const INT64_MAX = 2n ** 63n - 1n;

/** By name, in lower case. */
export const CONFIG_PARAMETERS: Readonly<Record<string, ConfigParameter>> = {
  "appendonly": fixed("no"),
  "bind": { get: (server) => server.host },
  "cluster-enabled": fixed("no"),
  "databases": fixed("16"),
  "hash-max-listpack-entries": limit("hashEntries"),
  "hash-max-listpack-value": limit("hashBytes"),
  "hash-max-ziplist-entries": limit("hashEntries"),
  "hash-max-ziplist-value": limit("hashBytes"),
  "hz": fixed("10"),
  "list-compress-depth": fixed("0"),
  "list-max-listpack-size": limit("listNode", INT32_MIN, INT32_MAX),
  "list-max-ziplist-size": limit("listNode", INT32_MIN, INT32_MAX),
  "maxclients": {
    get: ({ settings }) => String(settings.maxClients),
    set: ({ settings }, value) => {
      const count = integerOf(value, 1, UINT32_MAX);
      return () => settings.maxClients = count;
    },
  },
  "maxmemory": {
    get: ({ settings }) => String(settings.maxMemoryBytes),
    set: ({ settings }, value) => {
      const byteCount = memoryOf(value);
      return () => settings.maxMemoryBytes = byteCount;
    },
  },
  "maxmemory-policy": fixed("noeviction"),
  "port": { get: (server) => String(server.port) },
  "proto-max-bulk-len": fixed(String(512 * 1024 * 1024)),
  "requirepass": {
    get: ({ settings }) => settings.requirePassword,
    set: (server, value) => () => setPassword(server, value),
  },
  "save": fixed(""),
  "set-max-intset-entries": limit("setIntegers"),
  "slowlog-log-slower-than": {
    get: ({ slowLog }) => String(slowLog.slowerThanMicros),
    set: ({ slowLog }, value) => {
      const micros = integerOf(value, -1, INT64_MAX);
      return () => slowLog.slowerThanMicros = micros;
    },
  },
  "slowlog-max-len": {
    get: ({ slowLog }) => String(slowLog.lengthMax),
    set: ({ slowLog }, value) => {
      const length = integerOf(value, 0, INT64_MAX);
      return () => slowLog.lengthMax = length;
    },
  },
  "timeout": {
    get: ({ settings }) => String(settings.timeoutSeconds),
    set: ({ settings }, value) => {
      const seconds = integerOf(value, 0, INT32_MAX);
      return () => settings.timeoutSeconds = seconds;
    },
  },
  "zset-max-listpack-entries": limit("sortedSetEntries"),
  "zset-max-listpack-value": limit("sortedSetBytes"),
  "zset-max-ziplist-entries": limit("sortedSetEntries"),
  "zset-max-ziplist-value": limit("sortedSetBytes"),
};

/** A bound of packed values; Redis keeps its old names, too. */
function limit(
  name: keyof ValueLimits,
  min = 0,
  max: number | bigint = INT64_MAX,
): ConfigParameter {
  return {
    get: ({ valueLimits }) => String(valueLimits[name]),
    set: ({ valueLimits }, value) => {
      const bound = integerOf(value, min, max);
      return () => valueLimits[name] = bound;
    },
  };
}

function fixed(value: string): ConfigParameter {
  return { get: () => value };
}

/** Clients that have logged in stay so; without a password nobody needs to. */
function setPassword({ settings, sessions }: ServerState, password: string): void {
  settings.requirePassword = password;
  if (password !== "") return;
  for (const session of sessions) if (session !== undefined) session.authenticated = true;
}

function integerOf(text: string, min: number, max: number | bigint): number {
  if (!/^(0|-?[1-9]\d{0,17})$/.test(text)) {
    throw new ConfigValueError("argument couldn't be parsed into an integer");
  }
  const value = Number(text);
  if (value < min || value > max) {
    throw new ConfigValueError(`argument must be between ${min} and ${max} inclusive`);
  }
  return value;
}

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 1000,
  kb: 1024,
  m: 1000 ** 2,
  mb: 1024 ** 2,
  g: 1000 ** 3,
  gb: 1024 ** 3,
};

function memoryOf(text: string): number {
  const [, digits, unit] = /^(\d{1,15})([a-z]*)$/.exec(text.toLowerCase()) ?? [];
  const factor = unit === undefined ? undefined : UNITS[unit];
  if (factor === undefined) throw new ConfigValueError("argument must be a memory value");
  return Number(digits) * factor;
}
