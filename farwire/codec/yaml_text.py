"""YAML as publishers of codec files write their examples; needs PyYAML, which `.[twin]` brings."""

import importlib.util
import re
from typing import Any

from farwire.errors import CodecInputError

# YAML 1.2.2 §10.3.2, the core schema, which JavaScript's readers have: `On` and `Off` are texts, and 12:30 is
# no number, as they are in PyYAML's YAML 1.1. Tag, pattern, characters that such a scalar begins with.
_CORE = (
    ("tag:yaml.org,2002:bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    (
        "tag:yaml.org,2002:float",
        r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$",
        "-+.0123456789",
    ),
    ("tag:yaml.org,2002:int", r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$", "-+0123456789"),
)


def read(text: str) -> Any:
    """Return the document; raises ValueError for no YAML, CodecInputError without PyYAML."""
    if importlib.util.find_spec("yaml") is None:
        raise CodecInputError("examples in YAML need PyYAML; or give them as JSON")
    yaml: Any = importlib.import_module("yaml")
    tags = {tag for tag, _, _ in _CORE}
    resolvers = {
        first: [resolver for resolver in known if resolver[0] not in tags]
        for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    loader: Any = type("CoreLoader", (yaml.SafeLoader,), {"yaml_implicit_resolvers": resolvers})
    for tag, pattern, first in _CORE[::-1]:  # a whole number is also a float's pattern: the first one wins
        loader.add_implicit_resolver(tag, re.compile(pattern), list(first))
    try:
        return yaml.load(text, loader)  # noqa: S506 (a safe loader)
    except yaml.YAMLError as error:
        raise ValueError(str(error).replace("\n", " ")) from error
