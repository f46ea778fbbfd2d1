#!/usr/bin/env node
// The command "chaseremu": runs the emulator of the platform package with the same arguments, input, output, signals and exit code.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { findInstalled, howToGetOne } from "./program.js";

const command = findInstalled();
if (command) run(command[0], [...command.slice(1), ...process.argv.slice(2)]);
else fail(`chaseremu: found no emulator to run. ${howToGetOne()}`);

function run(program: string, args: string[]): void {
  const child = spawn(program, args, { stdio: "inherit" });
  child.once("error", error => fail(`chaseremu: cannot run ${program}: ${error.message}`));
  child.once("exit", (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : code ?? 1));
  // Ctrl+C in a terminal reaches the emulator, too; a second signal of the same kind does no harm.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
}

function fail(message: string): void {
  process.stderr.write(`${message}\n`);
  process.exit(127);
}
