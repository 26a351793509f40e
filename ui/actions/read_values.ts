/**
 * Reads what was typed into an action's form.
 *
 * @module
 */

import type { ProductView } from "../product_view.ts";
import type { Action, Field, Values } from "./action.ts";

/** What was typed, as it was, and what is wrong with it by field. */
export interface TypedValues {
  readonly values: Values;
  readonly problems: ReadonlyMap<string, string>;
}

/** Reads an action's fields; what is missing is what stands there at first. */
export function readValues(
  action: Action,
  typed: { get(name: string): unknown },
  product: ProductView,
): TypedValues {
  const values: Record<string, string> = {};
  const problems = new Map<string, string>();
  for (const field of action.fields) {
    const given = typed.get(field.name);
    const value = typeof given === "string" ? given.trim() : field.initial ?? "";
    values[field.name] = value;
    const problem = problemOf(field, value, product);
    if (problem !== null) problems.set(field.name, problem);
  }
  return { values, problems };
}

/** Says what is wrong with a value, naming its field; null if nothing is. */
function problemOf({ label, kind }: Field, value: string, product: ProductView): string | null {
  const found = value === "" ? "found nothing" : `found “${value.slice(0, 100)}”`;
  switch (kind.is) {
    case "number": {
      const isNumber = /^\d{1,9}$/.test(value) && Number(value) >= kind.min &&
        Number(value) <= kind.max;
      return isNumber
        ? null
        : `${label}: want a whole number of ${kind.min} to ${kind.max}; ${found}`;
    }
    case "choice": {
      const choices = kind.choices(product);
      if (choices.some((choice) => choice.value === value)) return null;
      if (choices.length === 0) return `${label}: there is none to choose`;
      return `${label}: want one of those listed; ${found}`;
    }
    case "text":
      if (value === "") return `${label}: want something like ${kind.placeholder}; ${found}`;
      return value.length <= kind.lengthMax
        ? null
        : `${label}: want at most ${kind.lengthMax} characters; found ${value.length}`;
  }
}
