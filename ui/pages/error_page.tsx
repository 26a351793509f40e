/**
 * The page that stands where another could not be drawn.
 *
 * @module
 */

import type { JSX } from "hono/jsx/jsx-runtime";
import type { ApiError } from "../api_reader.ts";
import { assetPath } from "../assets.ts";
import { PAGES } from "../layout.tsx";

/** A whole page. It needs nothing of the product: that may be what is missing. */
export function ErrorPage({ error }: { readonly error: ApiError }): JSX.Element {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>Cannot show the page · Codis</title>
        <link rel="icon" href={assetPath("icon.svg")} />
        <link rel="stylesheet" href={assetPath("dashboard.css")} />
      </head>
      <body>
        <header class="top">
          <a class="brand" href="/">
            <b>Codis</b>
          </a>
          <nav aria-label="Pages">
            {PAGES.map(({ path, name }) => <a href={path}>{name}</a>)}
          </nav>
        </header>
        <main id="main">
          <h1>Cannot show the page</h1>
          <div class="error" role="alert">
            <p>{error.message}</p>
            {error.hint !== null && <p class="muted">{error.hint}</p>}
          </div>
        </main>
      </body>
    </html>
  );
}
