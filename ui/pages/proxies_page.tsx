/**
 * `/proxies`: who takes clients, and what each has applied.
 *
 * @module
 */

import type { JSX } from "hono/jsx/jsx-runtime";
import { Heading, Live } from "../layout.tsx";
import { countText } from "../number_text.ts";
import type { ProductView } from "../product_view.ts";
import { ProxyTable } from "./proxy_table.tsx";

/** The page's content. */
export function ProxiesPage({ product }: { readonly product: ProductView }): JSX.Element {
  return (
    <>
      <Heading title="Proxies">
        <a class="button" href="/proxies/online">Take online</a>
        <a class="button" href="/proxies/offline">Take offline</a>
      </Heading>
      <Live id="proxies">
        <section class="card" aria-label="Proxies">
          <ProxyTable stats={product.stats} />
        </section>
        <p class="muted">
          The topology is at epoch{" "}
          {countText(product.status.epoch)}. A proxy that is behind serves with the routes it has;
          servers refuse what they do not own, so it writes nothing in the wrong place.
        </p>
      </Live>
    </>
  );
}
