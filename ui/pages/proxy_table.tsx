/**
 * The registered proxies as a table.
 *
 * @module
 */

import type { JSX } from "hono/jsx/jsx-runtime";
import type { ProxyView, StatsView } from "../api_answers.ts";
import { isBehind } from "../health.ts";
import { countText, UNKNOWN } from "../number_text.ts";

/** A row for each proxy. */
export function ProxyTable({ stats }: { readonly stats: StatsView }): JSX.Element {
  if (stats.proxies.length === 0) {
    return (
      <p class="empty">
        No proxy is registered. Start one: <code>deno task proxy</code>
      </p>
    );
  }
  return (
    <div class="scroll" tabindex={0} role="group" aria-label="Proxies">
      <table>
        <thead>
          <tr>
            <th scope="col">Proxy</th>
            <th scope="col">Clients connect to</th>
            <th scope="col">State</th>
            <th scope="col" class="num">Epoch</th>
            <th scope="col" class="num">Ops/s</th>
            <th scope="col" class="num">Clients</th>
            <th scope="col">Admin</th>
            <th scope="col">Version</th>
            <th scope="col">
              <span class="hidden">What can be done</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {stats.proxies.map((proxy) => <ProxyRow proxy={proxy} stats={stats} />)}
        </tbody>
      </table>
    </div>
  );
}

function ProxyRow({ proxy, stats }: {
  readonly proxy: ProxyView;
  readonly stats: StatsView;
}): JSX.Element {
  const { id, addr, admin, state, wanted, appliedEpoch, version } = proxy;
  const isAsWanted = state === wanted;
  const behind = isBehind(proxy, stats);
  const level = state === "online" ? "good" : isAsWanted ? "unknown" : "warning";
  const next = wanted === "online" ? "offline" : "online";
  return (
    <tr>
      <td>{id}</td>
      <td class="mono">{addr}</td>
      <td>
        <span class={`state ${level}`}>
          <i class="dot" aria-hidden="true"></i>
          {isAsWanted ? state : `${state}, is to be ${wanted}`}
        </span>
      </td>
      <td class="num">
        {behind && <span class="tag warning">behind</span>} {countText(appliedEpoch)}
      </td>
      <td class="num">{countText(proxy.opsPerSecond)}</td>
      <td class="num">{countText(proxy.clients)}</td>
      <td class="mono">{admin || UNKNOWN}</td>
      <td class="muted">{version}</td>
      <td class="row-actions">
        <a href={`/proxies/${next}?id=${encodeURIComponent(id)}`}>
          Take {next}
          <span class="hidden">{id}</span>
        </a>
      </td>
    </tr>
  );
}
