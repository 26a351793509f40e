/**
 * `/`: the product at a glance.
 *
 * @module
 */

import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import type { StatsSample, StatsView } from "../api_answers.ts";
import { type ChartPoint, LineChart, Sparkline } from "../chart.tsx";
import type { Health } from "../health.ts";
import { Live } from "../layout.tsx";
import { bytesText, countText } from "../number_text.ts";
import { openMigrations, type ProductView } from "../product_view.ts";
import { SlotLegend, SlotStrip } from "../slot_map.tsx";
import { GroupTable } from "./group_table.tsx";
import { MigrationCard } from "./migration_card.tsx";
import { ProxyTable } from "./proxy_table.tsx";

/** How much of the past the charts may show, milliseconds: the least that has room for all there is. */
const SPANS_MS = [60_000, 120_000, 300_000];

/** The page's content. */
export function OverviewPage({ product, health }: {
  readonly product: ProductView;
  readonly health: Health;
}): JSX.Element {
  const open = openMigrations(product);
  return (
    <>
      <h1 class="hidden">Overview of {product.status.product}</h1>
      <Live id="health">
        <HealthCard health={health} />
      </Live>
      <Live id="numbers">
        <Numbers stats={product.stats} />
      </Live>
      <Live id="overview-migrations">
        {open.map((migration) => <MigrationCard migration={migration} />)}
      </Live>
      <Live id="overview-slots">
        <section class="card" aria-labelledby="slots-title">
          <Heading2 id="slots-title" title="Slots">
            <a class="button" href="/slots">Map</a>
            <a class="button" href="/migrations/start">Migrate</a>
            <a class="button" href="/migrations/rebalance">Rebalance</a>
          </Heading2>
          <SlotStrip table={product.table} />
          <SlotLegend table={product.table} />
        </section>
      </Live>
      <Live id="overview-groups">
        <section class="card" aria-labelledby="groups-title">
          <Heading2 id="groups-title" title="Groups">
            <a class="button" href="/groups/add">Add a group</a>
            <a class="button" href="/groups/add-server">Add a server</a>
          </Heading2>
          <GroupTable groups={product.groups} stats={product.stats} />
        </section>
      </Live>
      <Live id="overview-proxies">
        <section class="card" aria-labelledby="proxies-title">
          <Heading2 id="proxies-title" title="Proxies" />
          <ProxyTable stats={product.stats} />
        </section>
      </Live>
    </>
  );
}

function Heading2({ id, title, children }: {
  readonly id: string;
  readonly title: string;
  readonly children?: Child;
}): JSX.Element {
  return (
    <header class="heading">
      <h2 id={id}>{title}</h2>
      {children !== undefined && <div class="actions">{children}</div>}
    </header>
  );
}

function HealthCard({ health }: { readonly health: Health }): JSX.Element {
  return (
    <section class={`health ${health.level}`} aria-label="Health">
      <p class="health-sentence">
        <i class="dot" aria-hidden="true"></i>
        {health.sentence}
      </p>
      {health.reasons.length > 0 && (
        <ul>
          {health.reasons.map(({ level, text, href }) => (
            <li>
              <span class={`tag ${level}`}>{level === "bad" ? "problem" : "look"}</span>
              <a href={href}>{text}</a>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Numbers({ stats }: { readonly stats: StatsView }): JSX.Element {
  const last = stats.samples.at(-1);
  const spanMs = spanOf(stats.samples);
  const ops = opsOf(stats.samples);
  const now = ops.points.at(-1)?.value ?? null;
  const points = (of: (sample: StatsSample) => number | null): ChartPoint[] =>
    stats.samples.map((sample) => ({ atMs: sample.atMs, value: of(sample) }));
  return (
    <section class="numbers" aria-label="Numbers">
      <div class="card ops">
        <div class="number">
          <h2>Operations per second</h2>
          <p class="value">{countText(now)}</p>
          <p class="muted">{ops.where}</p>
        </div>
        <LineChart
          points={ops.points}
          spanMs={spanMs}
          formatValue={countText}
          label={`Operations per second over ${spanMs / 60_000} minutes; now ${countText(now)}`}
        />
      </div>
      <Tile
        title="Keys"
        value={countText(last?.keys ?? null)}
        points={points(({ keys }) => keys)}
        spanMs={spanMs}
      />
      <Tile
        title="Memory"
        value={bytesText(last?.memoryBytes ?? null)}
        points={points(({ memoryBytes }) => memoryBytes)}
        spanMs={spanMs}
      />
      <Tile
        title="Clients"
        value={countText(last?.clients ?? null)}
        points={points(({ clients }) => clients)}
        spanMs={spanMs}
      />
    </section>
  );
}

function Tile({ title, value, points, spanMs }: {
  readonly title: string;
  readonly value: string;
  readonly points: readonly ChartPoint[];
  readonly spanMs: number;
}): JSX.Element {
  return (
    <div class="card tile">
      <div class="number">
        <h2>{title}</h2>
        <p class="value">{value}</p>
      </div>
      <Sparkline points={points} spanMs={spanMs} />
    </div>
  );
}

function spanOf(samples: readonly StatsSample[]): number {
  const coveredMs = (samples.at(-1)?.atMs ?? 0) - (samples[0]?.atMs ?? 0);
  return SPANS_MS.find((spanMs) => spanMs >= coveredMs) ?? SPANS_MS.at(-1)!;
}

/** What clients ask for if the proxies tell, else what servers execute: one of them for the whole chart. */
export function opsOf(
  samples: readonly StatsSample[],
): { readonly points: ChartPoint[]; readonly where: string } {
  const atProxies = samples.some(({ proxyOps }) => proxyOps !== null);
  return {
    points: samples.map(({ atMs, proxyOps, serverOps }) => ({
      atMs,
      value: atProxies ? proxyOps : serverOps,
    })),
    where: atProxies ? "of clients, at the proxies" : "executed by the masters",
  };
}
