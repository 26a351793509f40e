/**
 * Waiting for a condition instead of for a time.
 *
 * @module
 */

const STEP_MS = 10;

/**
 * Calls `check` every `stepMs` until it returns without throwing, and returns its value.
 *
 * @throws what `check` threw last, when `timeoutMs` has passed.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  options: { timeoutMs?: number; stepMs?: number } = {},
): Promise<T> {
  const deadline = performance.now() + (options.timeoutMs ?? 10_000);
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() >= deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, options.stepMs ?? STEP_MS));
  }
}
