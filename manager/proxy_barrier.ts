/**
 * Barriers: every proxy holds the slots that are about to change hands between servers that cannot fence,
 * or is shut out of both (PROTOCOL rules 28 and 29).
 *
 * Asked are the proxies that are registered after the document was written. A user at a server whose
 * proxy is not among those that follow is shut out: its proxy is silent, gone, or has lost its session
 * and cannot be asked. A proxy that was shut out logs in anew, under another name, and reads the
 * topology before it uses that.
 *
 * Invariant: a barrier passes only after both servers were looked at, the losing side first.
 *
 * @module
 */

import { ControlConnectionError, type Credentials } from "../core/control_client.ts";
import type { Coordinator } from "../core/coordinator/coordinator.ts";
import { CoordinatorUnavailableError } from "../core/coordinator/coordinator_error.ts";
import { StockAdmin, StockAdminError } from "../core/stock_admin.ts";
import { stockUserOf } from "../core/stock_users.ts";
import type { BarrierEffect, DumpEvent } from "../core/topology/dump_machine.ts";
import type { Log } from "./log.ts";
import { appliedEpochOf, type ProxyNode, readProxies } from "./proxy_use_cases.ts";
import { pause, Wake } from "./wake.ts";

/** How long a proxy may take to follow, milliseconds; clients wait for it. */
const SILENCE_MS_MAX = 2000;

/** How long a server may take to be looked at, after that, milliseconds. */
const SERVERS_MS_MAX = 2000;

/** Pauses between two looks: the first, and the longest, milliseconds. */
const LOOK_MS = { min: 5, max: 100 };

/** Who the barriers are for. */
export interface ProxyBarrierHost {
  readonly coordinator: Coordinator;
  readonly product: string;
  /** The server user that may use `ACL`. */
  readonly credentials: Credentials | undefined;
  readonly log: Log;
  /** The barriers to be had now. */
  barriersDue(): BarrierEffect[];
  /** Takes in news of slots. */
  hear(slots: readonly number[], event: DumpEvent): void;
  /** A barrier could not be had; who or what stood in the way. */
  onGivenUp(slots: readonly number[], why: string): void;
}

/** The loop over all barriers. */
export class ProxyBarrier {
  readonly #host: ProxyBarrierHost;
  readonly #wake = new Wake();
  /** When a barrier was first asked for, `performance.now()`. */
  #sinceMs = new Map<string, number>();

  constructor(host: ProxyBarrierHost) {
    this.#host = host;
  }

  /** Says that a barrier may be due. */
  notify(): void {
    this.#wake.notify();
  }

  /** Works until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    let pauseMs = LOOK_MS.min;
    while (!signal.aborted) {
      try {
        const due = this.#due();
        if (due.length === 0) {
          await this.#wake.wait(signal, 60_000);
          pauseMs = LOOK_MS.min;
          continue;
        }
        const settled = await this.#look(due, signal);
        pauseMs = settled ? LOOK_MS.min : Math.min(pauseMs * 2, LOOK_MS.max);
        if (!settled) await pause(signal, pauseMs);
      } catch (error) {
        if (signal.aborted) return;
        this.#host.log("warn", `Cannot look after the proxies: ${(error as Error).message}`);
        await pause(signal, LOOK_MS.max).catch(() => {});
      }
    }
  }

  #due(): BarrierEffect[] {
    const due = this.#host.barriersDue();
    const nowMs = performance.now();
    this.#sinceMs = new Map(
      due.map((effect) => [keyOf(effect), this.#sinceMs.get(keyOf(effect)) ?? nowMs]),
    );
    return due;
  }

  /** Returns whether any barrier was decided. */
  async #look(due: readonly BarrierEffect[], signal: AbortSignal): Promise<boolean> {
    const { coordinator, product } = this.#host;
    let proxies: ProxyNode[];
    try {
      proxies = await readProxies(coordinator, product, { signal, sync: true });
    } catch (error) {
      if (!(error instanceof CoordinatorUnavailableError)) throw error;
      // Without it nothing can be written either: the barrier begins anew when it is back.
      this.#sinceMs.clear();
      return false;
    }
    let settled = false;
    for (const effect of due) {
      const answer = await this.#decide(effect, proxies, signal);
      if (answer === "wait") continue;
      const { slots, slotEpoch, leaderEpoch } = effect;
      const passed = answer === "passed";
      if (!passed) this.#host.onGivenUp(slots, answer.why);
      this.#host.hear(slots, { kind: "barrier", slotEpoch, leaderEpoch, passed });
      settled ||= passed;
    }
    return settled;
  }

  async #decide(
    effect: BarrierEffect,
    proxies: readonly ProxyNode[],
    signal: AbortSignal,
  ): Promise<"wait" | "passed" | { readonly why: string }> {
    const elapsedMs = performance.now() - (this.#sinceMs.get(keyOf(effect)) ?? performance.now());
    const addrs = effect.at.map(({ addr }) => addr);
    const { following, silent } = partedProxies(proxies, effect.slotEpoch, addrs);
    if (silent.length > 0 && elapsedMs < SILENCE_MS_MAX) return "wait";
    try {
      for (const { addr } of effect.at) await this.#shutOut(addr, following, signal);
      return "passed";
    } catch (error) {
      if (!(error instanceof ControlConnectionError || error instanceof StockAdminError)) {
        throw error;
      }
      if (elapsedMs < SILENCE_MS_MAX + SERVERS_MS_MAX) return "wait";
      const names = silent.map(({ id, addr }) => `"${id}" at ${addr}`).join(", ");
      const who = names === "" ? "proxies that are not registered" : `proxy ${names}`;
      return { why: `${who} could not be shut out: ${error.message}` };
    }
  }

  /** Shuts out every proxy at a server but those with the boots in `following`. */
  async #shutOut(
    addr: string,
    following: ReadonlySet<string>,
    signal: AbortSignal,
  ): Promise<void> {
    const { credentials, log } = this.#host;
    using admin = await StockAdmin.connect({ addr, credentials, signal });
    const others = admin.users.names.filter((name) => {
      const user = stockUserOf(name);
      return user?.kind === "proxy" && !following.has(user.boot);
    });
    if (others.length === 0) return;
    await admin.shutOut(others);
    log("warn", `Shut out at ${addr}, as they are silent or gone: ${others.join(", ")}`);
  }
}

/**
 * Returns the boots of the proxies that follow the document of `epoch` and have sent nothing to the
 * servers at `addrs` that may still be executed; and the other proxies.
 */
export function partedProxies(
  proxies: readonly ProxyNode[],
  epoch: number,
  addrs: readonly string[],
): { following: Set<string>; silent: ProxyNode[] } {
  const follows = (proxy: ProxyNode) =>
    (appliedEpochOf(proxy) ?? 0) >= epoch &&
    !proxy.doubtful.some((addr) => addrs.includes(addr));
  return {
    following: new Set(proxies.filter(follows).map(({ boot }) => boot)),
    silent: proxies.filter((proxy) => !follows(proxy)),
  };
}

function keyOf({ slotEpoch, leaderEpoch, at }: BarrierEffect): string {
  return `${slotEpoch} ${leaderEpoch} ${at.map(({ server }) => server).join(" ")}`;
}
