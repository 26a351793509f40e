/**
 * The one program: `start`, `server`, `proxy` or `manager`.
 *
 * As one executable, linked or copied as `codis-server`, `codis-proxy` or `codis-config`, it is that
 * program. The programs' modules are loaded when they are run: the manager's alone would cost a server
 * 20 MB.
 *
 * @module
 */

import { formatAddress } from "./core/address.ts";
import { type FlagTable, integerOf, type ParsedFlags, UsageError } from "./core/command_line.ts";
import {
  type Program,
  type ProgramContext,
  type RunningProgram,
  runProgram,
} from "./core/program.ts";
import { EMPTY_TAG_DEFAULT } from "./core/slots.ts";
import { chooseTransport, TRANSPORT_FLAG, TRANSPORTS } from "./core/transport/choose_transport.ts";
import { VERSION } from "./core/version.ts";
import type { Pages } from "./manager/mod.ts";
import type { Server } from "./server/mod.ts";

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
  "manager-port": { value: "PORT", help: "dashboard and REST API", default: "18087" },
  "server-ports": { value: "PORT,…", help: "one server and group each", default: "6381,6382" },
  data: { value: "DIR", help: `where the topology is kept (default ${DEFAULT_DATA})` },
  memory: { help: "keep nothing on disk" },
  workers: { value: "N", help: "threads of the proxy", default: "1" },
  transport: TRANSPORT_FLAG,
  requirepass: {
    value: "PASSWORD",
    help: "for clients and between all parts",
    environment: "CODIS_PASSWORD",
    default: "",
  },
};

/** The programs' modules. */
interface Folders {
  core: typeof import("./core/mod.ts");
  server: typeof import("./server/mod.ts");
  proxy: typeof import("./proxy/mod.ts");
  manager: typeof import("./manager/mod.ts");
  ui: typeof import("./ui/mod.ts");
}

/**
 * Loads a folder's module. Its name is no literal because Deno reads what literals name, with all
 * it imports, at every start; `deno task compile` therefore includes the folders by name.
 */
async function load<Name extends keyof Folders>(name: Name): Promise<Folders[Name]> {
  const module = new URL(`${name}/mod.ts`, import.meta.url).href;
  return await import(module);
}

/** The dashboard; its modules are loaded for the first page that somebody asks for. */
function loadDashboard(...[api]: Parameters<Pages>): ReturnType<Pages> {
  let loading: Promise<(request: Request) => Promise<Response>> | undefined;
  return async (request) => {
    loading ??= load("ui").then(({ dashboardOf }) => dashboardOf(api));
    return await (await loading)(request);
  };
}

/** Everything on one machine, in one process. */
const START_PROGRAM: Program = {
  name: "codis start",
  summary: "everything on one machine: two servers, one proxy, the manager",
  flags: START_FLAGS,
  start: startAll,
};

/** Starts servers, manager and proxy, in this order; what was started is closed in reverse. */
async function startAll(flags: ParsedFlags, context: ProgramContext): Promise<RunningProgram> {
  const wanted = flags.choice("transport", TRANSPORTS);
  const serverPorts = flags.required("server-ports").split(",")
    .map((port) => integerOf("--server-ports", port.trim(), 0, 65535));
  const twice = serverPorts.find((port, index) => port > 0 && serverPorts.indexOf(port) < index);
  if (twice !== undefined) throw new UsageError(`--server-ports names ${twice} twice`);
  const data = dataDirectory(flags);
  const password = flags.required("requirepass");
  const transport = chooseTransport(wanted, context.log);
  const closers: ((drainMs: number) => Promise<unknown>)[] = [];
  const closeAll = async (drainMs: number): Promise<boolean> => {
    let clean = true;
    for (const close of closers.splice(0).reverse()) {
      clean = await close(drainMs) !== false && clean;
    }
    return clean;
  };
  const onFailure = (error: string) => context.end({ kind: "died", error });
  const { startServer } = await load("server");
  const { startManager } = await load("manager");
  const { startProxy } = await load("proxy");
  const { openCoordinator, establishProduct } = await load("core");
  try {
    const source = await openCoordinator(data === undefined ? "memory:" : `embedded:${data}`);
    closers.push(() => source.close());
    const servers: Server[] = [];
    for (const port of serverPorts) {
      const server = await startServer({
        listen: { host: HOST, port },
        transport,
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
    await establishProduct(source, {
      product: PRODUCT,
      servers: servers.map(({ address }) => formatAddress(address)),
      actor: "codis start",
    });
    const manager = await startManager({
      coordinator: source,
      product: PRODUCT,
      listen: `${HOST}:${flags.integer("manager-port", 0, 65535)}`,
      credentials: password === "" ? undefined : { password },
      pages: loadDashboard,
      log: (level, message) => context.log.of("manager")[level](message),
    });
    closers.push(() => manager.close());
    const proxy = await startProxy({
      topology: { kind: "coordinator", source, product: PRODUCT },
      listen: { host: HOST, port: flags.integer("proxy-port", 0, 65535) },
      admin: { host: HOST, port: 0 },
      id: "proxy-1",
      workers: flags.integer("workers", 1, 256),
      transport,
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
        `dashboard http://${manager.address}, ` +
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

/** What each program runs as, by its own name and by the name of its executable. */
const PROGRAMS: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  start: (args) => runProgram(START_PROGRAM, args),
  server: async (args) => runProgram((await load("server")).SERVER_PROGRAM, args),
  proxy: async (args) => runProgram((await load("proxy")).PROXY_PROGRAM, args),
  manager: async (args) => (await load("manager")).runManager(args, loadDashboard),
};
const EXECUTABLES: Readonly<Record<string, string>> = {
  "codis-server": "server",
  "codis-proxy": "proxy",
  "codis-config": "manager",
};

/** Runs the program that `args`, or the executable's name, asks for; returns the exit code. */
export async function main(executable: string, args: readonly string[]): Promise<number> {
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

/**
 * The name this process was called by. Only an executable has one of its own; `Deno.execPath` would
 * have followed a link.
 */
async function executableName(): Promise<string> {
  if (!Deno.build.standalone) return "deno";
  const { argv0 } = await import("node:process");
  return argv0.split("/").at(-1)!;
}

if (import.meta.main) Deno.exit(await main(await executableName(), Deno.args));
