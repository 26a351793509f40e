/**
 * The program `codis-proxy`.
 *
 * @module
 */

import { formatAddress, parseAddress } from "../core/address.ts";
import { randomHex } from "../core/boot_id.ts";
import { type FlagTable, type ParsedFlags, UsageError } from "../core/command_line.ts";
import { openCoordinator } from "../core/coordinator/open_coordinator.ts";
import { requireProtection } from "../core/listen_policy.ts";
import type { Program, ProgramContext, RunningProgram } from "../core/program.ts";
import type { Topology } from "../core/topology/topology.ts";
import { parseTopology } from "../core/topology/topology_text.ts";
import type { SocketAddress } from "../core/transport/reactor.ts";
import { startProxy, type TopologySource } from "./proxy.ts";

const FLAGS: FlagTable = {
  product: { value: "NAME", help: "the product to serve", default: "default" },
  coordinator: { value: "URL", help: "where the topology is", default: "embedded:./codis-data" },
  topology: { value: "FILE", help: "serve this topology, unchanged, without a coordinator" },
  listen: { value: "HOST:PORT", help: "where clients connect", default: "127.0.0.1:19000" },
  admin: {
    value: "HOST:PORT",
    help: "where operators connect by HTTP",
    default: "127.0.0.1:11080",
  },
  id: { value: "NAME", help: "this proxy's name in the product (default: random)" },
  workers: { value: "N", help: "threads", default: "1" },
  requirepass: {
    value: "PASSWORD",
    help: "what clients must send with AUTH",
    environment: "CODIS_PASSWORD",
    default: "",
  },
  "protected-mode": { value: "yes|no", help: "refuse others without a password", default: "yes" },
  "server-user": { value: "NAME", help: "how to log in at servers", default: "" },
  "server-password": {
    value: "PASSWORD",
    help: "how to log in at servers",
    environment: "CODIS_SERVER_PASSWORD",
    default: "",
  },
  transport: { value: "NAME", help: "auto or native", default: "auto" },
};

/** `codis-proxy`. */
export const PROXY_PROGRAM: Program = {
  name: "codis-proxy",
  summary: "makes many servers look like one Redis",
  flags: FLAGS,
  start: startFrom,
};

async function startFrom(flags: ParsedFlags, context: ProgramContext): Promise<RunningProgram> {
  flags.choice("transport", ["auto", "native"]);
  const listen = addressOf(flags, "listen");
  const password = flags.required("requirepass");
  const protectedMode = flags.choice("protected-mode", ["yes", "no"]) === "yes";
  requireProtection(listen, { password, protectedMode });
  const { topology, close } = await topologySource(flags);
  try {
    const proxy = await startProxy({
      topology,
      listen,
      admin: addressOf(flags, "admin"),
      id: flags.text("id") ?? `proxy-${randomHex(8)}`,
      workers: flags.integer("workers", 1, 256),
      password,
      serverUser: flags.required("server-user"),
      serverPassword: flags.required("server-password"),
      log: context.log,
      onFailure: (error) => context.end({ kind: "died", error }),
      signal: context.signal,
    });
    return {
      readyLine: `codis-proxy ready on ${formatAddress(proxy.address)}`,
      close: async (drainMs) => {
        const clean = await proxy.close(drainMs);
        await close();
        return clean;
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function topologySource(
  flags: ParsedFlags,
): Promise<{ topology: TopologySource; close: () => Promise<void> }> {
  const file = flags.text("topology");
  if (file !== undefined) {
    const topology = await readTopology(file);
    return { topology: { kind: "fixed", topology }, close: () => Promise.resolve() };
  }
  const source = await openCoordinator(flags.required("coordinator"));
  const product = flags.required("product");
  return { topology: { kind: "coordinator", source, product }, close: () => source.close() };
}

async function readTopology(file: string): Promise<Topology> {
  try {
    return parseTopology(await Deno.readTextFile(file));
  } catch (error) {
    throw new Error(`--topology ${file}: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}

function addressOf(flags: ParsedFlags, name: string): SocketAddress {
  try {
    return parseAddress(flags.required(name));
  } catch (error) {
    throw new UsageError(`--${name}: ${error instanceof Error ? error.message : error}`);
  }
}
