/**
 * `/slots/:slot`: one slot, as its servers count it now.
 *
 * @module
 */

import type { JSX } from "hono/jsx/jsx-runtime";
import { entryText } from "../../core/topology/diff_topology.ts";
import type { SlotView } from "../api_answers.ts";
import { Heading, Live } from "../layout.tsx";
import { countText, UNKNOWN } from "../number_text.ts";
import type { ProductView } from "../product_view.ts";
import { groupClass, slotClass } from "../slot_look.ts";

/** The page's content. */
export function SlotPage({ product, view }: {
  readonly product: ProductView;
  readonly view: SlotView;
}): JSX.Element {
  const { slot, entry, keys } = view;
  const migration = entry.phase === "offline" || entry.phase === "stable" ? null : entry.migration;
  return (
    <>
      <Heading title={`Slot ${slot}`}>
        {slot > 0 && <a class="button" rel="prev" href={`/slots/${slot - 1}`}>← {slot - 1}</a>}
        {slot < 1023 && <a class="button" rel="next" href={`/slots/${slot + 1}`}>{slot + 1} →</a>}
        {entry.phase === "offline"
          ? <a class="button" href={`/slots/assign?from=${slot}&to=${slot}`}>Assign</a>
          : <a class="button" href={`/migrations/start?from=${slot}&to=${slot}`}>Migrate</a>}
        <a class="button" href={`/slots#s${slot}`}>Map</a>
      </Heading>
      <Live id="slot-now">
        <section class="card" aria-label={`Slot ${slot}`}>
          <dl class="facts">
            <div>
              <dt>Where</dt>
              <dd>
                <i class={`swatch ${slotClass(entry)}`}></i> {entryText(entry)}
              </dd>
            </div>
            <div>
              <dt>Phase</dt>
              <dd>{entry.phase}</dd>
            </div>
            <div>
              <dt>Slot epoch</dt>
              <dd>{entry.phase === "offline" ? UNKNOWN : countText(entry.epoch)}</dd>
            </div>
            {migration !== null && (
              <div>
                <dt>Migration</dt>
                <dd>
                  <a href={`/migrations#${migration.id}`}>{migration.id}</a>, by {migration.method}
                </dd>
              </div>
            )}
          </dl>
          {keys.length > 0 && (
            <table>
              <caption>Keys, as the servers count them</caption>
              <thead>
                <tr>
                  <th scope="col">Group</th>
                  <th scope="col">Master</th>
                  <th scope="col" class="num">Keys</th>
                </tr>
              </thead>
              <tbody>
                {keys.map(({ group, keys }) => (
                  <tr>
                    <td>
                      <i class={`swatch ${groupClass(group)}`}></i> {group}
                    </td>
                    <td class="mono">{masterOf(product, group)}</td>
                    <td class="num">{countText(keys)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </section>
      </Live>
    </>
  );
}

function masterOf({ groups }: ProductView, group: number): string {
  return groups.find(({ id }) => id === group)?.servers[0]?.addr ?? UNKNOWN;
}
