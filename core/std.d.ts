// Types of the few functions we use from `@std/*`. The code names the packages as on JSR; `deno.json`
// maps them to the copy in the npm registry, which carries no types.

declare module "@std/assert" {
  export function assert(expr: unknown, message?: string): asserts expr;
  export function assertEquals<T>(actual: T, expected: T, message?: string): void;
  export function assertNotEquals<T>(actual: T, expected: T, message?: string): void;
  export function assertStrictEquals<T>(actual: unknown, expected: T, message?: string): void;
  export function assertExists<T>(actual: T, message?: string): asserts actual is NonNullable<T>;
  export function assertMatch(actual: string, expected: RegExp, message?: string): void;
  export function assertStringIncludes(actual: string, expected: string, message?: string): void;
  export function assertThrows<E extends Error = Error>(
    fn: () => unknown,
    // deno-lint-ignore no-explicit-any -- a constructor's arguments cannot be named
    ErrorClass?: abstract new (...args: any[]) => E,
    messageIncludes?: string,
  ): E;
  export function assertRejects<E extends Error = Error>(
    fn: () => PromiseLike<unknown>,
    // deno-lint-ignore no-explicit-any -- a constructor's arguments cannot be named
    ErrorClass?: abstract new (...args: any[]) => E,
    messageIncludes?: string,
  ): Promise<E>;
  export function fail(message?: string): never;
}

declare module "@std/cli/parse-args" {
  export function parseArgs<
    S extends string = never,
    B extends string = never,
    C extends string = never,
    D extends Partial<Record<S | B, unknown>> = Record<never, never>,
  >(
    args: string[],
    options?: {
      string?: readonly S[];
      boolean?: readonly B[];
      collect?: readonly C[];
      default?: D;
      alias?: Record<string, string | readonly string[]>;
      negatable?: readonly string[];
      stopEarly?: boolean;
      "--"?: boolean;
      unknown?: (arg: string, key?: string, value?: unknown) => unknown;
    },
  ):
    & {
      [K in S]: K extends keyof D ? string : K extends C ? string[] : string | undefined;
    }
    & { [K in B]: boolean }
    & { _: (string | number)[]; "--"?: string[] };
}
