/**
 * The README's transcripts, run word for word: each line behind `$ ` in a shell, each line behind
 * redis-cli's prompt in that redis-cli, and what they print compared with what the README shows.
 *
 * Only the ports, the data directory and what differs from run to run (ids, sums, times) are others.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";

/** A command of the README, and what it shows below it. */
interface Step {
  readonly command: string;
  /** What is typed into it. */
  readonly typed: string[];
  readonly shown: string[];
}

const ROOT = new URL("../", import.meta.url);
const PROMPT = "127.0.0.1:19000> ";
/** The README's ports, each with as many digits as its substitute: tables keep their columns. */
const PORTS = ["19000", "18087", "6381", "6382", "6383"] as const;
const DATA = "./codis-data";
/** Commands that go on until they are told to end. */
const DAEMON = /^deno task (start|server)\b/;
const READY_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 10_000;

/** The commands of the README's fenced blocks, in order. */
function stepsOf(markdown: string): Step[] {
  const steps: Step[] = [];
  for (const [, block] of markdown.matchAll(/^```\n([^]*?)^```$/gm)) {
    if (!block!.startsWith("$ ")) continue;
    for (const line of block!.trimEnd().split("\n")) {
      if (line.startsWith("$ ")) steps.push({ command: line.slice(2), typed: [], shown: [] });
      else if (line.startsWith(PROMPT)) steps.at(-1)!.typed.push(line.slice(PROMPT.length));
      else steps.at(-1)!.shown.push(line);
    }
  }
  return steps;
}

/** A free port of 127.0.0.1 with as many digits as `like`. */
function freePortLike(like: string): string {
  const lowest = 10 ** (like.length - 1);
  const count = Math.min(9 * lowest, 30_000 - lowest);
  for (;;) {
    const port = lowest + 1024 + Math.floor(Math.random() * (count - 1024));
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return String(port);
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}

/** The README's ports and directory, and the free ones that stand for them in this run. */
class Substitutes {
  readonly data: string;
  readonly #ports = new Map<string, string>(PORTS.map((port) => [port, freePortLike(port)]));

  constructor(data: string) {
    this.data = data;
  }

  port(shown: typeof PORTS[number]): string {
    return this.#ports.get(shown)!;
  }

  /** The shell's words for a command of the README; `start` has its ports as defaults. */
  wordsOf(command: string): string {
    let words = command.replace(/^deno /, 'exec "$DENO" ');
    for (const [shown, port] of this.#ports) {
      words = words.replaceAll(new RegExp(`(?<=[ :])${shown}\\b`, "g"), port);
    }
    if (command !== "deno task start") return words;
    return `${words} --proxy-port ${this.port("19000")} --manager-port ${this.port("18087")} ` +
      `--server-ports ${this.port("6381")},${this.port("6382")} --data "${this.data}"`;
  }

  /** Printed lines with the README's ports and directory again. */
  shownOf(printed: string): string[] {
    let text = printed.replaceAll(this.data, DATA);
    for (const [shown, port] of this.#ports) {
      text = text.replaceAll(new RegExp(`(?<=:)${port}\\b`, "g"), shown);
    }
    return text.trimEnd().split("\n");
  }
}

/** Lines without what differs from run to run; how often progress is told is one of those things. */
function lasting(lines: readonly string[]): string[] {
  return lines.filter((line) => !/^m-[0-9a-f]{8} running /.test(line)).map((line) =>
    line.replace(/\bm-[0-9a-f]{8}\b/, "m-ID")
      .replace(/\bsum [0-9a-f]{16}\b/, "sum SUM")
      .replace(/\bin [\d.]+ m?s \([\d ]+ keys\/s\)/, "in TIME (RATE)")
  );
}

/** A process of the README; disposing ends it, by its pid. */
class RunningStep implements AsyncDisposable {
  readonly status: Promise<Deno.CommandStatus>;
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<void>[];
  readonly #lines = Promise.withResolvers<void>();
  #stdout = "";
  #stderr = "";

  constructor(step: Step, substitutes: Substitutes) {
    this.#child = new Deno.Command("sh", {
      args: ["-c", substitutes.wordsOf(step.command)],
      cwd: ROOT,
      env: {
        DENO: Deno.execPath(),
        CODIS_MANAGER: `http://127.0.0.1:${substitutes.port("18087")}`,
        // redis-cli then prints as it does on a terminal.
        FAKETTY: "1",
      },
      stdin: step.typed.length > 0 ? "piped" : "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.status = this.#child.status;
    this.#reading = [this.#readLines(step.shown.length), this.#readErrors()];
    if (step.typed.length > 0) this.#reading.push(this.#type(step.typed));
  }

  /** Everything it prints until its end. @throws {Error} if it fails. */
  async output(): Promise<string> {
    const { code } = await this.status;
    await Promise.all(this.#reading);
    assertEquals(code, 0, this.#stderr);
    return this.#stdout;
  }

  /** What it prints until it has printed the lines that the README shows. */
  async readyOutput(): Promise<string> {
    const timer = setTimeout(
      () => this.#lines.reject(new Error(`not ready in time: ${this.#stdout}${this.#stderr}`)),
      READY_TIMEOUT_MS,
    );
    await this.#lines.promise.finally(() => clearTimeout(timer));
    return this.#stdout;
  }

  /** Ends it as a service manager does. */
  async stop(): Promise<Deno.CommandStatus> {
    this.#signal("SIGTERM");
    const timer = setTimeout(() => this.#signal("SIGKILL"), STOP_TIMEOUT_MS);
    const status = await this.status;
    clearTimeout(timer);
    await Promise.all(this.#reading);
    return status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #signal(name: Deno.Signal): void {
    try {
      this.#child.kill(name);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
  }

  async #readLines(count: number): Promise<void> {
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      this.#stdout += text;
      if (this.#stdout.split("\n").length > count) this.#lines.resolve();
    }
    this.#lines.promise.catch(() => {});
    this.#lines.reject(new Error(`it ended: ${this.#stdout}${this.#stderr}`));
  }

  async #readErrors(): Promise<void> {
    for await (const text of this.#child.stderr.pipeThrough(new TextDecoderStream())) {
      this.#stderr += text;
    }
  }

  async #type(lines: readonly string[]): Promise<void> {
    const writer = this.#child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(lines.map((line) => `${line}\n`).join("")));
    await writer.close();
  }
}

Deno.test("the README's steps print what it shows, and SIGTERM ends its programs cleanly", async () => {
  const steps = stepsOf(await Deno.readTextFile(new URL("README.md", ROOT)));
  assert(steps.length >= 8, `only ${steps.length} commands were found`);
  const data = await Deno.makeTempDir({ prefix: "codis_readme_" });
  try {
    await using programs = new AsyncDisposableStack();
    const substitutes = new Substitutes(data);
    const daemons: RunningStep[] = [];
    for (const step of steps) {
      const program = programs.use(new RunningStep(step, substitutes));
      const isDaemon = DAEMON.test(step.command);
      if (isDaemon) daemons.push(program);
      const printed = await (isDaemon ? program.readyOutput() : program.output());
      const shown = substitutes.shownOf(printed);
      assertEquals(lasting(shown), lasting(step.shown), `$ ${step.command}\n${shown.join("\n")}`);
    }
    for (const program of daemons.reverse()) {
      assertEquals((await program.stop()).code, 0);
    }
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});
