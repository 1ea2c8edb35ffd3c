"""What the site does to the documents: mkdocs calls these (mkdocs.yml, `hooks`)."""

import re
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import Any

# A link of Markdown whose target is relative and has no anchor of its own page alone.
LINK = re.compile(r"\[([^\]]*)\]\((?![a-z]+:|#|/)([^)\s#]+)(#[^)\s]*)?\)")
DECISIONS = "decisions/"


def on_config(config: Any) -> Any:
    """The decisions are many and become more: all files of their folder are in the navigation."""
    docs = Path(config.docs_dir)
    pages = sorted(path.relative_to(docs).as_posix() for path in docs.glob(f"{DECISIONS}*.md"))
    config.nav = _with(config.nav, pages)
    return config


def on_page_markdown(markdown: str, *, page: Any, config: Any, files: Any) -> str:
    """Links out of docs/ lead to the repository, or, where it has no address, name the file."""
    here = PurePosixPath(page.file.src_uri).parent

    def follow(found: re.Match[str]) -> str:
        text, target, anchor = found[1], found[2], found[3] or ""
        path = normpath(str(PurePosixPath("docs") / here / target))
        if path.startswith("docs/"):
            return found[0]
        if config.repo_url:
            return f"[{text}]({config.repo_url.rstrip('/')}/blob/main/{path}{anchor})"
        named = f"`{path}`"
        return named if text.strip("`") == path else f"{text} ({named})"

    return LINK.sub(follow, markdown)


def on_post_page(output: str, *, page: Any, config: Any) -> str:
    """The theme forgot to name its search to who hears the page."""
    return output.replace('role="dialog"', 'role="dialog" aria-label="Search"')


def on_post_build(config: Any) -> None:
    """The slides link documents as they lie in the repository; in the site these are pages."""
    slides = Path(config.site_dir) / "presentation" / "index.html"
    slides.write_text(re.sub(r'(href="\.\./[\w/-]+)\.md"', r'\1.html"', slides.read_text()))


def _with(items: list[Any], pages: list[str]) -> list[Any]:
    """The navigation with `pages` in the place of the folder's name."""
    filled: list[Any] = []
    for item in items:
        title, inside = next(iter(item.items())) if isinstance(item, dict) else (None, item)
        if inside == DECISIONS:
            filled.append({title: pages})
        elif isinstance(inside, list):
            filled.append({title: _with(inside, pages)})
        else:
            filled.append(item)
    return filled
