/**
 * What every page has: head, navigation, the product's health, and the list of what can be done.
 *
 * @module
 */

import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import { ACTIONS } from "./actions/actions.ts";
import { type AssetName, assetPath } from "./assets.ts";
import type { Health } from "./health.ts";
import { countText } from "./number_text.ts";
import type { ProductView } from "./product_view.ts";

/** The pages of the navigation, in order. */
export const PAGES = [
  { path: "/", name: "Overview" },
  { path: "/groups", name: "Groups" },
  { path: "/slots", name: "Slots" },
  { path: "/proxies", name: "Proxies" },
  { path: "/migrations", name: "Migrations" },
  { path: "/history", name: "History" },
] as const;

/** A page of the navigation. */
export type PagePath = typeof PAGES[number]["path"];

/** What a page is. */
export interface PageOptions {
  readonly title: string;
  /** The page of the navigation that it belongs to. */
  readonly section: PagePath;
  readonly product: ProductView;
  readonly health: Health;
  /** What has just been done. */
  readonly notice?: string | undefined;
  readonly children?: Child;
}

/** A whole page. */
export function Page(options: PageOptions): JSX.Element {
  const { title, section, product, health, notice, children } = options;
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${title} · ${product.status.product} · Codis`}</title>
        <link rel="icon" href={assetPath("icon.svg" satisfies AssetName)} />
        <link rel="stylesheet" href={assetPath("dashboard.css" satisfies AssetName)} />
        <script src={assetPath("live.js" satisfies AssetName)} defer></script>
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <TopBar section={section} product={product} health={health} />
        <main id="main">
          {notice !== undefined && <p class="notice" role="status">{notice}</p>}
          {children}
        </main>
        <BottomBar product={product} />
      </body>
    </html>
  );
}

/** A part of a page that the script keeps up to date. `id` is unique on the page. */
export function Live(
  { id, children }: { readonly id: string; readonly children?: Child },
): JSX.Element {
  return <div id={id} data-live class="live">{children}</div>;
}

/** The head of a page: its title, and what can be done here. */
export function Heading({ title, children }: {
  readonly title: Child;
  readonly children?: Child;
}): JSX.Element {
  return (
    <header class="heading">
      <h1>{title}</h1>
      {children !== undefined && <div class="actions">{children}</div>}
    </header>
  );
}

function TopBar({ section, product, health }: {
  readonly section: PagePath;
  readonly product: ProductView;
  readonly health: Health;
}): JSX.Element {
  return (
    <header class="top">
      <a class="brand" href="/">
        <b>Codis</b> <span>{product.status.product}</span>
      </a>
      <nav aria-label="Pages">
        {PAGES.map(({ path, name }) => (
          <a href={path} aria-current={path === section ? "page" : undefined}>{name}</a>
        ))}
      </nav>
      <Live id="top-state">
        <a class={`pill ${health.level}`} href="/">
          <i class="dot" aria-hidden="true"></i>
          {{ good: "Healthy", warning: "Look", bad: "Trouble" }[health.level]}
        </a>
        <span class="muted">
          epoch <span class="mono">{countText(product.status.epoch)}</span>
        </span>
      </Live>
      <span class="stream" id="stream" role="status"></span>
      <noscript>
        <a class="muted" href={section}>Reload for newer numbers</a>
      </noscript>
    </header>
  );
}

function BottomBar({ product }: { readonly product: ProductView }): JSX.Element {
  const { self, leader } = product.status;
  const role = leader === null
    ? "no manager leads"
    : leader.id === self.id
    ? "leads"
    : `follows ${leader.id}`;
  return (
    <footer class="bottom">
      <nav aria-label="What can be done">
        {ACTIONS.map(({ path, title }) => <a href={path}>{title}</a>)}
      </nav>
      <p class="muted">
        This manager is <span class="mono">{self.id}</span>, {role}. The same is at{" "}
        <a href="/api/v1/status" class="mono">/api/v1</a>.
      </p>
    </footer>
  );
}
