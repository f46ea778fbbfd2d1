"""Builds everything that a release publishes into artifacts/release.

./dev pack                builds for the platform of this machine
./dev pack linux-x64 …    builds the program for these platforms
./dev pack all            builds the program for every platform; only linux-x64 is tested

| folder    | content                                                            | needs       |
|-----------|--------------------------------------------------------------------|-------------|
| nuget/    | the .NET tool and the .NET packages, with symbols                  |             |
| npm/      | chaseremu and one package per platform                             | Node.js 20  |
| python/   | wheel and sdist                                                    | build       |
| archives/ | the program with its own .NET, for machines without any of these   |             |
| images/   | the container images, as "docker save" writes them                 | docker      |
| sbom/     | a CycloneDX bill of materials for each of the above                |             |

SHA256SUMS has a line per file.
"""

import gzip
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RELEASE = ROOT / "artifacts" / "release"
PROPERTIES = (ROOT / "Directory.Build.props").read_text()
VERSION = re.search(r"<Version>(.+)</Version>", PROPERTIES)[1]
REPOSITORY = re.search(r"<RepositoryUrl>(.*)</RepositoryUrl>", PROPERTIES)[1]
NUGET_PROJECTS = ["ChaserEmu", *sorted(path.name for path in (ROOT / "src").glob("ChaserEmu.*") if "IsPackable>false" not in (path / f"{path.name}.csproj").read_text())]
PLATFORMS = ["linux-x64", "linux-arm64", "linux-musl-x64", "osx-arm64", "osx-x64", "win-x64"]
CYCLONEDX = "6.3.1"


def main(arguments: list[str]) -> None:
    platforms = PLATFORMS if arguments == ["all"] else arguments or [this_platform()]
    if unknown := [name for name in platforms if name not in PLATFORMS]:
        sys.exit(f"Unknown platform '{unknown[0]}'. Use one of: {', '.join(PLATFORMS)}, or all.")

    shutil.rmtree(RELEASE, ignore_errors=True)
    published = {name: publish(name) for name in platforms}
    pack_nuget()
    run(ROOT, "node", "src/node/pack.mjs", "--out", RELEASE / "npm", *(f"{npm_name(name)}={folder}" for name, folder in published.items()))
    pack_python()
    for name, folder in published.items():
        archive(name, folder)
    save_images()
    write_sboms(platforms)
    files = sorted(path for path in RELEASE.rglob("*") if path.is_file())
    (RELEASE / "SHA256SUMS").write_text("".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(RELEASE)}\n" for path in files))
    for path in files:
        print(f"{path.stat().st_size / 1e6:8.2f} MB  {path.relative_to(ROOT)}")


def run(folder: Path, *command: object) -> None:
    if subprocess.run([str(word) for word in command], cwd=folder, stdout=sys.stderr).returncode != 0:
        sys.exit(f"Failed: {' '.join(str(word) for word in command)}")


def this_platform() -> str:
    system = {"Linux": "linux-musl" if Path("/lib/ld-musl-x86_64.so.1").exists() else "linux", "Darwin": "osx", "Windows": "win"}[platform.system()]
    return f"{system}-{'arm64' if platform.machine() in ('aarch64', 'arm64') else 'x64'}"


def npm_name(name: str) -> str:
    """Node.js calls macOS darwin."""
    return name.replace("osx", "darwin")


def publish(name: str) -> Path:
    folder = ROOT / "artifacts" / "publish" / name
    # Publishing keeps newer files, so output of an earlier build could remain.
    shutil.rmtree(folder, ignore_errors=True)
    run(ROOT, "dotnet", "publish", "src/ChaserEmu", "-r", name, "-p:PublishProfile=Tuned", "--output", folder, "--nologo", "--verbosity", "quiet")
    return folder


def pack_nuget() -> None:
    for project in NUGET_PROJECTS:
        run(ROOT, "dotnet", "pack", f"src/{project}", "--configuration", "Release", "--output", RELEASE / "nuget", "--nologo", "--verbosity", "quiet")
    for package in (RELEASE / "nuget").glob("*.nupkg"):
        replace_readme(package)


def replace_readme(package: Path) -> None:
    """Rewrites a package with a README whose links work outside the repository."""
    original = package.with_suffix(".original")
    package.rename(original)
    with zipfile.ZipFile(original) as source, zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            content = source.read(entry)
            if entry.filename == "README.md":
                folder = "." if package.name.startswith(f"ChaserEmu.{VERSION}") else f"src/{package.name.removesuffix(f'.{VERSION}.nupkg')}"
                content = with_absolute_links(content.decode(), folder).encode()
            target.writestr(entry, content)
    original.unlink()


def with_absolute_links(text: str, folder: str) -> str:
    """Makes links to files of the repository absolute. Without RepositoryUrl there is nothing to link to: their text stays."""

    def replace(link: re.Match[str]) -> str:
        image, words, target = link.groups()
        if re.match(r"[a-z]+:|#", target):
            return link[0]
        if not REPOSITORY:
            return "" if image else words
        path = os.path.normpath(os.path.join(folder, target))
        return f"{image}[{words}]({REPOSITORY}/{'raw' if image else 'blob'}/v{VERSION}/{path})"

    return re.sub(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)", replace, text)


def pack_python() -> None:
    source = ROOT / "src" / "python"
    staging = ROOT / "artifacts" / "python"
    shutil.rmtree(staging, ignore_errors=True)
    shutil.copytree(source, staging, ignore=shutil.ignore_patterns("build", "dist", "*.egg-info", "__pycache__", ".*"))
    (staging / "README.md").write_text(with_absolute_links((source / "README.md").read_text(), "src/python"))
    run(staging, sys.executable, "-m", "build", "--no-isolation", "--outdir", RELEASE / "python")


def archive(name: str, folder: Path) -> None:
    """Packs a program: zip for Windows, tar.xz elsewhere, which is 30 % smaller than tar.gz."""
    top = f"chaseremu-{VERSION}-{name}"
    (RELEASE / "archives").mkdir(parents=True, exist_ok=True)
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".pdb"]
    if name.startswith("win-"):
        with zipfile.ZipFile(RELEASE / "archives" / f"{top}.zip", "w", zipfile.ZIP_DEFLATED) as target:
            for path in [*files, ROOT / "LICENSE"]:
                target.write(path, f"{top}/{path.relative_to(folder) if path.is_relative_to(folder) else path.name}")
        return
    with tarfile.open(RELEASE / "archives" / f"{top}.tar.xz", "w:xz") as target:
        for path in [*files, ROOT / "LICENSE"]:
            target.add(path, f"{top}/{path.relative_to(folder) if path.is_relative_to(folder) else path.name}")
        command = tarfile.TarInfo(f"{top}/chaseremu")
        command.type, command.linkname = tarfile.SYMTYPE, "ChaserEmu"
        target.addfile(command)


def save_images() -> None:
    if not shutil.which("docker"):
        print("No docker: the images are left out.", file=sys.stderr)
        return
    (RELEASE / "images").mkdir(parents=True, exist_ok=True)
    for target, tag in [("", VERSION), ("no-browser", f"{VERSION}-no-browser")]:
        arguments = subprocess.run(["docker/build-args.sh"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
        run(ROOT, "docker", "build", *arguments, "-f", "docker/Dockerfile", *(["--target", target] if target else []), "-t", f"chaseremu:{tag}", ".")
        file = RELEASE / "images" / f"chaseremu-{tag}.tar"
        run(ROOT, "docker", "save", "--output", file, f"chaseremu:{tag}")
        with file.open("rb") as plain, gzip.open(f"{file}.gz", "wb", compresslevel=6) as packed:
            shutil.copyfileobj(plain, packed)
        file.unlink()


def write_sboms(platforms: list[str]) -> None:
    sboms = RELEASE / "sbom"
    tools = ROOT / "artifacts" / "tools"
    if not (tools / "dotnet-CycloneDX").exists():
        run(ROOT, "dotnet", "tool", "install", "CycloneDX", "--version", CYCLONEDX, "--tool-path", tools)
    for project in NUGET_PROJECTS:
        run(ROOT, tools / "dotnet-CycloneDX", f"src/{project}/{project}.csproj", "--output", sboms, "--filename", f"{project}.{VERSION}.cdx.json", "--output-format", "Json",
            "--exclude-dev", "--disable-package-restore", "--set-name", project, "--set-version", VERSION, "--include-project-references", "--set-nuget-purl")

    # These contain the program and its .NET, or nothing besides our own code.
    program = json.loads((sboms / f"ChaserEmu.{VERSION}.cdx.json").read_text())
    runtime = {"type": "framework", "name": "Microsoft.NETCore.App and Microsoft.AspNetCore.App", "version": runtime_version(platforms[0])}
    for name in platforms:
        for form, purl in [("archive", f"pkg:generic/chaseremu@{VERSION}"), ("npm", f"pkg:npm/%40chaseremu/{npm_name(name)}@{VERSION}")]:
            write_sbom(f"{form}-{name}", purl, program["components"] + [runtime])
    if (RELEASE / "images").exists():
        write_sbom("image", f"pkg:oci/chaseremu@{VERSION}", program["components"] + [runtime])
    write_sbom("npm", f"pkg:npm/chaseremu@{VERSION}", [])
    write_sbom("python", f"pkg:pypi/chaseremu@{VERSION}", [])


def write_sbom(name: str, purl: str, components: list[dict[str, object]]) -> None:
    document = {
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": purl, "name": "chaseremu", "version": VERSION, "purl": purl, "licenses": [{"license": {"id": "MIT"}}]}},
        "components": components,
    }
    (RELEASE / "sbom" / f"chaseremu-{VERSION}-{name}.cdx.json").write_text(json.dumps(document, indent=2) + "\n")


def runtime_version(name: str) -> str:
    configuration = json.loads((ROOT / "artifacts" / "publish" / name / "ChaserEmu.runtimeconfig.json").read_text())
    return configuration["runtimeOptions"]["includedFrameworks"][0]["version"]


main(sys.argv[1:])
