/**
 * Our own programs as a bench starts them: the command lines and the fixed topology of the proxy.
 *
 * Invariant: nothing is switched off for a bench; expiry, limits, metrics and slot tracking run.
 *
 * @module
 */

import type { Transport } from "./budget.ts";
import { freePort, type Program } from "./launch.ts";

/** Name of our programs in options and tables. */
export const OURS = "codis";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

/** Slots of a product; the bench gives each backend an equal share. */
const SLOT_COUNT = 1024;

/** Our server. */
export function oursServer(transport: Transport): Program {
  const port = freePort();
  return programOf(oursServerCommand(port, transport), port);
}

/** Our proxy in front of `backendPorts`, its topology written to `scratchDir`. */
export async function oursProxy(
  scratchDir: string,
  backendPorts: number[],
  transport: Transport,
): Promise<Program> {
  const port = freePort();
  const topologyFile = `${scratchDir}/topology-${port}.json`;
  await Deno.writeTextFile(topologyFile, JSON.stringify(topologyOf(backendPorts)));
  return programOf(oursProxyCommand(port, topologyFile, transport), port);
}

function oursServerCommand(port: number, transport: Transport): string[] {
  return ["server", "--port", `${port}`, "--transport", transport];
}

function oursProxyCommand(port: number, topologyFile: string, transport: Transport): string[] {
  return ["proxy", "--port", `${port}`, "--topology", topologyFile, "--transport", transport];
}

function programOf(args: string[], port: number): Program {
  return { name: OURS, command: Deno.execPath(), args: ["run", "-A", MAIN, ...args], port };
}

/** One group per backend, the slots in equal ranges, nothing migrating. */
function topologyOf(backendPorts: number[]): unknown {
  const firstOf = (index: number) => Math.floor((SLOT_COUNT * index) / backendPorts.length);
  return {
    epoch: 1,
    leader: { epoch: 1, id: "bench" },
    groups: Object.fromEntries(
      backendPorts.map((port, index) => [
        `${index + 1}`,
        { servers: [{ id: `${index + 1}`, addr: `127.0.0.1:${port}` }] },
      ]),
    ),
    slots: backendPorts.map((_, index) => ({
      range: [firstOf(index), firstOf(index + 1) - 1],
      owner: `${index + 1}`,
      epoch: 1,
    })),
    settings: {},
    lastChange: { actor: "bench", reason: "fixed topology" },
  };
}
