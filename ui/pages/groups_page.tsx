/**
 * `/groups`: each group, its servers, and what they can do.
 *
 * @module
 */

import type { JSX } from "hono/jsx/jsx-runtime";
import type { GroupView, StatsView } from "../api_answers.ts";
import { Heading, Live } from "../layout.tsx";
import { plural } from "../number_text.ts";
import type { ProductView } from "../product_view.ts";
import { groupClass } from "../slot_look.ts";
import { GroupTable } from "./group_table.tsx";

const CAPABILITIES: Readonly<Record<GroupView["kind"], string>> = {
  "codis-server": "holds fences; slots move key by key",
  stock: "stock Redis or Valkey: holds no fences; slots move by dump",
};

/** The page's content. */
export function GroupsPage({ product }: { readonly product: ProductView }): JSX.Element {
  return (
    <>
      <Heading title="Groups">
        <a class="button primary" href="/groups/add">Add a group</a>
        <a class="button" href="/groups/add-server">Add a server</a>
      </Heading>
      <Live id="groups">
        {product.groups.length === 0 && <GroupTable groups={[]} stats={product.stats} />}
        {product.groups.map((group) => <GroupCard group={group} stats={product.stats} />)}
      </Live>
    </>
  );
}

function GroupCard({ group, stats }: {
  readonly group: GroupView;
  readonly stats: StatsView;
}): JSX.Element {
  const { id, kind, slots, servers } = group;
  const title = `group-${id}-title`;
  return (
    <section class="card" id={`group-${id}`} aria-labelledby={title}>
      <header class="heading">
        <div>
          <h2 id={title}>
            <i class={`swatch ${groupClass(id)}`}></i> Group {id}
          </h2>
          <p class="muted">{kind}: {CAPABILITIES[kind]}</p>
        </div>
        <div class="actions">
          <a class="button" href={`/groups/add-server?group=${id}`}>Add a server</a>
          {slots.count === 0 && servers.length > 0 && (
            <a class="button" href={`/migrations/start?group=${id}`}>Move slots here</a>
          )}
          {slots.count === 0 && <a class="button" href={`/groups/remove?group=${id}`}>Remove</a>}
        </div>
      </header>
      <p>
        {slots.count === 0 ? <span class="muted">No slots.</span> : (
          <>
            {plural(slots.count, "slot")}: <span class="mono wrap">{slots.text}</span>
          </>
        )}
      </p>
      <GroupTable groups={[group]} stats={stats} withActions />
    </section>
  );
}
