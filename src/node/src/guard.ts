// Runs the emulator, and ends it when the process that started it has ended, even by SIGKILL: standard input ends then.
// Arguments: the program and its arguments.
import { spawn } from "node:child_process";

const killAfterMs = 10_000;
const [program = "", ...args] = process.argv.slice(2);
const child = spawn(program, args, { stdio: ["ignore", "inherit", "inherit"] });

child.once("error", error => {
  process.stderr.write(`Cannot run ${program}: ${error.message}\n`);
  process.exit(127);
});
child.once("exit", code => process.exit(code ?? 1));

function stop(): void {
  child.kill();
  setTimeout(() => child.kill("SIGKILL"), killAfterMs);
}

process.stdin.once("close", stop).resume();

// Ctrl+C in a terminal reaches the emulator, too. It then ends by itself, and so does this process.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
