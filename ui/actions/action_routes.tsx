/**
 * Serves the actions: a GET shows the form or the plan, a POST does it and leads on.
 *
 * @module
 */

import type { Context, Hono } from "hono";
import { type Api, ApiError, ApiReader } from "../api_reader.ts";
import { healthOf } from "../health.ts";
import { htmlAnswer } from "../html_answer.ts";
import { Page } from "../layout.tsx";
import { type ProductView, readProduct } from "../product_view.ts";
import { type Action, FieldError, type Values } from "./action.ts";
import { ActionPage, type ActionPageOptions } from "./action_page.tsx";
import { ACTIONS } from "./actions.ts";
import { readValues, type TypedValues } from "./read_values.ts";

/** What a page shows beside the action and the product. */
type Outcome = Pick<ActionPageOptions, "values" | "problems" | "error" | "plan">;

/** Adds a route for each action. */
export function addActions(app: Hono, api: Api): void {
  for (const action of ACTIONS) {
    app.get(action.path, (context) => showAction(context, action, api));
    app.post(action.path, (context) => doAction(context, action, api));
  }
}

async function showAction(context: Context, action: Action, api: Api): Promise<Response> {
  const reader = new ApiReader(api, context.req.raw);
  const product = await readProduct(reader);
  const typed = new URL(context.req.url).searchParams;
  const read = readValues(action, typed, product);
  const isAsked = typed.has("plan") || read.problems.size === 0;
  const outcome: Outcome = isAsked
    ? await planOf(action, read, { product, api: reader })
    : { values: read.values, problems: new Map() };
  return answer(context, { action, product, api: reader, ...outcome }, 200);
}

async function doAction(context: Context, action: Action, api: Api): Promise<Response> {
  const reader = new ApiReader(api, context.req.raw);
  const product = await readProduct(reader);
  const form = await context.req.formData();
  const read = readValues(action, form, product);
  const outcome = await performed(action, read, { product, api: reader, form });
  if (outcome === null) return context.redirect(`${action.section}?done=${action.id}`, 303);
  return answer(context, { action, product, api: reader, ...outcome }, 409);
}

/** Gives the order; null if it was carried out. */
async function performed(
  action: Action,
  read: TypedValues,
  where: { readonly product: ProductView; readonly api: ApiReader; readonly form: FormData },
): Promise<Outcome | null> {
  if (read.problems.size > 0) return { values: read.values, problems: read.problems };
  try {
    await where.api.change(action.order({ ...seenOf(where.form), ...read.values }));
    return null;
  } catch (error) {
    // The plan as it is now stands beside what was refused.
    const now = await planOf(action, read, where);
    return now.plan === undefined ? now : { ...now, ...faultOf(error) };
  }
}

async function planOf(
  action: Action,
  { values, problems }: TypedValues,
  context: { readonly product: ProductView; readonly api: ApiReader },
): Promise<Outcome> {
  if (problems.size > 0) return { values, problems };
  try {
    return { values, problems, plan: await action.plan(values, context) };
  } catch (error) {
    return { values, problems, ...faultOf(error) };
  }
}

/** What a person can be told of an error; anything unexpected is thrown on. */
function faultOf(error: unknown): Partial<Outcome> {
  if (error instanceof FieldError) return { problems: new Map([[error.field, error.message]]) };
  if (error instanceof ApiError) return { error: { message: error.message, hint: error.hint } };
  throw error;
}

function seenOf(form: FormData): Values {
  const texts = [...form].filter((pair): pair is [string, string] => typeof pair[1] === "string");
  return Object.fromEntries(texts);
}

async function answer(
  context: Context,
  options: ActionPageOptions,
  status: 200 | 409,
): Promise<Response> {
  const { action, product } = options;
  return await htmlAnswer(
    context,
    <Page
      title={action.title}
      section={action.section}
      product={product}
      health={healthOf(product)}
    >
      <ActionPage {...options} />
    </Page>,
    status,
  );
}
