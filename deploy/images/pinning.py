"""Pins the images that Dockerfile and docker-compose.yml name to what their tags are now.

    bin/pin-images            write the digests
    bin/pin-images --check    say which have moved since, and which the registry no longer has

A tag is moved by whoever publishes it; a digest names the bytes. Both stand in the files:
`NAME:TAG@sha256:…`. Docker takes the digest, people read the tag. Asks the registries.
"""

import argparse
import re
import sys
from pathlib import Path

from deploy.images.dockerfile import ROOT
from deploy.images.registry import Image, RegistryFault, digest_of, is_there

# `FROM name:tag`, `image: name:tag`. What has no tag is made here: a stage, our own image.
NAMED = re.compile(r"^(?:FROM|\s*image:)\s+(?P<image>[\w./-]+(?::\d+/[\w./-]+)?:[^\s]+)", re.M)
FILES = ("Dockerfile", "docker-compose.yml")


def named_in(text: str) -> list[str]:
    """The images that a Dockerfile or a compose file takes from elsewhere, each once."""
    return list(dict.fromkeys(match["image"] for match in NAMED.finditer(text)))


def pinned(text: str) -> str:
    """The same with the digest of today behind each tag. Raises RegistryFault."""
    for named in named_in(text):
        tagged = named.partition("@")[0]
        now = f"{tagged}@{digest_of(Image.read(tagged))}"
        text = re.sub(rf"(?<=\s){re.escape(named)}(?=\s)", now, text)
    return text


def faults_of(named: str) -> str:
    """What is to be said of one pin; empty when its tag still means it. Raises RegistryFault."""
    image = Image.read(named)
    if not image.digest:
        return "no digest"
    if not is_there(image):
        return f"the registry has no {image.digest}"
    now = digest_of(image)
    return "" if now == image.digest else f"the tag is {now} now"


def main(arguments: list[str], folder: Path = ROOT) -> int:
    """The exit code: 1 when something is to be done."""
    parser = argparse.ArgumentParser(prog="bin/pin-images", description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing")
    is_check = parser.parse_args(arguments).check
    code = 0
    try:
        for file in (folder / name for name in FILES):
            text = file.read_text()
            if is_check:
                for named in named_in(text):
                    said = faults_of(named)
                    code |= bool(said)
                    print(f"{file.name}: {named.partition('@')[0]}: {said or 'as pinned'}")
            elif (now := pinned(text)) != text:
                file.write_text(now)
                print(f"{file.name} is changed: build, try, and commit it")
    except RegistryFault as fault:
        print(f"bin/pin-images: {fault}", file=sys.stderr)
        return 1
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
