/**
 * `/slots`: the map of all 1024 slots, and the same in words.
 *
 * @module
 */

import type { JSX } from "hono/jsx/jsx-runtime";
import { Heading, Live } from "../layout.tsx";
import type { ProductView } from "../product_view.ts";
import { RangeTable, SlotGrid, SlotLegend } from "../slot_map.tsx";

/** The page's content. */
export function SlotsPage({ product }: { readonly product: ProductView }): JSX.Element {
  const { table, ranges } = product;
  return (
    <>
      <Heading title="Slots">
        <form class="inline" method="get" action="/slots" role="search">
          <label for="slot">Go to slot</label>
          <input id="slot" name="slot" inputmode="numeric" size={5} autocomplete="off" required />
          <button type="submit">Go</button>
        </form>
        <a class="button" href="/migrations/start">Migrate</a>
        <a class="button" href="/migrations/rebalance">Rebalance</a>
        <a class="button" href="/slots/assign">Assign a range</a>
      </Heading>
      <div class="columns map">
        <Live id="slot-map">
          <section class="card" aria-label="Slot map">
            <SlotLegend table={table} />
            <SlotGrid table={table} />
          </section>
        </Live>
        <Live id="slot-ranges">
          <section class="card scroll" tabindex={0} aria-label="Slots by owner">
            <RangeTable table={table} ranges={ranges} />
          </section>
        </Live>
      </div>
    </>
  );
}
