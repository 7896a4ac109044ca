"""Notebooks as pages of the site: a hook of MkDocs.

The notebooks hold their results, and a test executes them. So a page is made of what is there:
text, code, and the best form of each output. That takes a few lines, while nbconvert and
mkdocs-jupyter would bring themes and scripts of their own.
"""

from __future__ import annotations

import base64
import json
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from mkdocs.structure.files import File, Files

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig

_LINK = re.compile(r"\]\(((?:\.\./)*notebooks/[\w-]+)\.ipynb")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Put a page beside each notebook; the notebook itself stays, to be downloaded."""
    for file in [file for file in files if file.src_uri.endswith(".ipynb")]:
        notebook = json.loads(file.content_string)
        path = PurePosixPath(file.src_uri)
        page, pictures = notebook_page(notebook, path.name)
        files.append(File.generated(config, str(path.with_suffix(".md")), content=page))
        for name, content in pictures.items():
            files.append(File.generated(config, str(path.with_name(name)), content=content))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Let links to a notebook lead to its page, which is there only once the site is built."""
    return _LINK.sub(r"](\1.md", markdown)


def notebook_page(notebook: dict[str, Any], name: str) -> tuple[str, dict[str, bytes]]:
    """Return a notebook as Markdown, and the pictures that it shows by the names they have there.

    Args:
        notebook: the content of the file, of nbformat 4.
        name: the file's name, which the page offers to download.
    """
    parts: list[str] = []
    pictures: dict[str, bytes] = {}
    for number, cell in enumerate(notebook["cells"]):
        source = _joined(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(source)
        elif cell["cell_type"] == "code" and source.strip():
            parts.append(f"```python\n{source}\n```")
            for index, output in enumerate(cell.get("outputs", ())):
                stem = f"{name.removesuffix('.ipynb')}-{number}-{index}"
                parts.append(_output(output, stem, pictures))
    download = f"[Download this notebook]({name})"
    return "\n\n".join([*filter(None, parts), download]) + "\n", pictures


def _output(output: dict[str, Any], stem: str, pictures: dict[str, bytes]) -> str:
    """Return what a reader sees of an output."""
    data = output.get("data", {})
    for kind, suffix in (("image/svg+xml", "svg"), ("image/png", "png")):
        if kind in data:
            content = _joined(data[kind])
            name = f"{stem}.{suffix}"
            pictures[name] = content.encode() if suffix == "svg" else base64.b64decode(content)
            return f"![{_alternative(data)}]({name})"
    if "text/html" in data:
        # A line without anything on it would end the block of HTML.
        lines = _joined(data["text/html"]).splitlines()
        rows = "\n".join(line for line in lines if line.strip())
        return f'<div class="notebook-output">\n{rows}\n</div>'
    if "text/markdown" in data:
        return _joined(data["text/markdown"])
    text = _joined(data.get("text/plain") or output.get("text", ""))
    return f"```text\n{text.rstrip()}\n```" if text.strip() else ""


def _alternative(data: dict[str, Any]) -> str:
    text = " ".join(_joined(data.get("text/plain", "")).split())
    return "a chart" if not text or text.startswith("<") else text.replace("]", "")


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)
