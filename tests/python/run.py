"""Builds the Python package and tests what was built, against a real emulator.

Installs the wheel and the sdist, each into an empty folder. Runs the tests of the package with the wheel, and the examples of its README with both.
The installed files are the same, so the tests need not run twice.

Usage: CHASER_EMU_COMMAND='dotnet …/ChaserEmu.dll' python3 tests/python/run.py
With --needs it only says what this Python lacks: prints Debian packages and fails, or prints nothing.
"""
from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "python"

# Module, and the Debian package that has it.
NEEDED = {
    "build": "python3-build", "mypy": "mypy", "pip": "python3-pip", "pytest": "python3-pytest", "setuptools": "python3-setuptools",
    "wheel": "python3-wheel", "xdist": "python3-pytest-xdist", "yaml": "python3-yaml",
}
BLOCK = re.compile(r"^```python\n# (not run: )?(\S+\.py)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run(*arguments: str, folder: Path, packages: Path | None = None) -> None:
    """Runs a Python program. It sees the package only if it is in the folder `packages`. Ends this program if it fails."""
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "CHASER_EMU_URL")}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    if packages is not None:
        environment["PYTHONPATH"] = str(packages)
    print(f"$ python3 {' '.join(arguments)}", flush=True)
    status = subprocess.run([sys.executable, *arguments], cwd=folder, env=environment).returncode
    if status != 0:
        raise SystemExit(f"The command above failed with exit code {status}.")


def check_sources() -> None:
    """Checks the types, and what is written twice."""
    run("generate_types.py", "--check", folder=SOURCE)
    run("-m", "mypy", "--cache-dir", os.devnull, folder=SOURCE)
    if (SOURCE / "LICENSE").read_bytes() != (ROOT / "LICENSE").read_bytes():
        raise SystemExit("src/python/LICENSE differs from LICENSE. Copy it.")
    version = re.search(r"<Version>(.+?)</Version>", (ROOT / "Directory.Build.props").read_text())[1]
    if f'\nversion = "{version}"\n' not in (SOURCE / "pyproject.toml").read_text():
        raise SystemExit(f"The version in src/python/pyproject.toml is not {version}, as in Directory.Build.props.")


def save_examples(folder: Path) -> None:
    """Saves the Python code of the README. The first line of a block is the name of its file."""
    readme = (SOURCE / "README.md").read_text(encoding="utf-8")
    blocks = BLOCK.findall(readme)
    if len(blocks) != readme.count("```python"):
        raise SystemExit("A Python block of src/python/README.md does not start with the name of its file, such as '# test_first.py'.")
    folder.mkdir()
    for not_run, name, code in blocks:
        compile(code, name, "exec")
        if not not_run:
            (folder / name).write_text(code, encoding="utf-8")


def install(artifact: Path, folder: Path) -> Path:
    """Installs a wheel or an sdist, offline, and returns the folder with the package."""
    folder.mkdir()
    run("-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--no-compile", "--root-user-action", "ignore",
        "--target", str(folder), str(artifact), folder=folder)
    return folder


def run_tests(tests: Path, packages: Path) -> None:
    run("-m", "pytest", "-p", "no:cacheprovider", "-q", folder=tests, packages=packages)


def contents(packages: Path) -> dict[str, bytes]:
    """Returns the files of an installed package. RECORD and the name of the artifact are not the same in all installations."""
    files = (file for file in packages.rglob("*") if file.is_file() and file.name not in ("RECORD", "direct_url.json"))
    return {str(file.relative_to(packages)): file.read_bytes() for file in files}


def main() -> None:
    missing = [package for module, package in NEEDED.items() if importlib.util.find_spec(module) is None]
    if sys.version_info < (3, 10):
        missing.insert(0, "python3 (>= 3.10)")
    if "--needs" in sys.argv[1:]:
        print(" ".join(missing))
        raise SystemExit(1 if missing else 0)
    if missing:
        raise SystemExit(f"{sys.executable} lacks modules. On Debian install {', '.join(missing)}, and use /usr/bin/python3.")
    if "CHASER_EMU_COMMAND" not in os.environ:
        raise SystemExit("Set CHASER_EMU_COMMAND to the command that starts the emulator to test with, such as 'dotnet …/ChaserEmu.dll'.")

    check_sources()
    with tempfile.TemporaryDirectory(prefix="chaser-emu-python-") as name:
        folder = Path(name)
        # The build writes next to the sources.
        shutil.copytree(SOURCE, folder / "source")
        run("-m", "build", "--no-isolation", "--outdir", str(folder / "dist"), folder=folder / "source")
        [wheel] = (folder / "dist").glob("*.whl")
        [sdist] = (folder / "dist").glob("*.tar.gz")

        from_wheel, from_sdist = install(wheel, folder / "from-wheel"), install(sdist, folder / "from-sdist")
        different = {name for name, _ in contents(from_wheel).items() ^ contents(from_sdist).items()}
        if different:
            raise SystemExit(f"These files differ between the installed wheel and the installed sdist: {', '.join(sorted(different))}")

        shutil.unpack_archive(sdist, folder / "unpacked")
        [unpacked] = (folder / "unpacked").iterdir()
        run_tests(unpacked / "tests", from_wheel)
        for packages in (from_wheel, from_sdist):
            examples = folder / f"examples-{packages.name}"
            save_examples(examples)
            run_tests(examples, packages)


if __name__ == "__main__":
    main()
