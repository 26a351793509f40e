/**
 * Real ZooKeeper servers on free ports: one alone, or an ensemble whose members can be killed, stopped
 * and started again.
 *
 * Invariant: a process started here is gone when its owner was disposed, and only processes started
 * here are ever signalled, by their pid.
 *
 * @module
 */

import { eventually } from "./eventually.ts";
import { unusedPort } from "./programs.ts";

const JARS = ["/usr/share/java/zookeeper.jar", "/usr/share/java/slf4j-simple.jar"] as const;
/** Generous: three Java machines start on a busy machine. */
const READY_TIMEOUT_MS = 60_000;
const ANSWER_MS_MAX = 1000;
const JAVA_FLAGS = [
  "-Xms32m",
  "-Xmx128m",
  "-XX:+UseSerialGC",
  "-XX:TieredStopAtLevel=1",
  "-Dzookeeper.forceSync=no",
  "-Dzookeeper.jmx.log4j.disable=true",
  "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
];

/** One ZooKeeper process, again and again on the same port and data. */
export class ZookeeperServer implements AsyncDisposable {
  /** The port for clients, on 127.0.0.1. */
  readonly port: number;
  readonly #directory: string;
  #child: Deno.ChildProcess | null = null;

  /** `config` is added to what every server has; `myId` is its number in an ensemble. */
  constructor(place: { directory: string; port: number; config?: string; myId?: number }) {
    const { directory, port, config = "", myId } = place;
    this.port = port;
    this.#directory = directory;
    Deno.mkdirSync(`${directory}/data`, { recursive: true });
    Deno.writeTextFileSync(`${directory}/zoo.cfg`, configOf(directory, port) + config);
    if (myId !== undefined) Deno.writeTextFileSync(`${directory}/data/myid`, String(myId));
  }

  /** Starts the process; {@linkcode ZookeeperServer.untilServing} waits for it. */
  start(): void {
    requireZookeeper();
    this.#child = new Deno.Command("java", {
      args: [
        ...JAVA_FLAGS,
        "-cp",
        JARS.join(":"),
        "org.apache.zookeeper.server.quorum.QuorumPeerMain",
        `${this.#directory}/zoo.cfg`,
      ],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
  }

  /** What it is: `standalone`, `leader` or `follower`; null while it serves nobody. */
  async mode(): Promise<string | null> {
    try {
      return /^Mode: (\w+)$/m.exec(await ask(this.port, "srvr"))?.[1] ?? null;
    } catch {
      // Not listening, or gone while it was asked.
      return null;
    }
  }

  /** Waits until it serves. @throws {Error} if it does not come up. */
  async untilServing(): Promise<void> {
    await eventually(async () => {
      if (await this.mode() === null) throw new Error(`ZooKeeper ${this.port} does not serve`);
    }, { timeoutMs: READY_TIMEOUT_MS });
  }

  /** Stops it in its tracks: connections stay open, nothing is answered. */
  pause(): void {
    this.#child?.kill("SIGSTOP");
  }

  /** Ends {@linkcode ZookeeperServer.pause}. */
  resume(): void {
    this.#child?.kill("SIGCONT");
  }

  /** Ends it with SIGKILL; its data stay. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    child?.kill("SIGKILL");
    await child?.status;
  }

  /** The same as disposing, where nothing can be awaited: at the end of a test module. */
  endNow(): void {
    this.#child?.kill("SIGKILL");
    this.#child = null;
    Deno.removeSync(this.#directory, { recursive: true });
  }

  /** Kills it and removes its data. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await Deno.remove(this.#directory, { recursive: true });
  }
}

/** Three servers that agree. */
export class ZookeeperEnsemble implements AsyncDisposable {
  /** Its members. */
  readonly members: readonly ZookeeperServer[];

  private constructor(members: readonly ZookeeperServer[]) {
    this.members = members;
  }

  /** Starts it and waits until every member serves. */
  static async start(): Promise<ZookeeperEnsemble> {
    const ports = unusedPorts(9);
    const directories = await Promise.all([1, 2, 3].map(() => makeDirectory()));
    const members = [1, 2, 3].map((id, index) =>
      `server.${id}=127.0.0.1:${ports[3 + index]}:${ports[6 + index]}`
    );
    const config = ["initLimit=20", "syncLimit=10", ...members, ""].join("\n");
    const ensemble = new ZookeeperEnsemble(
      directories.map((directory, index) =>
        new ZookeeperServer({ directory, port: ports[index]!, config, myId: index + 1 })
      ),
    );
    try {
      for (const member of ensemble.members) member.start();
      for (const member of ensemble.members) await member.untilServing();
      return ensemble;
    } catch (error) {
      await ensemble[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The address of all members, with `rest` behind it. */
  url(rest: string): string {
    return `zk://${this.members.map(({ port }) => `127.0.0.1:${port}`).join(",")}${rest}`;
  }

  /** The member that leads now. */
  async leader(): Promise<ZookeeperServer> {
    const modes = await Promise.all(this.members.map((member) => member.mode()));
    const leader = this.members[modes.indexOf("leader")];
    if (leader === undefined) throw new Error(`no member leads: ${modes.join(", ")}`);
    return leader;
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.members.map((member) => member[Symbol.asyncDispose]()));
  }
}

/** Starts one server of its own, and waits until it serves. */
export async function startZookeeper(): Promise<ZookeeperServer> {
  const directory = await makeDirectory();
  const server = new ZookeeperServer({ directory, port: unusedPort() });
  try {
    server.start();
    await server.untilServing();
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

/** Starts one server for all tests of a module; it ends with the module. */
export async function startModuleZookeeper(): Promise<ZookeeperServer> {
  const server = await startZookeeper();
  globalThis.addEventListener("unload", () => server.endNow());
  return server;
}

/** A server that is starting may take a question and never answer it. */
async function ask(port: number, question: string): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const limit = setTimeout(() => connection.close(), ANSWER_MS_MAX);
  try {
    await connection.write(new TextEncoder().encode(question));
    const buffer = new Uint8Array(8192);
    let answer = "";
    for (let count; (count = await connection.read(buffer)) !== null;) {
      answer += new TextDecoder().decode(buffer.subarray(0, count));
    }
    return answer;
  } finally {
    clearTimeout(limit);
  }
}

function configOf(directory: string, port: number): string {
  return [
    "tickTime=500",
    `dataDir=${directory}/data`,
    `clientPort=${port}`,
    "clientPortAddress=127.0.0.1",
    "maxClientCnxns=0",
    "minSessionTimeout=1000",
    "maxSessionTimeout=60000",
    "admin.enableServer=false",
    "4lw.commands.whitelist=srvr",
    "standaloneEnabled=true",
    "audit.enable=false",
    "preAllocSize=1024",
    "snapCount=100000",
    "",
  ].join("\n");
}

function requireZookeeper(): void {
  for (const jar of JARS) {
    try {
      Deno.statSync(jar);
    } catch {
      throw new Error(
        `Cannot start ZooKeeper: ${jar} is missing; as root: apt-get install -y ` +
          "--no-install-recommends zookeeper default-jre-headless",
      );
    }
  }
}

function makeDirectory(): Promise<string> {
  return Deno.makeTempDir({ prefix: "codis_zookeeper_" });
}

/** Ports that stay free while a member is down, all different. */
function unusedPorts(count: number): number[] {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(unusedPort());
  return [...ports];
}
