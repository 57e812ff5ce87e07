"""Codec files with their publishers' examples, as they lie in a folder."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from farwire.codec import yaml_text
from farwire_codecs.ts013_examples import Example, examples_of

ROOT = Path(__file__).resolve().parents[2]
OURS = ROOT / "tests/vectors/ts013"


@dataclass(frozen=True, slots=True)
class Published:
    """A codec file and what it shall do."""

    name: str  # of the document with the examples, within the folder, and of the file
    path: Path
    examples: list[Example]


def published(folder: Path) -> Iterator[Published]:
    """Yield the codec files of a folder and those below it that have examples beside them.

    Either `*codec.yaml` or `*codec.json` of the device repository's form, each section with its `fileName`;
    or a list in `examples.json`, of the `index.js` or `main.js` beside it.
    """
    for document in sorted([*folder.rglob("*codec*.yaml"), *folder.rglob("*codec*.json")]):
        sections: dict[str, dict[str, Any]] = {}
        for section, content in (_read(document) or {}).items():
            if isinstance(content, dict) and "fileName" in content:
                sections.setdefault(content["fileName"], {})[section] = content
        for file, content in sections.items():
            name = f"{document.relative_to(folder)} {file}"
            yield Published(name, document.parent / file, examples_of(content))
    for document in sorted(folder.rglob("examples.json")):
        for file in ("index.js", "main.js"):
            if (document.parent / file).exists():
                name = f"{document.relative_to(folder)} {file}"
                yield Published(name, document.parent / file, examples_of(_read(document)))
                break


def _read(document: Path) -> Any:
    text = document.read_text(encoding="utf-8")
    return json.loads(text) if document.suffix == ".json" else yaml_text.read(text)
