/**
 * Shows migrations until they have finished: a bar that moves on a terminal, plain lines elsewhere.
 *
 * @module
 */

import type { CliContext } from "./cli_io.ts";
import { outcomeText, progressBar, progressLine } from "./migration_text.ts";
import type { MigrationView } from "./migration_use_cases.ts";
import { pause } from "./wake.ts";

/** Pauses between two looks: the first, and the longest, milliseconds. */
const LOOK_MS = { min: 50, max: 250 };

/** Pause between two plain lines, milliseconds. */
const LINE_MS = 2000;

/** Watches the migrations with these ids; returns whether all are done. */
export async function watchMigrations(
  context: CliContext,
  ids: readonly string[],
): Promise<boolean> {
  const { io, json } = context;
  const views: MigrationView[] = [];
  for (const id of ids) {
    const view = await watchOne(context, id);
    views.push(view);
    if (!json) io.out(outcomeText(view));
  }
  if (json) io.out(`${JSON.stringify(ids.length === 1 ? views[0] : views, null, 2)}\n`);
  return views.every(({ state }) => state === "done");
}

async function watchOne(context: CliContext, id: string): Promise<MigrationView> {
  const { api, io, json } = context;
  const signal = io.signal ?? new AbortController().signal;
  let lookMs = LOOK_MS.min;
  let lineAtMs = -Infinity;
  for (;;) {
    const view = await api.get<MigrationView>(`/migrations/${encodeURIComponent(id)}`);
    const finished = view.finishedAt !== null;
    if (!json && io.isTerminal) {
      // Written over the line before; its rest is erased.
      io.out(`\r${progressBar(view, io.columns ?? 80)}\x1b[K${finished ? "\n" : ""}`);
    } else if (!json && !finished && performance.now() - lineAtMs >= LINE_MS) {
      io.out(`${progressLine(view)}\n`);
      lineAtMs = performance.now();
    }
    if (finished) return view;
    try {
      await pause(signal, lookMs);
    } catch {
      throw new Error(`Stopped watching: migration ${id} goes on; see \`migration watch ${id}\``);
    }
    lookMs = Math.min(lookMs * 2, LOOK_MS.max);
  }
}
