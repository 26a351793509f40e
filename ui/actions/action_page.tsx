/**
 * The page of an action: its form, then its plan with the commands that do the same, then the button.
 *
 * The form asks by GET, so a plan has an address; the button sends a POST.
 *
 * @module
 */

import type { JSX } from "hono/jsx/jsx-runtime";
import type { ApiReader } from "../api_reader.ts";
import { Heading } from "../layout.tsx";
import { countText } from "../number_text.ts";
import type { ProductView } from "../product_view.ts";
import type { Action, Field, Plan, Values } from "./action.ts";
import { cliLine, curlLine } from "./command_lines.ts";

/** What the page shows. */
export interface ActionPageOptions {
  readonly action: Action;
  readonly product: ProductView;
  readonly api: ApiReader;
  readonly values: Values;
  /** What is wrong, by field. */
  readonly problems: ReadonlyMap<string, string>;
  /** What is wrong with the whole, and what to do. */
  readonly error?: { readonly message: string; readonly hint: string | null } | undefined;
  readonly plan?: Plan | undefined;
}

/** The page's content. */
export function ActionPage(options: ActionPageOptions): JSX.Element {
  const { action, problems, error, plan } = options;
  const messages = [...problems].map(([field, message]) => ({ field, message }));
  return (
    <>
      <Heading title={action.title} />
      <p class="lead">{action.lead}</p>
      {(error !== undefined || messages.length > 0) && (
        <div class="error" role="alert">
          {error !== undefined && <p>{error.message}</p>}
          {error !== undefined && error.hint !== null && <p class="muted">{error.hint}</p>}
          {messages.map(({ field, message }) => (
            <p>
              <a href={`#f-${field}`}>{message}</a>
            </p>
          ))}
        </div>
      )}
      <div class="columns action">
        {action.fields.length > 0 && <ActionForm {...options} />}
        {plan !== undefined && <PlanCard {...options} plan={plan} />}
      </div>
    </>
  );
}

function ActionForm({ action, product, values, problems, plan }: ActionPageOptions): JSX.Element {
  return (
    <form class="card form" method="get" action={action.path} novalidate>
      {action.fields.map((field) => (
        <Input
          field={field}
          product={product}
          value={values[field.name] ?? ""}
          problem={problems.get(field.name)}
        />
      ))}
      <button type="submit" class={plan === undefined ? "primary" : ""} name="plan" value="1">
        {plan === undefined ? "Show the plan" : "Show the plan again"}
      </button>
    </form>
  );
}

function Input({ field, product, value, problem }: {
  readonly field: Field;
  readonly product: ProductView;
  readonly value: string;
  readonly problem: string | undefined;
}): JSX.Element {
  const { name, label, hint, kind } = field;
  const id = `f-${name}`;
  const common = {
    id,
    name,
    required: true,
    "aria-invalid": problem === undefined ? undefined : "true" as const,
    "aria-describedby": hint === undefined ? undefined : `${id}-hint`,
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {kind.is === "choice"
        ? (
          <select {...common}>
            {value === "" && <option value="">Choose one</option>}
            {kind.choices(product).map((choice) => (
              <option value={choice.value} selected={choice.value === value}>{choice.text}</option>
            ))}
          </select>
        )
        : kind.is === "number"
        ? <input {...common} value={value} inputmode="numeric" autocomplete="off" />
        : (
          <input
            {...common}
            value={value}
            placeholder={kind.placeholder}
            maxlength={kind.lengthMax}
            autocomplete="off"
            spellcheck={false}
          />
        )}
      {hint !== undefined && <p class="hint" id={`${id}-hint`}>{hint}</p>}
    </div>
  );
}

function PlanCard(
  { action, api, values, plan }: ActionPageOptions & { readonly plan: Plan },
): JSX.Element {
  const all = { ...values, ...plan.seen };
  return (
    <section class="card plan" aria-labelledby="plan-title">
      <h2 id="plan-title">Plan</h2>
      {plan.lines.map((line) => <p>{line}</p>)}
      {plan.table !== undefined && <PlanTable table={plan.table} />}
      {plan.isNeeded !== false && (
        <>
          <form method="post" action={action.path}>
            {Object.entries(all).map(([name, value]) => (
              <input type="hidden" name={name} value={value} />
            ))}
            <button type="submit" class={action.isDestructive ? "danger" : "primary"}>
              {action.confirm}
            </button>
            <a class="button" href={action.section}>Leave it</a>
          </form>
          <h3>The same in a terminal</h3>
          <pre
            class="command"
            tabindex={0}
            aria-label="Command line"
          ><code>{cliLine(action.cli(all), api)}</code></pre>
          <pre
            class="command"
            tabindex={0}
            aria-label="curl"
          ><code>{curlLine(action.order(all), api)}</code></pre>
        </>
      )}
    </section>
  );
}

function PlanTable({ table }: { readonly table: NonNullable<Plan["table"]> }): JSX.Element {
  const isNumber = (column: number) => table.rows.every((row) => typeof row[column] === "number");
  const classOf = (column: number) => isNumber(column) ? "num" : "wrap";
  return (
    <div class="scroll" tabindex={0} role="group" aria-label="What the plan moves">
      <table>
        <thead>
          <tr>
            {table.head.map((title, column) => <th scope="col" class={classOf(column)}>{title}
            </th>)}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row) => (
            <tr>
              {row.map((cell, column) => (
                <td class={classOf(column)}>{typeof cell === "number" ? countText(cell) : cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
