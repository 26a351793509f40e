/**
 * Groups and their servers as a table: of all groups, or of one.
 *
 * @module
 */

import type { JSX } from "hono/jsx/jsx-runtime";
import type { GroupView, ServerStats, ServerView, StatsView } from "../api_answers.ts";
import { bytesText, countText, durationText, plural, UNKNOWN } from "../number_text.ts";
import { groupClass } from "../slot_look.ts";

/** A server's state in words. */
export interface ServerState {
  readonly level: "good" | "warning" | "bad" | "unknown";
  readonly text: string;
}

/** Returns how a server is: what it says itself, then what the leader has against it. */
export function serverState(
  server: ServerView,
  stats: ServerStats | null | undefined,
): ServerState {
  if (stats === undefined) return { level: "unknown", text: "not asked yet" };
  if (stats === null) return { level: "bad", text: "no answer" };
  if (server.problem !== null) return { level: "warning", text: server.problem };
  return { level: "good", text: "ok" };
}

/** Every server of the groups, a row each. */
export function GroupTable({ groups, stats, withActions = false }: {
  readonly groups: readonly GroupView[];
  readonly stats: StatsView;
  readonly withActions?: boolean;
}): JSX.Element {
  if (groups.length === 0) {
    return (
      <p class="empty">
        No group yet. <a href="/groups/add">Add the first</a>, give it a server, then give it slots.
      </p>
    );
  }
  return (
    <div class="scroll" tabindex={0} role="group" aria-label="Servers">
      <table>
        <thead>
          <tr>
            {!withActions && <th scope="col">Group</th>}
            <th scope="col">Server</th>
            <th scope="col">Role</th>
            <th scope="col">State</th>
            {!withActions && <th scope="col" class="num">Slots</th>}
            <th scope="col" class="num">Ops/s</th>
            <th scope="col" class="num">Keys</th>
            <th scope="col" class="num">Memory</th>
            <th scope="col" class="num">Clients</th>
            <th scope="col" class="num">Up</th>
            <th scope="col">Version</th>
            {withActions && (
              <th scope="col">
                <span class="hidden">What can be done</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {groups.flatMap((group) =>
            group.servers.length === 0
              ? [<EmptyGroupRow group={group} withActions={withActions} />]
              : group.servers.map((server) => (
                <ServerRow
                  group={group}
                  server={server}
                  stats={stats.servers[server.addr]}
                  withActions={withActions}
                />
              ))
          )}
        </tbody>
      </table>
    </div>
  );
}

function ServerRow({ group, server, stats, withActions }: {
  readonly group: GroupView;
  readonly server: ServerView;
  readonly stats: ServerStats | null | undefined;
  readonly withActions: boolean;
}): JSX.Element {
  const state = serverState(server, stats);
  const isMaster = server.role === "master";
  return (
    <tr>
      {!withActions && (
        <td>
          {isMaster && <GroupName group={group} />}
        </td>
      )}
      <td class="mono">{server.addr}</td>
      <td>{server.role}</td>
      <td>
        <span class={`state ${state.level}`}>
          <i class="dot" aria-hidden="true"></i>
          {state.text}
        </span>
      </td>
      {!withActions && <td class="num">{isMaster ? countText(group.slots.count) : ""}</td>}
      <td class="num">{countText(stats?.opsPerSecond ?? null)}</td>
      <td class="num">{countText(stats?.keys ?? null)}</td>
      <td class="num">{memoryText(stats)}</td>
      <td class="num">{countText(stats?.clients ?? null)}</td>
      <td class="num">{durationText(stats?.uptimeSeconds ?? null)}</td>
      <td class="muted">{stats?.version ?? UNKNOWN}</td>
      {withActions && (
        <td class="row-actions">
          <a
            href={`/groups/remove-server?group=${group.id}&addr=${encodeURIComponent(server.addr)}`}
          >
            Remove<span class="hidden">server {server.addr}</span>
          </a>
        </td>
      )}
    </tr>
  );
}

function EmptyGroupRow({ group, withActions }: {
  readonly group: GroupView;
  readonly withActions: boolean;
}): JSX.Element {
  return (
    <tr>
      {!withActions && (
        <td>
          <GroupName group={group} />
        </td>
      )}
      <td colspan={10}>
        No server yet. <a href={`/groups/add-server?group=${group.id}`}>Add its master</a>
      </td>
    </tr>
  );
}

function GroupName({ group }: { readonly group: GroupView }): JSX.Element {
  return (
    <a
      class="group-name"
      href={`/groups#group-${group.id}`}
      title={plural(group.slots.count, "slot")}
    >
      <i class={`swatch ${groupClass(group.id)}`}></i>
      {group.id}
    </a>
  );
}

function memoryText(stats: ServerStats | null | undefined): string {
  if (!stats) return UNKNOWN;
  const used = bytesText(stats.memoryBytes);
  return stats.memoryBytesMax === null ? used : `${used} of ${bytesText(stats.memoryBytesMax)}`;
}
