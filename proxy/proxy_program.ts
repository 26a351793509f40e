/**
 * The program `codis-proxy`.
 *
 * @module
 */

import { formatAddress } from "../core/address.ts";
import { randomHex } from "../core/boot_id.ts";
import { type FlagTable, type ParsedFlags, UsageError } from "../core/command_line.ts";
import { openCoordinator } from "../core/coordinator/open_coordinator.ts";
import { addressFlag, coordinatorFlag, productFlag } from "../core/flag_values.ts";
import { isLoopback, PROTECTION_FLAGS, protectionOf } from "../core/listen_policy.ts";
import type { Program, ProgramContext, RunningProgram } from "../core/program.ts";
import { chooseTransport, TRANSPORT_FLAG, TRANSPORTS } from "../core/transport/choose_transport.ts";
import type { Topology } from "../core/topology/topology.ts";
import { parseTopology } from "../core/topology/topology_text.ts";
import { startProxy, type TopologySource } from "./proxy.ts";

const FLAGS: FlagTable = {
  product: { value: "NAME", help: "the product to serve", default: "default" },
  coordinator: {
    value: "URL",
    help:
      "where the topology is: embedded:DIR, http://HOST:PORT of a manager or zk://HOST:PORT,…/CHROOT",
    default: "embedded:./codis-data",
  },
  token: {
    value: "TOKEN",
    help: "what the manager of --coordinator http://… wants to be brought",
    environment: "CODIS_TOKEN",
  },
  topology: { value: "FILE", help: "serve this topology, unchanged, without a coordinator" },
  listen: { value: "HOST:PORT", help: "where clients connect", default: "127.0.0.1:19000" },
  advertise: { value: "HOST", help: "what clients are told to connect to, if not --listen's host" },
  admin: {
    value: "HOST:PORT",
    help: "where operators connect by HTTP",
    default: "127.0.0.1:11080",
  },
  id: { value: "NAME", help: "this proxy's name in the product (default: random)" },
  workers: { value: "N", help: "threads", default: "1" },
  ...PROTECTION_FLAGS,
  "max-clients": { value: "N", help: "clients at a time", default: "10000" },
  "max-pipeline": {
    value: "N",
    help: "unanswered requests of a client; then it is read no further",
    default: "1024",
  },
  "client-timeout": { value: "SECONDS", help: "close silent clients; 0: never", default: "0" },
  "server-timeout": {
    value: "MS",
    help: "give a server that answers nothing up",
    default: "30000",
  },
  "server-user": { value: "NAME", help: "how to log in at servers", default: "" },
  "server-password": {
    value: "PASSWORD",
    help: "how to log in at servers",
    environment: "CODIS_SERVER_PASSWORD",
    default: "",
  },
  transport: TRANSPORT_FLAG,
};

/** `codis-proxy`. */
export const PROXY_PROGRAM: Program = {
  name: "codis-proxy",
  summary: "makes many servers look like one Redis",
  flags: FLAGS,
  start: startFrom,
};

async function startFrom(flags: ParsedFlags, context: ProgramContext): Promise<RunningProgram> {
  const wanted = flags.choice("transport", TRANSPORTS);
  const listen = addressFlag(flags, "listen");
  const admin = addressFlag(flags, "admin");
  const { password, protectedMode } = protectionOf(flags, listen);
  if (protectedMode && !isLoopback(admin.host)) {
    throw new UsageError(
      `--admin ${formatAddress(admin)} would let anyone see this proxy's state: ` +
        "listen on 127.0.0.1, or say --protected-mode no",
    );
  }
  const transport = chooseTransport(wanted, context.log);
  const { topology, close } = await topologySource(flags);
  try {
    const proxy = await startProxy({
      topology,
      listen,
      advertise: flags.text("advertise"),
      admin,
      id: flags.text("id") ?? `proxy-${randomHex(8)}`,
      workers: flags.integer("workers", 1, 256),
      transport,
      limits: {
        clientCountMax: flags.integer("max-clients", 1, 1_000_000),
        pipelineMax: flags.integer("max-pipeline", 1, 1_000_000),
        clientTimeoutMs: 1000 * flags.integer("client-timeout", 0, 1_000_000),
        serverTimeoutMs: flags.integer("server-timeout", 1, 3_600_000),
      },
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
  const source = await openCoordinator(coordinatorFlag(flags), { token: flags.text("token") });
  const product = productFlag(flags);
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
