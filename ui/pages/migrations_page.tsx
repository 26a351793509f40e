/**
 * `/migrations`: what is moving, what is to move, and what has moved.
 *
 * @module
 */

import type { JSX } from "hono/jsx/jsx-runtime";
import { Heading, Live } from "../layout.tsx";
import { openMigrations, type ProductView } from "../product_view.ts";
import { FinishedTable, MigrationCard } from "./migration_card.tsx";

/** The page's content. */
export function MigrationsPage({ product }: { readonly product: ProductView }): JSX.Element {
  const open = openMigrations(product);
  const finished = product.migrations.filter(({ finishedAt }) => finishedAt !== null).reverse();
  return (
    <>
      <Heading title="Migrations">
        <a class="button primary" href="/migrations/start">Migrate slots</a>
        <a class="button" href="/migrations/rebalance">Rebalance</a>
      </Heading>
      <Live id="migrations">
        {open.length === 0
          ? <p class="card empty">Nothing is moving.</p>
          : open.map((migration) => <MigrationCard migration={migration} />)}
        {finished.length > 0 && (
          <section class="card" aria-labelledby="finished-title">
            <h2 id="finished-title">Ended</h2>
            <FinishedTable migrations={finished} />
          </section>
        )}
      </Live>
    </>
  );
}
