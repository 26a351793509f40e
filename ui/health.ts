/**
 * Health in one sentence, and the reasons for it, each with the page that helps.
 *
 * @module
 */

import type { ProxyView, StatsView } from "./api_answers.ts";
import { plural, rangeText } from "./number_text.ts";
import { openMigrations, type ProductView } from "./product_view.ts";

/** `bad`: clients meet errors, or soon will. `warning`: somebody should look. */
export type HealthLevel = "good" | "warning" | "bad";

/** One thing that is not as it should be. */
export interface HealthReason {
  readonly level: Exclude<HealthLevel, "good">;
  readonly text: string;
  /** The page that shows it. */
  readonly href: string;
}

/** How the product is. */
export interface Health {
  readonly level: HealthLevel;
  readonly sentence: string;
  /** The worst first. */
  readonly reasons: readonly HealthReason[];
}

/** Returns how the product is. */
export function healthOf(product: ProductView): Health {
  const reasons = [
    ...managerReasons(product),
    ...slotReasons(product),
    ...serverReasons(product),
    ...proxyReasons(product),
    ...migrationReasons(product),
  ];
  const bad = reasons.filter(({ level }) => level === "bad");
  const warnings = reasons.filter(({ level }) => level === "warning");
  return {
    level: bad.length > 0 ? "bad" : warnings.length > 0 ? "warning" : "good",
    sentence: sentenceOf(product, bad.length, warnings.length),
    reasons: [...bad, ...warnings],
  };
}

function sentenceOf(product: ProductView, bad: number, warnings: number): string {
  if (bad > 0) return `Clients meet errors: ${plural(bad, "problem")}.`;
  if (warnings > 0) return `Clients are served, and ${plural(warnings, "thing")} to look at.`;
  const moving = openMigrations(product).length;
  const served = "All 1024 slots are served";
  return moving === 0 ? `${served}.` : `${served}, ${plural(moving, "migration")} under way.`;
}

function managerReasons({ status }: ProductView): HealthReason[] {
  const reasons: HealthReason[] = [];
  if (status.coordinator !== "connected") {
    reasons.push({
      level: "warning",
      text: "The coordinator does not answer: proxies keep serving, nothing can be changed",
      href: "/history",
    });
  }
  if (status.leader === null) {
    reasons.push({
      level: "warning",
      text: "No manager leads: nothing can be changed until one does",
      href: "/history",
    });
  }
  return reasons;
}

function slotReasons({ table, groups }: ProductView): HealthReason[] {
  if (groups.length === 0) {
    return [{ level: "bad", text: "There is no group of servers yet", href: "/groups/add" }];
  }
  const offline = table.filter(({ phase }) => phase === "offline").length;
  if (offline === 0) return [];
  return [{
    level: "bad",
    text: offline === 1
      ? "1 slot belongs to nobody: its keys cannot be read or written"
      : `${plural(offline, "slot")} belong to nobody: their keys cannot be read or written`,
    href: "/slots/assign",
  }];
}

function serverReasons({ groups, stats, status }: ProductView): HealthReason[] {
  return groups.flatMap(({ id, servers, slots }) =>
    servers.flatMap((server): HealthReason[] => {
      const href = `/groups#group-${id}`;
      // Before the first sample nothing is known, and nothing is said.
      const silent = stats.servers[server.addr] === null;
      const serves = server.role === "master" && slots.count > 0;
      const level = silent && serves ? "bad" : "warning";
      if (silent) {
        const text = `${server.addr}, ${server.role} of group ${id}, does not answer`;
        return [{ level, text: serves ? `${text}: ${plural(slots.count, "slot")}` : text, href }];
      }
      if (server.problem === null || status.leader === null) return [];
      return [{ level: "warning", text: `${server.addr}: ${server.problem}`, href }];
    })
  );
}

function proxyReasons({ stats, status }: ProductView): HealthReason[] {
  const { proxies, samples } = stats;
  if (samples.length > 0 && !proxies.some(isServing)) {
    const text = proxies.length === 0
      ? "No proxy is registered: clients have nowhere to connect"
      : "No proxy takes clients";
    return [{ level: "bad", text, href: "/proxies" }];
  }
  return proxies.filter((proxy) => isServing(proxy) && isBehind(proxy, stats)).map(
    ({ id, appliedEpoch }) => ({
      level: "warning",
      text: `Proxy ${id} is at epoch ${appliedEpoch ?? "none"}, the topology at ${status.epoch}`,
      href: "/proxies",
    }),
  );
}

function isServing({ state }: ProxyView): boolean {
  return state === "online";
}

/** Whether a proxy has not applied what it has had time for. */
export function isBehind(
  { appliedEpoch }: ProxyView,
  { settledEpoch }: Pick<StatsView, "settledEpoch">,
): boolean {
  return settledEpoch !== null && (appliedEpoch === null || appliedEpoch < settledEpoch);
}

function migrationReasons(product: ProductView): HealthReason[] {
  return openMigrations(product).filter(({ problems }) => problems.length > 0).map((migration) => ({
    level: "warning",
    text: `Migration of ${rangeText(migration.range)} waits: ${migration.problems[0]}`,
    href: `/migrations#${migration.id}`,
  }));
}
