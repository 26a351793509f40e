/**
 * The one program: `start`, `server`, `proxy` or `manager`.
 *
 * As one executable, linked or copied as `codis-server`, `codis-proxy` or `codis-config`, it is that
 * program.
 *
 * @module
 */

import process from "node:process";
import { formatAddress } from "./core/address.ts";
import { type FlagTable, integerOf, type ParsedFlags, UsageError } from "./core/command_line.ts";
import type { CoordinatorSource } from "./core/coordinator/coordinator.ts";
import { openCoordinator } from "./core/coordinator/open_coordinator.ts";
import {
  type Program,
  type ProgramContext,
  type RunningProgram,
  runProgram,
} from "./core/program.ts";
import { EMPTY_TAG_DEFAULT } from "./core/slots.ts";
import { addGroup, addServer } from "./core/topology/edit_groups.ts";
import { initSlots } from "./core/topology/edit_slots.ts";
import { loadTopology, saveTopology } from "./core/topology/save_topology.ts";
import { type Change, emptyTopology, type Topology } from "./core/topology/topology.ts";
import { VERSION } from "./core/version.ts";
import { runManager, startManager } from "./manager/mod.ts";
import { PROXY_PROGRAM, startProxy } from "./proxy/mod.ts";
import { type Server, SERVER_PROGRAM, startServer } from "./server/mod.ts";

const USAGE = `codis ${VERSION}: many Redis servers that look like one

Usage: codis PROGRAM [flags]

  start      everything on one machine: two servers, one proxy, the manager
  server     a codis-server
  proxy      a codis-proxy
  manager    the manager; with a noun (server, slot, proxy, migration, topology) its client

codis PROGRAM --help tells the flags.
`;

const PRODUCT = "default";
const HOST = "127.0.0.1";
const DEFAULT_DATA = "./codis-data";

const START_FLAGS: FlagTable = {
  "proxy-port": {
    value: "PORT",
    help: "where clients connect; 0: any free port",
    default: "19000",
  },
  "manager-port": { value: "PORT", help: "REST API", default: "18087" },
  "server-ports": { value: "PORT,…", help: "one server and group each", default: "6381,6382" },
  data: { value: "DIR", help: `where the topology is kept (default ${DEFAULT_DATA})` },
  memory: { help: "keep nothing on disk" },
  workers: { value: "N", help: "threads of the proxy", default: "1" },
  transport: { value: "NAME", help: "auto or native", default: "auto" },
  requirepass: {
    value: "PASSWORD",
    help: "for clients and between all parts",
    environment: "CODIS_PASSWORD",
    default: "",
  },
};

/** Everything on one machine, in one process. */
const START_PROGRAM: Program = {
  name: "codis start",
  summary: "everything on one machine: two servers, one proxy, the manager",
  flags: START_FLAGS,
  start: startAll,
};

/** Starts servers, manager and proxy, in this order; what was started is closed in reverse. */
async function startAll(flags: ParsedFlags, context: ProgramContext): Promise<RunningProgram> {
  flags.choice("transport", ["auto", "native"]);
  const serverPorts = flags.required("server-ports").split(",")
    .map((port) => integerOf("--server-ports", port.trim(), 0, 65535));
  const twice = serverPorts.find((port, index) => port > 0 && serverPorts.indexOf(port) < index);
  if (twice !== undefined) throw new UsageError(`--server-ports names ${twice} twice`);
  const data = dataDirectory(flags);
  const password = flags.required("requirepass");
  const closers: ((drainMs: number) => Promise<unknown>)[] = [];
  const closeAll = async (drainMs: number): Promise<boolean> => {
    let clean = true;
    for (const close of closers.splice(0).reverse()) {
      clean = await close(drainMs) !== false && clean;
    }
    return clean;
  };
  const onFailure = (error: string) => context.end({ kind: "died", error });
  try {
    const source = await openCoordinator(data === undefined ? "memory:" : `embedded:${data}`);
    closers.push(() => source.close());
    const servers: Server[] = [];
    for (const port of serverPorts) {
      const server = await startServer({
        listen: { host: HOST, port },
        slots: "managed",
        dir: data === undefined ? undefined : `${data}/server-${port}`,
        emptyTag: EMPTY_TAG_DEFAULT,
        settings: { requirePassword: password },
        onFailure,
        onShutdown: () => context.end({ kind: "asked" }),
      });
      closers.push((drainMs) => server.close(drainMs));
      servers.push(server);
    }
    await establishProduct(source, servers.map(({ address }) => formatAddress(address)));
    const manager = await startManager({
      coordinator: source,
      product: PRODUCT,
      listen: `${HOST}:${flags.integer("manager-port", 0, 65535)}`,
      credentials: password === "" ? undefined : { password },
      log: (level, message) => context.log.of("manager")[level](message),
    });
    closers.push(() => manager.close());
    const proxy = await startProxy({
      topology: { kind: "coordinator", source, product: PRODUCT },
      listen: { host: HOST, port: flags.integer("proxy-port", 0, 65535) },
      admin: { host: HOST, port: 0 },
      id: "proxy-1",
      workers: flags.integer("workers", 1, 256),
      password,
      serverUser: "",
      serverPassword: password,
      log: context.log.of("proxy"),
      onFailure,
      signal: context.signal,
    });
    closers.push((drainMs) => proxy.close(drainMs));
    return {
      readyLine: `codis ready: clients ${formatAddress(proxy.address)}, ` +
        `manager http://${manager.address}, ` +
        `servers ${servers.map(({ address }) => formatAddress(address)).join(" ")}; ` +
        `topology ${data === undefined ? "in memory" : `in ${data}`}, keys in memory only`,
      close: closeAll,
    };
  } catch (error) {
    await closeAll(0);
    throw error;
  }
}

function dataDirectory(flags: ParsedFlags): string | undefined {
  const data = flags.text("data");
  if (!flags.on("memory")) return data ?? DEFAULT_DATA;
  if (data !== undefined) throw new UsageError("--memory and --data exclude each other");
  return undefined;
}

/** Creates the product on first use: a group for each server, the slots shared evenly. */
async function establishProduct(source: CoordinatorSource, addresses: string[]): Promise<void> {
  await using coordinator = await source.connect();
  const stored = await loadTopology(coordinator, PRODUCT);
  if (stored === null) {
    await saveTopology(coordinator, PRODUCT, { next: firstTopology(addresses), version: null });
    return;
  }
  const known = Object.values(stored.topology.groups).flatMap(({ servers }) =>
    servers.map(({ addr }) => addr)
  );
  const missing = addresses.filter((address) => !known.includes(address));
  if (missing.length > 0) {
    throw new Error(
      `Cannot use ${source.url} with server ${missing[0]}: its product has ${known.join(", ")}; ` +
        "give their ports with --server-ports, or another directory with --data",
    );
  }
}

function firstTopology(addresses: string[]): Topology {
  const change: Change = {
    id: crypto.randomUUID(),
    actor: "codis start",
    reason: "first start",
  };
  let topology = emptyTopology(change);
  addresses.forEach((addr, index) => {
    const group = index + 1;
    topology = addGroup(topology, { id: group }, change);
    topology = addServer(topology, { group, server: { id: addr, addr, boot: null } }, change);
  });
  return initSlots(topology, addresses.map((_, index) => index + 1), change);
}

/** What each program runs as, by its own name and by the name of its executable. */
const PROGRAMS: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  start: (args) => runProgram(START_PROGRAM, args),
  server: (args) => runProgram(SERVER_PROGRAM, args),
  proxy: (args) => runProgram(PROXY_PROGRAM, args),
  manager: runManager,
};
const EXECUTABLES: Readonly<Record<string, string>> = {
  "codis-server": "server",
  "codis-proxy": "proxy",
  "codis-config": "manager",
};

/** Runs the program that `args`, or the executable's name, asks for; returns the exit code. */
async function main(executable: string, args: readonly string[]): Promise<number> {
  const named = EXECUTABLES[executable];
  const [word, rest] = named === undefined ? [args[0], args.slice(1)] : [named, args];
  const program = word === undefined ? undefined : PROGRAMS[word];
  if (program !== undefined) return await program(rest);
  const text = new TextEncoder().encode(USAGE);
  if (word === "--help" || word === "--version") {
    Deno.stdout.writeSync(
      word === "--help" ? text : new TextEncoder().encode(`codis ${VERSION}\n`),
    );
    return 0;
  }
  const problem = word === undefined ? "a program is missing" : `unknown program "${word}"`;
  Deno.stderr.writeSync(new TextEncoder().encode(`codis: ${problem}\n\n${USAGE}`));
  return 2;
}

if (import.meta.main) {
  // The name it was called by: `Deno.execPath` would have followed a link.
  const executable = process.argv0.split("/").at(-1)!;
  Deno.exit(await main(executable, Deno.args));
}
