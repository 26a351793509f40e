/**
 * The whole test suite: gets what a bare machine lacks, runs every test, ends on `N passed, N failed`.
 *
 * @module
 */

/** Programs that the tests need, and the Debian packages that have them. */
const PROGRAMS: Readonly<Record<string, string>> = {
  "redis-server": "redis-server",
  "redis-cli": "redis-tools",
  nutcracker: "nutcracker",
  java: "default-jre-headless",
  "/usr/bin/chromium": "chromium",
};
/** Files that the tests need, and the Debian packages that have them. */
const FILES: Readonly<Record<string, string>> = {
  "/usr/share/java/zookeeper.jar": "zookeeper",
  "/usr/share/java/slf4j-simple.jar": "libslf4j-java",
};
const ROOT = new URL("../", import.meta.url).pathname;
const APPS = `${ROOT}tests/apps`;

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

async function run(command: string, args: string[], cwd = ROOT): Promise<boolean> {
  try {
    const child = new Deno.Command(command, { args, cwd, stdin: "null" }).spawn();
    return (await child.status).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function isInstalled(program: string): Promise<boolean> {
  const quiet: Deno.CommandOptions = { args: ["--version"], stdout: "null", stderr: "null" };
  try {
    await new Deno.Command(program, quiet).output();
    return true;
  } catch {
    // Not found, or not executable: either way it has to be installed.
    return false;
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}

/** Installs missing programs; names those it cannot. */
async function installPrograms(): Promise<boolean> {
  const missing: string[] = [];
  for (const [program, debianPackage] of Object.entries(PROGRAMS)) {
    if (!await isInstalled(program)) missing.push(debianPackage);
  }
  for (const [file, debianPackage] of Object.entries(FILES)) {
    if (!await isFile(file)) missing.push(debianPackage);
  }
  if (missing.length === 0) return true;
  const install = ["install", "-y", "--no-install-recommends", ...missing];
  print(`installing ${missing.join(" ")}`);
  if (await run("apt-get", ["update"]) && await run("apt-get", install)) return true;
  print(`Cannot install what the tests need; as root: apt-get ${install.join(" ")}`);
  return false;
}

/** Installs the client libraries of the test applications. */
async function installApps(): Promise<boolean> {
  if (await run("npm", ["ci", "--no-audit", "--no-fund", "--silent"], APPS)) return true;
  print(`Cannot install the test applications; in tests/apps: npm ci (needs Node and npm)`);
  return false;
}

/**
 * Runs `deno test` and adds up its closing line. One module at a time: tests compare the descriptors of
 * the whole process.
 */
async function runTests(args: readonly string[]): Promise<{ passed: number; failed: number }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--quiet", ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let tail = "";
  for await (const chunk of child.stdout) {
    Deno.stdout.writeSync(chunk);
    tail = (tail + new TextDecoder().decode(chunk)).slice(-4096);
  }
  const { success } = await child.status;
  const closing = [...tail.matchAll(/(\d+) passed(?: \([^)]*\))? \| (\d+) failed/g)].at(-1);
  if (closing === undefined) return { passed: 0, failed: 1 };
  const failed = Number(closing[2]);
  return { passed: Number(closing[1]), failed: success ? failed : Math.max(failed, 1) };
}

const ready = await installPrograms() && await installApps();
const result = ready ? await runTests(Deno.args) : { passed: 0, failed: 1 };
print(`${result.passed} passed, ${result.failed} failed`);
Deno.exit(result.failed === 0 && result.passed > 0 ? 0 : 1);
