"""Tries the files that pack.py has built for this platform, as a user without the repository and without a .NET SDK gets them.

Each is installed into an empty folder, and runs the first example of its README. The .NET packages are tried by PackageTests.
Package managers may use their network only for @playwright/test and pytest; here, tests/node_modules and the installed pytest replace them.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[2]
RELEASE = ROOT / "artifacts" / "release"


def main() -> None:
    check_sums()
    with tempfile.TemporaryDirectory(prefix="chaser-emu-release-") as temporary:
        folder = Path(temporary)
        tools = make_path(folder / "tools")
        program = timed("archive", lambda: try_archive(folder / "archive", tools))
        timed("npm", lambda: try_npm(folder / "npm", tools))
        for package in sorted((RELEASE / "python").iterdir()):
            timed(package.name, lambda package=package: try_python(package, folder / package.name, f"{program.parent}{os.pathsep}{tools}"))


def timed(name: str, act: Callable[[], T]) -> T:
    """Prints how long something took."""
    start = time.monotonic()
    result = act()
    print(f"ok  {name}  {time.monotonic() - start:.1f} s")
    return result


def run(folder: Path, path: str, *command: object) -> str:
    """Runs a command without a .NET SDK on the PATH, and returns its output."""
    environment = {"PATH": path, "HOME": str(folder), "XDG_STATE_HOME": str(folder / "state"), "CHASER_EMU_Browsers__Sandbox": "off", "npm_config_offline": "true"}
    done = subprocess.run([str(word) for word in command], cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"Failed: {' '.join(str(word) for word in command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def make_path(folder: Path) -> str:
    """Makes a folder with the programs of the system and Node.js, but without dotnet."""
    folder.mkdir()
    for name in ["node", "npm", "npx"]:
        (folder / name).symlink_to(shutil.which(name))
    for directory in ["/usr/bin", "/bin"]:
        for program in Path(directory).iterdir():
            if program.name not in ("dotnet", "chaseremu") and not (folder / program.name).is_symlink():
                (folder / program.name).symlink_to(program)
    return str(folder)


def check_sums() -> None:
    for line in (RELEASE / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        if hashlib.sha256((RELEASE / name).read_bytes()).hexdigest() != digest:
            sys.exit(f"{name} has another checksum than SHA256SUMS.")


def try_archive(folder: Path, path: str) -> Path:
    """Starts the program in the background, creates a session and stops it, as in docs/cli.md."""
    with tarfile.open(next((RELEASE / "archives").glob("*-linux-x64.tar.xz"))) as archive:
        archive.extractall(folder, filter="data")
    program = next(folder.glob("*/chaseremu"))
    run(folder, path, program, "up", "-d", "--urls=http://127.0.0.1:0", "--Storage:Path=:memory:")
    try:
        run(folder, path, "bash", "-c", f"""
            set -euo pipefail
            eval "$('{program}' env)"
            curl -sf "$CHASER_EMU_URL/v1/sessions" -X POST -H "Authorization: Bearer $CHASER_KEY"
            '{program}' calls verify --operation createSession --exactly 1
            """)
    finally:
        run(folder, path, program, "down")
    return program


def try_npm(folder: Path, path: str) -> None:
    folder.mkdir()
    run(folder, path, "npm", "init", "-y")
    run(folder, path, "npm", "install", "--no-audit", "--no-fund", *(RELEASE / "npm").glob("*chaseremu-[0-9]*.tgz"), *(RELEASE / "npm").glob("*-linux-x64-*.tgz"))
    for name in ["@playwright/test", "playwright", "playwright-core"]:
        (folder / "node_modules" / name).parent.mkdir(exist_ok=True)
        (folder / "node_modules" / name).symlink_to(ROOT / "tests" / "node_modules" / name)
    write_example(ROOT / "src/node/README.md", "ts", folder)
    output = run(folder, path, "node", "node_modules/@playwright/test/cli.js", "test", "first.spec.ts", "--reporter=line")
    if "1 passed" not in output:
        sys.exit(output)


def try_python(package: Path, folder: Path, path: str) -> None:
    folder.mkdir()
    python = "/usr/bin/python3" if Path("/usr/bin/python3").exists() else sys.executable
    run(folder, path, python, "-m", "pip", "install", "--quiet", "--no-index", "--no-build-isolation", "--no-deps", "--target", folder / "packages", package)
    write_example(ROOT / "src/python/README.md", "python", folder)
    output = run(folder, path, "env", f"PYTHONPATH={folder / 'packages'}", python, "-m", "pytest", "-q", "test_first.py")
    if "1 passed" not in output:
        sys.exit(output)


def write_example(readme: Path, language: str, folder: Path) -> None:
    """Saves the blocks of a README whose first line is a file name."""
    for text, name in re.findall(rf"^```{language}\n((?://|#) (\S+)\n.*?)^```$", readme.read_text(), re.M | re.S):
        (folder / name).write_text(text)


main()
