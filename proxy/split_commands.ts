/**
 * The commands over many keys that are cut by server: MGET, MSET, DEL, EXISTS, UNLINK, TOUCH.
 *
 * A request whose keys share a slot is forwarded like any other. Not atomic across servers. Nothing is
 * sent unless every part can be: what fails then is reported as failed in parts.
 *
 * Invariant: no part overtakes an older request of its session on one of its slots.
 *
 * @module
 */

import { nameOf, REPLY_CONCAT, replyPolicyOf } from "../core/commands/command_index.ts";
import type { RequestParser } from "../core/resp/request_parser.ts";
import { Composition, newPart } from "./composition.ts";
import { type Compositions, mergeByPolicy } from "./compositions.ts";
import { type Dispatcher, unreachableText } from "./dispatcher.ts";
import { offlineText } from "./redirector.ts";
import type { Session } from "./session.ts";
import { MODE_DIRECT, MODE_OFFLINE, type SlotTable } from "./slot_table.ts";
import { PartEncoder, planSplit, type SplitPlan } from "./split.ts";
import type { Upstream } from "./upstream.ts";

/** What {@linkcode SplitCommands} works with. */
export interface SplitCommandsParts {
  readonly slots: SlotTable;
  readonly dispatcher: Dispatcher;
  readonly compositions: Compositions;
}

/** Cuts requests by server. */
export class SplitCommands {
  readonly #slots: SlotTable;
  readonly #dispatcher: Dispatcher;
  readonly #compositions: Compositions;
  readonly #encoder = new PartEncoder();

  constructor(parts: SplitCommandsParts) {
    this.#slots = parts.slots;
    this.#dispatcher = parts.dispatcher;
    this.#compositions = parts.compositions;
  }

  /** Takes a request of command `id`. False: no room for it now. */
  dispatch(session: Session, id: number, parser: RequestParser): boolean {
    const { mode } = this.#slots;
    const servers = session.protocol === 2 ? this.#slots.server2 : this.#slots.server3;
    const plan = planSplit(
      id,
      parser,
      this.#slots.emptyTag,
      (slot) => mode[slot] === MODE_DIRECT ? servers[slot] : undefined,
    );
    if (plan === undefined) {
      const text = `ERR wrong number of arguments for '${nameOf[id]}' command`;
      return this.#dispatcher.fail(session, text);
    }
    const { groups } = plan;
    if (groups.length === 1 && groups[0]!.slots.length === 1) {
      return this.#dispatcher.toSlot(session, groups[0]!.slots[0]!, parser);
    }
    for (const { target } of groups) {
      if (target === undefined || !target.backlogged) continue;
      target.roomAwaited = true;
      return false;
    }
    const obstacle = this.#obstacleTo(plan);
    return obstacle === undefined
      ? this.#start(session, id, parser, plan)
      : this.#dispatcher.fail(session, obstacle);
  }

  /** Why a part cannot be sent; undefined if all can. */
  #obstacleTo({ groups }: SplitPlan<Upstream>): string | undefined {
    for (const { target, slots } of groups) {
      if (target === undefined) {
        if (this.#slots.mode[slots[0]!] === MODE_OFFLINE) return offlineText(slots[0]!);
      } else if (!target.ready()) return unreachableText(target);
    }
    return undefined;
  }

  #start(session: Session, id: number, parser: RequestParser, plan: SplitPlan<Upstream>): boolean {
    const { groups } = plan;
    const parts = groups.map(({ slots }) => newPart(slots));
    const composition = new Composition(id, parts, groups.length === 1 ? "pass" : mergeByPolicy);
    if (replyPolicyOf[id] === REPLY_CONCAT) composition.partOfKey = plan.groupOfKey;
    if (!this.#compositions.open(session, composition)) return false;
    if (groups.length === 1) {
      const { bytes, requestStart, requestEnd } = parser;
      this.#compositions.send(parts[0]!, groups[0]!.target!, bytes, requestStart, requestEnd);
      return true;
    }
    groups.forEach(({ target }, index) => {
      const encoder = this.#encoder;
      encoder.encode(id, parser, plan, index);
      if (target === undefined) {
        this.#compositions.admit(parts[index]!, encoder.bytes, 0, encoder.length);
      } else {
        this.#compositions.send(parts[index]!, target, encoder.bytes, 0, encoder.length);
      }
    });
    return true;
  }
}
