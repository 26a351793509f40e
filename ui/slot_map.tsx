/**
 * The 1024 slots: as a grid of links, as one strip, and as a table of ranges.
 *
 * The grid is one stop of the Tab key; with the script, arrow keys move in it. The table says the same
 * in words, and needs neither eyes nor a mouse.
 *
 * @module
 */

import type { JSX } from "hono/jsx/jsx-runtime";
import { entryText } from "../core/topology/diff_topology.ts";
import { formatSlots } from "../core/topology/slot_table.ts";
import { SLOT_COUNT } from "../core/slots.ts";
import type { SlotEntry, SlotRange } from "../core/topology/topology.ts";
import { countText, plural } from "./number_text.ts";
import { groupClass, homeOf, isMoving, slotClass, slotText } from "./slot_look.ts";

type Table = readonly SlotEntry[];

/** Slots side by side in the grid. */
export const GRID_COLUMNS = 32;

/** Shorter pieces of the strip have no room for their group's number. */
const LABELLED_SLOTS_MIN = 24;

/** Neighbouring slots that look the same. */
interface Piece {
  readonly from: number;
  readonly to: number;
  readonly entry: SlotEntry;
}

/** Every slot as a link to its page. */
export function SlotGrid({ table }: { readonly table: Table }): JSX.Element {
  return (
    <div class="grid" data-grid role="group" aria-label="Slot map: 32 rows of 32 slots">
      {table.map((entry, slot) => {
        const home = homeOf(entry);
        const first = slot % GRID_COLUMNS === 0 || home !== homeOf(table[slot - 1]!);
        const text = slotText(slot, entry);
        return (
          <a
            id={`s${slot}`}
            href={`/slots/${slot}`}
            class={slotClass(entry)}
            data-tip={text}
            aria-label={text}
            tabindex={slot === 0 ? 0 : -1}
          >
            {first && !isMoving(entry) ? home ?? "" : ""}
          </a>
        );
      })}
    </div>
  );
}

/** All slots as one strip, a piece for each range that looks the same. */
export function SlotStrip({ table }: { readonly table: Table }): JSX.Element {
  return (
    <div class="strip">
      <a href="/slots" aria-label={`Slot map: ${sharesText(table)}`}>
        <svg aria-hidden="true">
          <defs>
            <pattern id="hatch" width="6" height="40" patternUnits="userSpaceOnUse">
              <rect width="3" height="40" class="hatch" />
            </pattern>
          </defs>
          {piecesOf(table).map((piece) => <StripPiece {...piece} />)}
        </svg>
      </a>
      <div class="strip-scale" aria-hidden="true">
        {[0, 128, 256, 384, 512, 640, 768, 896, 1023].map((slot) => <span>{slot}</span>)}
      </div>
    </div>
  );
}

function StripPiece({ from, to, entry }: Piece): JSX.Element {
  const place = { x: percent(from), width: percent(to - from + 1), height: "100%" };
  return (
    <>
      <rect {...place} class={slotClass(entry)}>
        <title>{`${from}–${to}: ${entryText(entry)}`}</title>
      </rect>
      {isMoving(entry) && <rect {...place} fill="url(#hatch)" />}
      {to - from + 1 >= LABELLED_SLOTS_MIN && !isMoving(entry) && (
        <text x={percent((from + to + 1) / 2)} y="50%">{homeOf(entry) ?? ""}</text>
      )}
    </>
  );
}

/** Each group's colour, number and share. */
export function SlotLegend({ table }: { readonly table: Table }): JSX.Element {
  const shares = sharesOf(table);
  const moving = table.filter(isMoving).length;
  const offline = table.filter(({ phase }) => phase === "offline").length;
  return (
    <ul class="legend">
      {[...shares].map(([group, slots]) => (
        <li>
          <i class={`swatch ${groupClass(group)}`}></i>
          <a href={`/groups#group-${group}`}>Group {group}</a>
          <span class="muted">{plural(slots, "slot")}</span>
        </li>
      ))}
      {moving > 0 && (
        <li>
          <i class="swatch moving plain"></i>Moving
          <span class="muted">{plural(moving, "slot")}</span>
        </li>
      )}
      {offline > 0 && (
        <li>
          <i class="swatch off"></i>Nobody’s
          <span class="muted">{plural(offline, "slot")}</span>
        </li>
      )}
    </ul>
  );
}

/** The slots by owner, in words. */
export function RangeTable({ table, ranges }: {
  readonly table: Table;
  readonly ranges: readonly SlotRange[];
}): JSX.Element {
  const offline = table.flatMap(({ phase }, slot) => phase === "offline" ? [slot] : []);
  const rows = new Map<string, { text: string; slots: number[]; entry: SlotEntry }>();
  for (const { range: [first, last], ...entry } of ranges) {
    const text = entryText(entry);
    const row = rows.get(text) ?? { text, slots: [], entry };
    for (let slot = first; slot <= last; slot++) row.slots.push(slot);
    rows.set(text, row);
  }
  return (
    <table>
      <caption>Slots by owner</caption>
      <thead>
        <tr>
          <th scope="col">Where</th>
          <th scope="col" class="num">Slots</th>
          <th scope="col">Which</th>
        </tr>
      </thead>
      <tbody>
        {[...rows.values()].map(({ text, slots, entry }) => (
          <tr>
            <td class="nowrap">
              <i class={`swatch ${slotClass(entry)}`}></i> {text}
            </td>
            <td class="num">{countText(slots.length)}</td>
            <td class="mono wrap">{formatSlots(slots)}</td>
          </tr>
        ))}
        {offline.length > 0 && (
          <tr>
            <td class="nowrap">
              <i class="swatch off"></i> nobody
            </td>
            <td class="num">{countText(offline.length)}</td>
            <td class="mono wrap">{formatSlots(offline)}</td>
          </tr>
        )}
      </tbody>
    </table>
  );
}

/** Slots per group, groups ascending. */
export function sharesOf(table: Table): Map<number, number> {
  const shares = new Map<number, number>();
  for (const entry of table) {
    const home = homeOf(entry);
    if (home !== null) shares.set(home, (shares.get(home) ?? 0) + 1);
  }
  return new Map([...shares].sort(([left], [right]) => left - right));
}

function sharesText(table: Table): string {
  const shares = [...sharesOf(table)].map(([group, slots]) =>
    `group ${group} has ${plural(slots, "slot")}`
  );
  return shares.length === 0 ? "no slot is owned" : shares.join(", ");
}

function piecesOf(table: Table): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (let slot = 1; slot <= table.length; slot++) {
    const entry = table[from]!;
    if (slot < table.length && entryText(table[slot]!) === entryText(entry)) continue;
    pieces.push({ from, to: slot - 1, entry });
    from = slot;
  }
  return pieces;
}

/** A number of slots as a share of the strip's width. */
function percent(slots: number): string {
  return `${Math.round(slots / SLOT_COUNT * 10_000) / 100}%`;
}
