/**
 * Everything about the product that pages are drawn from, read at one go.
 *
 * @module
 */

import { expandSlots } from "../core/topology/slot_table.ts";
import type { SlotEntry, SlotRange } from "../core/topology/topology.ts";
import type { GroupView, MigrationView, StatsView, Status } from "./api_answers.ts";
import type { ApiReader } from "./api_reader.ts";

/** The product as it is now. */
export interface ProductView {
  readonly status: Status;
  readonly groups: readonly GroupView[];
  /** Slots that somebody owns. */
  readonly ranges: readonly SlotRange[];
  /** One entry per slot. */
  readonly table: readonly SlotEntry[];
  /** Oldest first. */
  readonly migrations: readonly MigrationView[];
  readonly stats: StatsView;
}

/** Reads the product. None of it needs the coordinator to answer. @throws {ApiError} */
export async function readProduct(api: ApiReader): Promise<ProductView> {
  const [status, groups, ranges, migrations, stats] = await Promise.all([
    api.get<Status>("/status"),
    api.get<GroupView[]>("/groups"),
    api.get<SlotRange[]>("/slots"),
    api.get<MigrationView[]>("/migrations"),
    api.get<StatsView>("/stats"),
  ]);
  return { status, groups, ranges, table: expandSlots({ slots: ranges }), migrations, stats };
}

/** The migrations that are not finished, oldest first. */
export function openMigrations({ migrations }: ProductView): MigrationView[] {
  return migrations.filter(({ finishedAt }) => finishedAt === null);
}
