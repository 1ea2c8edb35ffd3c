"""Prints what is in the production image and how large it is, without Docker.

    bin/image-contents [--base]

The files that the Dockerfile copies (less .dockerignore), the static files that it collects, and
the packages of requirements.txt as they are installed here, for this machine's processor. `--base`
asks the registry for the size of the base image. Compressed: gzip, as registries keep layers.
"""

import argparse
import gzip
import importlib.metadata
import os
import platform
import re
import subprocess
import sys
import tarfile
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from deploy.images.dockerfile import ROOT, assemble, instructions
from deploy.images.registry import Image, RegistryFault, compressed_bytes

LARGEST = 12
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    files: int
    size: int
    """Bytes on disk, without what blocks add."""
    compressed: int


class Counted:
    """A file that keeps the number of bytes written to it, and nothing else."""

    size = 0

    def write(self, data: bytes) -> int:
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """There is nothing to do."""


def part(name: str, files: Iterable[Path]) -> Part:
    there, counted = sorted(files), Counted()
    with (
        gzip.GzipFile(fileobj=counted, mode="wb", compresslevel=6) as packed,
        tarfile.open(fileobj=packed, mode="w|") as archive,
    ):
        for file in there:
            archive.add(file, recursive=False)
    return Part(name, len(there), sum(file.stat().st_size for file in there), counted.size)


def app_parts() -> list[Part]:
    """By folder of /app, with the static files."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        assemble(folder)
        collect_static(folder)
        by_folder = defaultdict(list)
        for file in folder.rglob("*"):
            if file.is_file():
                by_folder[file.relative_to(folder).parts[0]].append(file)
        return [part(f"/app/{top}", files) for top, files in sorted(by_folder.items())]


def collect_static(folder: Path) -> None:
    """The Dockerfile's own command, in a folder with what it has copied."""
    command = next(rest for word, rest in instructions() if "collectstatic" in rest)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    # As in the image: no bytecode beside the sources.
    environment = {"PATH": path, "HOUSING_MODE": "production", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        ["sh", "-c", command], cwd=folder, env=environment, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(done.stderr)


def package_parts() -> list[Part]:
    """The distributions of the lock and pip, the largest first. Raises if one is not installed."""
    locked = re.findall(r"^([\w.-]+)==", (ROOT / "requirements.txt").read_text(), re.M)
    parts = []
    for name in [*locked, "pip"]:
        files = importlib.metadata.distribution(name).files or []
        there = {Path(file.locate()).resolve() for file in files}
        parts.append(part(name, (file for file in there if file.is_file())))
    return sorted(parts, key=lambda one: -one.size)


def total(name: str, parts: Iterable[Part]) -> Part:
    there = list(parts)
    sums = ((one.files, one.size, one.compressed) for one in there)
    return Part(name, *(sum(column) for column in zip(*sums, strict=True)))


def base_image() -> str:
    """Of the last stage."""
    return [rest for word, rest in instructions() if word == "FROM"][-1].split()[0]


def line(one: Part) -> str:
    return f"| {one.name} | {one.files} | {one.size / 1e6:.1f} | {one.compressed / 1e6:.1f} |"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bin/image-contents", description=__doc__.split("\n")[0])
    parser.add_argument("--base", action="store_true", help="ask the registry for the base image")
    wants_base = parser.parse_args(arguments).base
    packages, app = package_parts(), app_parts()
    few, rest = packages[:LARGEST], packages[LARGEST:]
    print("| part | files | MB | compressed MB |")
    print("|---|---:|---:|---:|")
    for one in [*few, total(f"{len(rest)} other packages", rest), *app]:
        print(line(one))
    print(line(total("**all that is put on the base**", [*packages, *app])))
    base = base_image()
    if wants_base:
        image = Image.read(base)
        processor = ARCHITECTURES.get(platform.machine(), platform.machine())
        try:
            size = compressed_bytes(image, processor) / 1e6
        except RegistryFault as fault:
            print(f"bin/image-contents: {fault}", file=sys.stderr)
            return 1
        print(f"| base: {base.partition('@')[0]}, {processor} | | | {size:.1f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
