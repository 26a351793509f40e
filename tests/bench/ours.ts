/**
 * Our own programs as a bench starts them: the command lines and the fixed topology of the proxy.
 *
 * Invariant: nothing is switched off for a bench; expiry, limits, metrics and slot tracking run.
 *
 * @module
 */

import { fixedTopologyText } from "../support/fixed_topology.ts";
import type { Transport } from "./budget.ts";
import { freePort, type Program } from "./launch.ts";

/** Name of our programs in options and tables. */
export const OURS = "codis";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

/** Our server. */
export function oursServer(transport: Transport): Program {
  const port = freePort();
  return programOf(oursServerCommand(port, transport), port);
}

/** Our proxy in front of `backendPorts`, each with an equal share of the slots, nothing migrating. */
export async function oursProxy(
  scratchDir: string,
  backendPorts: number[],
  transport: Transport,
): Promise<Program> {
  const port = freePort();
  const topologyFile = `${scratchDir}/topology-${port}.json`;
  await Deno.writeTextFile(topologyFile, fixedTopologyText(backendPorts));
  return programOf(oursProxyCommand(port, topologyFile, transport), port);
}

function oursServerCommand(port: number, transport: Transport): string[] {
  return ["server", "--port", `${port}`, "--transport", transport];
}

function oursProxyCommand(port: number, topologyFile: string, transport: Transport): string[] {
  return [
    "proxy",
    ...["--listen", `127.0.0.1:${port}`, "--admin", "127.0.0.1:0"],
    ...["--topology", topologyFile, "--transport", transport],
  ];
}

function programOf(args: string[], port: number): Program {
  return { name: OURS, command: Deno.execPath(), args: ["run", "-A", MAIN, ...args], port };
}
