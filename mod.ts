/**
 * Codis for Deno as a library: the parts that `main.ts` composes.
 *
 * @module
 */

export * from "./core/mod.ts";
export * from "./manager/mod.ts";
export * from "./proxy/mod.ts";
export * from "./server/mod.ts";
export * from "./ui/mod.ts";
