"""What the Dockerfile puts into the image, read as Docker reads it: without Docker."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent.parent

# The ones of .dockerignore that are used here: ** | * | ?
WILD = re.compile(r"\*\*/|\*\*|\*|\?")
MEANS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def instructions(stage: str = "service") -> list[tuple[str, str]]:
    """Instruction and the rest of its line, in order, up to the end of the stage."""
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    text = "\n".join(line for line in lines if line and not line.startswith("#"))
    joined = text.replace("\\\n", " ").splitlines()
    found: list[tuple[str, str]] = []
    for word, rest in (line.split(" ", 1) for line in joined):
        if word == "FROM" and found and _stage(found) == stage:
            break
        found.append((word, rest.strip()))
    return found


def _stage(found: list[tuple[str, str]]) -> str:
    return next(rest for word, rest in reversed(found) if word == "FROM").split()[-1]


def exec_form(word: str, stage: str = "service") -> list[str]:
    """The command of CMD or HEALTHCHECK, as arguments."""
    rest = next(rest for name, rest in reversed(instructions(stage)) if name == word)
    arguments: list[str] = json.loads(rest[rest.index("[") :])
    return arguments


def copies() -> list[tuple[str, str]]:
    """Sources in the project and their destinations. An absolute one is in the packages' stage."""
    found = []
    for word, rest in instructions():
        if word == "COPY" and not rest.startswith("--from="):
            *sources, destination = rest.split()
            found += [(source, destination) for source in sources]
    return found


def is_left_out(path: PurePosixPath) -> bool:
    """By .dockerignore: a pattern names a file, or a folder with all that is in it."""
    names = [str(path), *(str(parent) for parent in path.parents)]
    return any(pattern.fullmatch(name) for pattern in _left_out() for name in names)


def files() -> Iterator[tuple[Path, PurePosixPath]]:
    """Each file of the project that gets into the image, and its path below /app."""
    for source, destination in copies():
        if destination.startswith("/"):
            continue
        place = PurePosixPath(destination)
        origin = ROOT / source
        inside = sorted(origin.rglob("*")) if origin.is_dir() else [origin]
        for file in inside:
            if file.is_dir() or is_left_out(PurePosixPath(file.relative_to(ROOT).as_posix())):
                continue
            below = file.relative_to(origin).as_posix() if origin.is_dir() else file.name
            yield file, place / below


def assemble(folder: Path) -> None:
    """The image's /app, as it is before the static files are collected."""
    for file, place in files():
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)


def _left_out() -> list[re.Pattern[str]]:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    named = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if kept := [line for line in named if line.startswith("!")]:
        raise ValueError(f".dockerignore: {kept[0]} is not understood here")
    return [_pattern(line.strip("/")) for line in named]


def _pattern(line: str) -> re.Pattern[str]:
    parts, at = [], 0
    for wild in WILD.finditer(line):
        parts += [re.escape(line[at : wild.start()]), MEANS[wild[0]]]
        at = wild.end()
    return re.compile("".join([*parts, re.escape(line[at:])]))
