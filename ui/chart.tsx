/**
 * Lines over time as inline SVG, drawn on the server.
 *
 * The drawing is stretched to the width there is; labels are text beside it, so that they are not.
 *
 * @module
 */

import type { JSX } from "hono/jsx/jsx-runtime";

/** A value at a time; null where it is not known, which leaves a gap. */
export interface ChartPoint {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly value: number | null;
}

/** What is drawn. */
export interface ChartOptions {
  /** Oldest first. */
  readonly points: readonly ChartPoint[];
  /** The time that the width stands for, milliseconds; it ends with the last point. */
  readonly spanMs: number;
  readonly formatValue: (value: number) => string;
  /** The chart in words, for those who do not see it. */
  readonly label: string;
}

const WIDTH = 600;
const HEIGHT = 100;

/** A chart with axes. */
export function LineChart(options: ChartOptions): JSX.Element {
  const { points, spanMs, formatValue, label } = options;
  const top = niceTop(Math.max(0, ...points.map(({ value }) => value ?? 0)));
  return (
    <figure class="chart">
      <div class="chart-y" aria-hidden="true">
        <span>{formatValue(top)}</span>
        <span>{formatValue(top / 2)}</span>
        <span>0</span>
      </div>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={label}
      >
        <path class="chart-grid" d={`M0 0H${WIDTH}M0 50H${WIDTH}M0 ${HEIGHT}H${WIDTH}`} />
        <Lines runs={runsOf(points, { spanMs, top })} />
      </svg>
      <div class="chart-x" aria-hidden="true">
        <span>{agoText(spanMs)} ago</span>
        <span>{agoText(spanMs / 2)}</span>
        <span>now</span>
      </div>
    </figure>
  );
}

/** The line alone, from its lowest value to its highest. */
export function Sparkline(
  { points, spanMs }: Pick<ChartOptions, "points" | "spanMs">,
): JSX.Element {
  const top = niceTop(Math.max(0, ...points.map(({ value }) => value ?? 0)));
  return (
    <svg
      class="spark"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <Lines runs={runsOf(points, { spanMs, top })} />
    </svg>
  );
}

function Lines({ runs }: { readonly runs: readonly (readonly Position[])[] }): JSX.Element {
  return (
    <>
      {runs.map((run) => (
        <>
          <path class="chart-area" d={areaOf(run)} />
          <path class="chart-line" d={lineOf(run)} />
        </>
      ))}
    </>
  );
}

type Position = readonly [x: number, y: number];

/** The points in the drawing, cut where values are missing. */
export function runsOf(
  points: readonly ChartPoint[],
  scale: { readonly spanMs: number; readonly top: number },
): Position[][] {
  const endMs = points.at(-1)?.atMs ?? 0;
  const runs: Position[][] = [[]];
  for (const { atMs, value } of points) {
    const x = WIDTH * (1 - (endMs - atMs) / scale.spanMs);
    if (value === null || x < 0) {
      if (runs.at(-1)!.length > 0) runs.push([]);
    } else runs.at(-1)!.push([round(x), round(HEIGHT * (1 - value / scale.top))]);
  }
  return runs.filter((run) => run.length > 1);
}

/** Returns the least of 1, 2, 4, 5, 8, 10 times a power of ten that is not below `value`. */
export function niceTop(value: number): number {
  if (value <= 10) return 10;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 5, 8, 10].map((step) => step * power).find((top) => top >= value)!;
}

function lineOf(run: readonly Position[]): string {
  return run.map(([x, y], index) => `${index === 0 ? "M" : "L"}${x} ${y}`).join("");
}

function areaOf(run: readonly Position[]): string {
  return `${lineOf(run)}V${HEIGHT}H${run[0]![0]}Z`;
}

function agoText(ms: number): string {
  return ms < 60_000 ? `${ms / 1000} s` : `${ms / 60_000} min`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
