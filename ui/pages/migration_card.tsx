/**
 * A migration: how far it is, how fast it goes, how it ended, and what can be done with it.
 *
 * @module
 */

import type { JSX } from "hono/jsx/jsx-runtime";
import type { MigrationView } from "../api_answers.ts";
import { countText, durationText, plural, rangeText, timeText } from "../number_text.ts";
import { groupClass } from "../slot_look.ts";

/** Returns how much of a migration is done, 0 to 1: by keys where they are known, else by slots. */
export function doneShare({ state, slots, keys }: MigrationView): number {
  const total = slots.arrived + slots.onTheWay + slots.waiting;
  if (state === "done" || total === 0) return 1;
  if (keys.left === null || keys.moved + keys.left === 0) return slots.arrived / total;
  return keys.moved / (keys.moved + keys.left);
}

/** A migration under way. */
export function MigrationCard({ migration }: { readonly migration: MigrationView }): JSX.Element {
  const { id, range, to, state, slots, keys, problems, delayMs } = migration;
  const share = Math.floor(doneShare(migration) * 1000) / 10;
  const total = slots.arrived + slots.onTheWay + slots.waiting;
  const title = `${id}-title`;
  return (
    <section class="card migration" id={id} aria-labelledby={title}>
      <header class="heading">
        <h2 id={title}>
          <i class={`swatch ${groupClass(to)}`}></i> {capital(rangeText(range))} to group {to}
          <span class={`tag ${state}`}>{state}</span>
        </h2>
        <div class="actions">
          {state === "paused" && <a class="button" href={`/migrations/resume?id=${id}`}>Resume</a>}
          {(state === "running" || state === "queued") && (
            <a class="button" href={`/migrations/pause?id=${id}`}>Pause</a>
          )}
          {state !== "cancelling" && (
            <a class="button" href={`/migrations/cancel?id=${id}`}>Cancel</a>
          )}
        </div>
      </header>
      <div class="progress">
        <progress max="100" value={share} aria-label={`${share} % done`}></progress>
        <b>{share.toFixed(share < 100 ? 1 : 0)} %</b>
      </div>
      <dl class="facts">
        <Fact name="Slots" value={`${countText(slots.arrived)} of ${countText(total)}`} />
        <Fact name="On their way" value={countText(slots.onTheWay)} />
        <Fact name="Keys moved" value={countText(keys.moved)} />
        <Fact name="Keys left" value={countText(keys.left)} />
        <Fact name="Keys per second" value={countText(keys.rate)} />
        <Fact name="Time left" value={durationText(keys.etaSeconds)} />
        {delayMs > 0 && <Fact name="Delay" value={`${countText(delayMs)} ms`} />}
        <Fact name="Ordered by" value={migration.actor} />
        <Fact name="Id" value={id} />
      </dl>
      {problems.map((problem) => <p class="problem">{problem}</p>)}
    </section>
  );
}

/** The migrations that have ended, the latest first. */
export function FinishedTable(
  { migrations }: { readonly migrations: readonly MigrationView[] },
): JSX.Element {
  return (
    <div class="scroll" tabindex={0} role="group" aria-label="Migrations that have ended">
      <table>
        <thead>
          <tr>
            <th scope="col">Ended (UTC)</th>
            <th scope="col">Slots</th>
            <th scope="col">To</th>
            <th scope="col">State</th>
            <th scope="col" class="num">Keys moved</th>
            <th scope="col" class="num">Took</th>
            <th scope="col">Receipt</th>
            <th scope="col">By</th>
            <th scope="col">Id</th>
          </tr>
        </thead>
        <tbody>
          {migrations.map((migration) => (
            <tr id={migration.id}>
              <td class="nowrap">{timeText(migration.finishedAt ?? migration.createdAt)}</td>
              <td class="nowrap">{migration.range.join("–")}</td>
              <td class="nowrap">
                <i class={`swatch ${groupClass(migration.to)}`}></i> {migration.to}
              </td>
              <td>
                <span class={`tag ${migration.state}`}>{migration.state}</span>
                {migration.problems[0]}
              </td>
              <td class="num">{countText(migration.receipt.moved)}</td>
              <td class="num">{durationText(secondsOf(migration))}</td>
              <td class="mono" title="Both sides counted the same keys and values">
                {migration.receipt.sum}
              </td>
              <td>{migration.actor}</td>
              <td class="mono">{migration.id}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="muted">{plural(migrations.length, "migration")} kept.</p>
    </div>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function secondsOf({ startedAt, finishedAt }: MigrationView): number | null {
  if (startedAt === null || finishedAt === null) return null;
  return (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000;
}

function capital(text: string): string {
  return text[0]!.toUpperCase() + text.slice(1);
}
