/**
 * `/history`: who changed the topology, and how.
 *
 * @module
 */

import type { JSX } from "hono/jsx/jsx-runtime";
import type { HistoryEntry } from "../api_answers.ts";
import { Heading } from "../layout.tsx";
import { countText, plural } from "../number_text.ts";

/** Changes that follow each other, by the same actor for the same reason. */
export interface HistoryRun {
  readonly actor: string;
  readonly reason: string;
  /** Newest first. */
  readonly entries: readonly HistoryEntry[];
}

/** Returns the history in runs: the steps of a migration are one line, not hundreds. */
export function runsOf(entries: readonly HistoryEntry[]): HistoryRun[] {
  const runs: { actor: string; reason: string; entries: HistoryEntry[] }[] = [];
  for (const entry of entries) {
    const { actor, reason } = entry.change;
    const last = runs.at(-1);
    if (last?.actor === actor && last.reason === reason) last.entries.push(entry);
    else runs.push({ actor, reason, entries: [entry] });
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
      <ol class="history">
        {runsOf(entries).map((run) => <Run run={run} />)}
      </ol>
    </>
  );
}

function Run({ run }: { readonly run: HistoryRun }): JSX.Element {
  const [newest, oldest] = [run.entries[0]!, run.entries.at(-1)!];
  const count = run.entries.length;
  return (
    <li class="card">
      <p>
        <span class="mono epoch">
          {count === 1
            ? countText(newest.epoch)
            : `${countText(oldest.epoch)}–${countText(newest.epoch)}`}
        </span>{" "}
        <b>{run.reason}</b> <span class="muted">by {run.actor}</span>
        {count > 1 && <span class="tag">{plural(count, "change")}</span>}
      </p>
      <details>
        <summary>What changed</summary>
        {run.entries.map((entry) => <Differences entry={entry} />)}
      </details>
    </li>
  );
}

function Differences({ entry }: { readonly entry: HistoryEntry }): JSX.Element {
  return (
    <>
      <h3>Epoch {countText(entry.epoch)}</h3>
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
