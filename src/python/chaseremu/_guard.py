"""Runs the command in its arguments, and ends it when stdin closes: then the process that started this one has ended or is done.

The operating system closes stdin however that process ends, SIGKILL included. Only children that it forked without exec, as multiprocessing can do,
keep stdin open until they end. Runs as a program, without the package.
"""
import os
import signal
import subprocess
import sys
import threading

# In seconds. The emulator first ends its browsers.
TIMEOUT = 20


def main() -> int:
    try:
        child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
    except OSError as error:
        print(f"{sys.argv[1]}: {error.strerror}", flush=True)
        return 127

    def stop_when_stdin_closes() -> None:
        # Not sys.stdin: Python aborts if a thread still reads it when the program ends.
        while os.read(0, 1024):
            pass
        child.terminate()
        try:
            child.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            child.kill()

    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    threading.Thread(target=stop_when_stdin_closes, daemon=True).start()
    return child.wait()


if __name__ == "__main__":
    sys.exit(main())
