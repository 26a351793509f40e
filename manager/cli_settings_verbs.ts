/**
 * `settings …` of the command line.
 *
 * @module
 */

import { integerOf, UsageError } from "../core/command_line.ts";
import { REDIRECT_TIMEOUT_MS_MAX } from "../core/topology/edit_settings.ts";
import type { Settings } from "../core/topology/topology.ts";
import { type CliVerb, print, requireWords } from "./cli_io.ts";
import { tableText } from "./table_text.ts";

/** The verbs about what holds for the whole product. */
export const SETTINGS_VERBS: Readonly<Record<string, CliVerb>> = {
  "show": {
    usage: "",
    summary: "Show what holds for the whole product",
    read(input) {
      requireWords(input, []);
      return async (context) =>
        print(context, await context.api.get<Settings>("/settings"), settingsText);
    },
  },
  "set": {
    usage: "NAME VALUE",
    summary: "Change a setting: emptyTag (before slots are assigned), redirectTimeoutMs",
    read(input) {
      const [name, value] = requireWords(input, ["the setting", "the value"]);
      const body = readSetting(name!, value!);
      return async (context) => {
        const settings = await context.api.change<Settings>("PATCH", "/settings", body);
        return print(context, settings, () => `Set ${name} to ${value}.\n`);
      };
    },
  },
};

const READERS: Readonly<Record<keyof Settings, (value: string) => Partial<Settings>>> = {
  emptyTag(value) {
    if (value === "hash-empty" || value === "hash-key") return { emptyTag: value };
    throw new UsageError(`emptyTag is "${value}": wanted hash-empty or hash-key`);
  },
  redirectTimeoutMs: (value) => ({
    redirectTimeoutMs: integerOf("redirectTimeoutMs", value, 0, REDIRECT_TIMEOUT_MS_MAX),
  }),
};

function readSetting(name: string, value: string): Partial<Settings> {
  if (Object.hasOwn(READERS, name)) return READERS[name as keyof Settings](value);
  throw new UsageError(`unknown setting "${name}": wanted ${Object.keys(READERS).join(", ")}`);
}

function settingsText({ emptyTag, redirectTimeoutMs }: Settings): string {
  return tableText([{ title: "SETTING" }, { title: "VALUE" }, { title: "MEANING" }], [
    ["emptyTag", emptyTag, "what {} in a key hashes: the empty string, or the whole key"],
    [
      "redirectTimeoutMs",
      String(redirectTimeoutMs),
      "how long a proxy holds a command, then -TRYAGAIN",
    ],
  ]);
}
