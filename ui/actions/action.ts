/**
 * What can be done on a page of its own: a form, a plan of what it would do, and the order that does it.
 *
 * Invariant: whoever says "do it" has seen the plan, and the commands that do the same.
 *
 * @module
 */

import type { ApiChange, ApiReader } from "../api_reader.ts";
import type { PagePath } from "../layout.tsx";
import type { ProductView } from "../product_view.ts";

/** A choice of a field. */
export interface Choice {
  readonly value: string;
  readonly text: string;
}

/** An input of a form. */
export interface Field {
  readonly name: string;
  readonly label: string;
  /** What to type, under the input. */
  readonly hint?: string;
  /** A whole number has its limits, a choice its choices, a text its longest length. */
  readonly kind:
    | { readonly is: "number"; readonly min: number; readonly max: number }
    | { readonly is: "choice"; readonly choices: (product: ProductView) => readonly Choice[] }
    | { readonly is: "text"; readonly lengthMax: number; readonly placeholder: string };
  /** What stands there at first. */
  readonly initial?: string;
}

/** What was typed, by the field's name. */
export type Values = Readonly<Record<string, string>>;

/** What would happen. */
export interface Plan {
  /** One sentence each. */
  readonly lines: readonly string[];
  /** Details; numbers are to the right. */
  readonly table?: {
    readonly head: readonly string[];
    readonly rows: readonly (readonly (string | number)[])[];
  };
  /** False: there is nothing to do, so nothing can be confirmed. */
  readonly isNeeded?: boolean;
  /** What the plan was made from, sent back with the confirmation. */
  readonly seen?: Values;
}

/** What a plan is made from. */
export interface PlanContext {
  readonly product: ProductView;
  readonly api: ApiReader;
}

/** Something that can be done. */
export interface Action {
  /** Unique; names what was done on the page that follows. */
  readonly id: string;
  readonly path: string;
  /** Where one is afterwards. */
  readonly section: PagePath;
  /** As a command: `Add a group`. */
  readonly title: string;
  /** What it is for, in a sentence or two. */
  readonly lead: string;
  readonly fields: readonly Field[];
  /** On the button. */
  readonly confirm: string;
  /** Said when it is done. */
  readonly done: string;
  /** Whether it takes something away. */
  readonly isDestructive?: boolean;
  /** Says what would happen. @throws {FieldError} @throws {ApiError} if it cannot be done. */
  plan(values: Values, context: PlanContext): Plan | Promise<Plan>;
  /** The order for the REST API. */
  order(values: Values): ApiChange;
  /** The words behind `deno task manager`. */
  cli(values: Values): string;
}

/** A value that cannot be used, and whose field it is. */
export class FieldError extends Error {
  /** Tells it from other errors in logs. */
  override name = "FieldError";
  /** Name of the field. */
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

/** A field for a slot. */
export function slotField(name: string, label: string): Field {
  return { name, label, hint: "0 to 1023", kind: { is: "number", min: 0, max: 1023 } };
}

/** A field for one of the groups there are. */
export function groupField(name: string, label: string): Field {
  const choices = ({ groups }: ProductView) =>
    groups.map(({ id, servers, slots }) => ({
      value: String(id),
      text: `Group ${id} (${servers[0]?.addr ?? "no server"}, ${slots.count} slots)`,
    }));
  return { name, label, kind: { is: "choice", choices } };
}

/** The pause between slots of a migration. */
export const DELAY_FIELD: Field = {
  name: "delay",
  label: "Delay, milliseconds",
  hint: "0: as fast as it goes; more: a few slots at a time, with this pause between",
  kind: { is: "number", min: 0, max: 3_600_000 },
  initial: "0",
};

/** The two slots typed as first and last. @throws {FieldError} if the first is the higher. */
export function rangeOf(values: Values): [number, number] {
  const [first, last] = [Number(values["from"]), Number(values["to"])];
  if (first <= last) return [first, last];
  throw new FieldError(
    "to",
    `Last slot: want ${first} or more, as the first is ${first}; found ${last}`,
  );
}
