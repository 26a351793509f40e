/**
 * INFO: what the server says of itself, in Redis's sections and `field:value` lines.
 *
 * A field that Redis has and that nothing here measures is left out rather than made up.
 *
 * @module
 */

import type { Call, Handlers } from "../call.ts";
import { INFO_SECTIONS, type InfoSection } from "./info_sections.ts";

/** The command of this file. */
export const INFO_HANDLERS: Handlers = { info };

/** Sections that are shown only when asked for. */
const NOT_BY_DEFAULT = new Set(["commandstats"]);

function info(call: Call): void {
  const asked = sectionsAsked(call);
  const text = INFO_SECTIONS
    .filter(({ title }) => asked.has(title.toLowerCase()))
    .map((section) => textOf(call, section))
    .join("\r\n");
  call.reply.verbatim(text, "txt");
}

function sectionsAsked(call: Call): Set<string> {
  const asked = new Set<string>();
  for (let i = 1; i < call.argumentCount; i++) addAsked(asked, call.word(i));
  if (call.argumentCount === 1) addAsked(asked, "default");
  return asked;
}

function addAsked(asked: Set<string>, word: string): void {
  const everything = word === "all" || word === "everything";
  if (!everything && word !== "default") {
    asked.add(word);
    return;
  }
  for (const { title } of INFO_SECTIONS) {
    const name = title.toLowerCase();
    if (everything || !NOT_BY_DEFAULT.has(name)) asked.add(name);
  }
}

function textOf(call: Call, { title, fields }: InfoSection): string {
  const lines = fields(call).map(([name, value]) => `${name}:${value}\r\n`);
  return `# ${title}\r\n${lines.join("")}`;
}
