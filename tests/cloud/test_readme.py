"""cloud/README.md says everything that there is to set, to ask and to find in the table."""

import dataclasses
import re
from pathlib import Path

from farwire_cloud.rest.app import API, make_app
from farwire_cloud.rest.services import Services
from farwire_cloud.settings import CloudSettings
from farwire_cloud.store import keys

ROOT = Path(__file__).resolve().parents[2] / "cloud"
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_setting_is_explained() -> None:
    assert [f.name for f in dataclasses.fields(CloudSettings) if f"`{f.name}`" not in README] == []


def test_every_route_is_listed() -> None:
    app = make_app(Services(*[None] * len(dataclasses.fields(Services))))  # type: ignore[arg-type]

    routes = [
        f"{method.upper()} {path.removeprefix(API)}"
        for path, methods in app.openapi()["paths"].items()
        for method in methods
    ]

    assert len(routes) >= 18
    assert [route for route in routes if f"`{route}`" not in README] == []


def test_every_kind_of_item_is_in_the_table_of_keys() -> None:
    source = (ROOT / "farwire_cloud/store/keys.py").read_text(encoding="utf-8")
    kinds = set(re.findall(r'[f"(]"?([A-Z])#', source)) | set(re.findall(r'_timed\("([A-Z])"', source))
    names = {"META", "CONFIG", "SEQ", keys.DEVICES, keys.ALARMS, keys.ORDERS, keys.API_KEYS}

    assert kinds == set("DRTALUPXEGON")
    assert [kind for kind in kinds if f"`{kind}#" not in README] == []
    assert [name for name in names if f"`{name}`" not in README] == []


def test_every_folder_with_several_modules_says_what_it_is() -> None:
    folders = [path for path in (ROOT / "farwire_cloud").iterdir() if len(list(path.glob("*.py"))) > 2]

    assert len(folders) == 5
    assert [folder.name for folder in folders if not (folder / "README.md").is_file()] == []
