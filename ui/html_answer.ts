/**
 * A page as an answer.
 *
 * @module
 */

import type { Context } from "hono";
import type { JSX } from "hono/jsx/jsx-runtime";
import type { ContentfulStatusCode } from "hono/utils/http-status";

/** Answers with a whole page. Without its first line browsers would lay it out as in 1998. */
export async function htmlAnswer(
  context: Context,
  page: JSX.Element,
  status: ContentfulStatusCode = 200,
): Promise<Response> {
  return context.html(`<!DOCTYPE html>${await page}`, status);
}
