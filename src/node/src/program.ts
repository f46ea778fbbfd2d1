// Finds the emulator's program on this machine.
import { existsSync, realpathSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { ChaserEmulatorError } from "./errors.js";

/** A program and its first arguments. */
export type Command = readonly [program: string, ...args: string[]];

/** Returns the name of this machine's platform package, such as `@chaseremu/linux-x64`. */
export function platformPackage(): string {
  const system = process.platform === "win32" ? "win" : process.platform === "linux" && isMusl() ? "linux-musl" : process.platform;
  return `@chaseremu/${system}-${process.arch}`;
}

/**
 * Returns the command of `CHASER_EMU_COMMAND`, else the program of the installed platform package. Undefined if there is neither.
 *
 * `CHASER_EMU_COMMAND` is a path, or a program with arguments, such as `dotnet "/path with spaces/ChaserEmu.dll"`.
 */
export function findInstalled(): Command | undefined {
  const command = process.env["CHASER_EMU_COMMAND"]?.trim();
  if (command) return existsSync(command) ? [command] : split(command);

  let manifest: string;
  try {
    manifest = createRequire(__filename).resolve(`${platformPackage()}/package.json`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND") return undefined;
    throw error;
  }
  return [join(dirname(manifest), "bin", process.platform === "win32" ? "ChaserEmu.exe" : "ChaserEmu")];
}

/** Returns the command that {@link findInstalled} finds, else `chaseremu` on the PATH. Throws an error that says how to get one. */
export function findProgram(): Command {
  const found = findInstalled() ?? findOnPath();
  if (found) return found;
  throw new ChaserEmulatorError(`Found no emulator to start. ${howToGetOne()}`);
}

/** Says how to get the program. */
export const howToGetOne = (): string =>
  `Install the package ${platformPackage()} (npm installs it with chaseremu, unless optional dependencies are omitted or there is none for this platform), `
  + "or the dotnet tool ChaserEmu, or set CHASER_EMU_COMMAND to a program with its arguments. "
  + "To use an emulator that is already running, set CHASER_EMU_URL for Playwright Test, or call ChaserEmulator.connect(url).";

function findOnPath(): Command | undefined {
  const name = process.platform === "win32" ? "chaseremu.exe" : "chaseremu";
  // Not the command of this package, which npm and npx put on the PATH.
  const own = join(__dirname, "bin.js");
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const path = join(folder, name);
    if (folder && statSync(path, { throwIfNoEntry: false })?.isFile() && realpathSync(path) !== realpathSync(own)) return [path];
  }
  return undefined;
}

function split(command: string): Command {
  const [program = "", ...args] = Array.from(command.matchAll(/"([^"]*)"|\S+/g), ([word, quoted]) => quoted ?? word);
  return [program, ...args];
}

/** The report of Node.js names the version of glibc; with musl there is none. */
function isMusl(): boolean {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime === undefined;
}
