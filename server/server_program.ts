/**
 * The program `codis-server`.
 *
 * @module
 */

import { formatAddress, numericHost } from "../core/address.ts";
import type { FlagTable, ParsedFlags } from "../core/command_line.ts";
import { PROTECTION_FLAGS, protectionOf } from "../core/listen_policy.ts";
import type { Program, ProgramContext, RunningProgram } from "../core/program.ts";
import { EMPTY_TAG_DEFAULT } from "../core/slots.ts";
import { chooseTransport, TRANSPORT_FLAG, TRANSPORTS } from "../core/transport/choose_transport.ts";
import { startServer } from "./server.ts";

const FLAGS: FlagTable = {
  port: { value: "PORT", help: "where clients connect; 0: any free port", default: "6379" },
  bind: { value: "HOST", help: "the address to listen on", default: "127.0.0.1" },
  dir: { value: "DIR", help: "where fences are kept; without it, in memory" },
  ...PROTECTION_FLAGS,
  slots: {
    value: "MODE",
    help: "standalone: serve all slots until first managed; managed: serve none until told",
    default: "standalone",
  },
  "empty-tag": {
    value: "RULE",
    help: "what {} hashes: hash-empty or hash-key",
    default: EMPTY_TAG_DEFAULT,
  },
  maxclients: { value: "N", help: "clients at a time", default: "10000" },
  maxmemory: { value: "BYTES", help: "refuse writes above; 0: no limit", default: "0" },
  transport: TRANSPORT_FLAG,
};

/** `codis-server`. */
export const SERVER_PROGRAM: Program = {
  name: "codis-server",
  summary: "a Redis-compatible server whose slots can move while clients work",
  flags: FLAGS,
  start: startFrom,
};

async function startFrom(flags: ParsedFlags, context: ProgramContext): Promise<RunningProgram> {
  const wanted = flags.choice("transport", TRANSPORTS);
  const listen = {
    host: numericHost(flags.required("bind")),
    port: flags.integer("port", 0, 65535),
  };
  const { password } = protectionOf(flags, listen);
  const server = await startServer({
    listen,
    transport: chooseTransport(wanted, context.log),
    slots: flags.choice("slots", ["standalone", "managed"]),
    dir: flags.text("dir"),
    emptyTag: flags.choice("empty-tag", ["hash-empty", "hash-key"]),
    settings: {
      requirePassword: password,
      maxClients: flags.integer("maxclients", 1, 1_000_000),
      maxMemoryBytes: flags.integer("maxmemory", 0, Number.MAX_SAFE_INTEGER),
    },
    onFailure: (error) => context.end({ kind: "died", error }),
    onShutdown: () => context.end({ kind: "asked" }),
  });
  return {
    readyLine: `codis-server ready on ${formatAddress(server.address)} (data in memory)`,
    close: (drainMs) => server.close(drainMs),
  };
}
