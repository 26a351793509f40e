/**
 * `/history`: who changed the topology, and how.
 *
 * @module
 */

import type { JSX } from "hono/jsx/jsx-runtime";
import type { HistoryEntry } from "../api_answers.ts";
import { Heading } from "../layout.tsx";
import { countText, plural } from "../number_text.ts";

/** The actor of every step that follows from a migration by itself. */
const LEADER = "leader";

/** Changes that follow each other, and are told as one. */
export interface HistoryRun {
  readonly actor: string;
  /** Newest first. */
  readonly entries: readonly HistoryEntry[];
}

/** Returns the history in runs: what the leader did by itself is one line, not hundreds. */
export function runsOf(entries: readonly HistoryEntry[]): HistoryRun[] {
  const runs: { actor: string; entries: HistoryEntry[] }[] = [];
  for (const entry of entries) {
    const { actor } = entry.change;
    const last = runs.at(-1);
    if (actor === LEADER && last?.actor === LEADER) last.entries.push(entry);
    else runs.push({ actor, entries: [entry] });
  }
  return runs;
}

/** The page's content. */
export function HistoryPage(
  { entries }: { readonly entries: readonly HistoryEntry[] },
): JSX.Element {
  return (
    <>
      <Heading title="History">
        <a class="button" href="/history">Reload</a>
      </Heading>
      <p class="muted">
        The latest {plural(entries.length, "change")}{" "}
        of the topology that are kept, newest first. Each is one document, with its own epoch.
      </p>
      <ol class="history card">
        {runsOf(entries).map((run) => <Run run={run} />)}
      </ol>
    </>
  );
}

function Run({ run }: { readonly run: HistoryRun }): JSX.Element {
  const [newest, oldest] = [run.entries[0]!, run.entries.at(-1)!];
  const count = run.entries.length;
  return (
    <li>
      <details>
        <summary>
          <span class="mono epoch">
            {count === 1
              ? countText(newest.epoch)
              : `${countText(oldest.epoch)}–${countText(newest.epoch)}`}
          </span>
          <b>{count === 1 ? newest.change.reason : `${plural(count, "step")} of the leader`}</b>
          <span class="muted">
            {count === 1
              ? `by ${run.actor}`
              : `from “${oldest.change.reason}” to “${newest.change.reason}”`}
          </span>
        </summary>
        {run.entries.map((entry) => <Differences entry={entry} />)}
      </details>
    </li>
  );
}

function Differences({ entry }: { readonly entry: HistoryEntry }): JSX.Element {
  return (
    <>
      <h2>Epoch {countText(entry.epoch)}: {entry.change.reason}</h2>
      {entry.differences.length === 0
        ? <p class="muted">The document before it is not kept, or says the same.</p>
        : (
          <ul class="differences">
            {entry.differences.map(({ subject, before, after }) => (
              <li>
                <b>{subject}</b>: {before ?? "nothing"} → {after ?? "nothing"}
              </li>
            ))}
          </ul>
        )}
    </>
  );
}
