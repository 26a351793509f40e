/**
 * The dashboard's files: style sheet, script, icon. They are part of the program; nothing is fetched
 * from anywhere else.
 *
 * @module
 */

import { crc32 } from "../core/crc32.ts";
import styles from "./assets/dashboard.css" with { type: "text" };
import icon from "./assets/icon.svg" with { type: "text" };
import script from "./assets/live.js" with { type: "text" };

/** A file's name. */
export type AssetName = "dashboard.css" | "live.js" | "icon.svg";

/** A file. */
export interface Asset {
  readonly type: string;
  readonly text: string;
}

const ASSETS: Readonly<Record<AssetName, Asset>> = {
  "dashboard.css": { type: "text/css; charset=utf-8", text: styles },
  "live.js": { type: "text/javascript; charset=utf-8", text: script },
  "icon.svg": { type: "image/svg+xml", text: icon },
};

/** Where they are. */
export const ASSETS_PATH = "/assets";

/** Returns a file; undefined where there is none. */
export function assetOf(name: string): Asset | undefined {
  return Object.hasOwn(ASSETS, name) ? ASSETS[name as AssetName] : undefined;
}

const versions = new Map<AssetName, string>();

/** Returns the address of a file; it changes with the file, so a browser may keep what it has. */
export function assetPath(name: AssetName): string {
  const version = versions.get(name) ?? versionOf(ASSETS[name].text);
  versions.set(name, version);
  return `${ASSETS_PATH}/${name}?v=${version}`;
}

function versionOf(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return (crc32(bytes, 0, bytes.length) >>> 0).toString(16);
}
