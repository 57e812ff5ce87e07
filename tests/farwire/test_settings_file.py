"""One TOML file and the environment become a room's settings."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from farwire.errors import SettingsError
from farwire.settings_file import load


@dataclass(frozen=True, slots=True)
class KettleSettings:
    host: str
    port: int = 80
    scale: float = 1.0
    verbose: bool = False
    path: Path | None = None
    tags: tuple[str, ...] = ()
    unit: Literal["C", "F"] = "C"
    cups: dict[str, Path] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.port < 1:
            raise ValueError(f"port is {self.port}, expected 1 to 65535")


def write(folder: Path, text: str) -> Path:
    path = folder / "farwire.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_file_wins_over_the_default(tmp_path: Path) -> None:
    file = write(
        tmp_path, '[kettle]\nhost = "a"\nport = 81\ntags = ["x", "y"]\npath = "p"\n[other]\nport = 9'
    )

    settings = load(KettleSettings, "kettle", file, {})

    assert settings == KettleSettings(host="a", port=81, tags=("x", "y"), path=Path("p"))


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, '[kettle]\nhost = "a"\nport = 81')
    environ = {"FARWIRE_KETTLE_PORT": "82", "FARWIRE_KETTLE_VERBOSE": "true", "FARWIRE_KETTLE_TAGS": "x,y"}

    settings = load(KettleSettings, "kettle", file, environ)

    assert settings == KettleSettings(host="a", port=82, verbose=True, tags=("x", "y"))


def test_a_table_of_the_file_or_a_list_of_pairs_becomes_a_dictionary(tmp_path: Path) -> None:
    file = write(tmp_path, '[kettle]\nhost = "a"\n[kettle.cups]\n"Blue one" = "b/1"\nred = "r"')

    of_file = load(KettleSettings, "kettle", file, {})
    of_variable = load(KettleSettings, "kettle", file, {"FARWIRE_KETTLE_CUPS": "green=g,Blue one=b"})

    assert of_file.cups == {"Blue one": Path("b/1"), "red": Path("r")}
    assert of_variable.cups == {"green": Path("g"), "Blue one": Path("b")}


def test_an_empty_variable_unsets_an_optional_setting() -> None:
    settings = load(KettleSettings, "kettle", None, {"FARWIRE_KETTLE_HOST": "a", "FARWIRE_KETTLE_PATH": ""})

    assert settings.path is None


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('[kettle]\nhost = "a"\nprot = 81', "prot"),
        ("[kettle]\nport = 81", "FARWIRE_KETTLE_HOST"),
        ('[kettle]\nhost = "a"\nport = "eighty"', "kettle.port is 'eighty'"),
        ('[kettle]\nhost = "a"\nport = 0', "port is 0"),
        ('[kettle]\nhost = "a"\nport = true', "kettle.port is True"),
        ('[kettle]\nhost = "a"\nverbose = "perhaps"', "kettle.verbose is 'perhaps'"),
        ('[kettle]\nhost = "a"\nunit = "K"', "kettle.unit is 'K'"),
        ('[kettle]\nhost = "a"\ntags = 3', "kettle.tags is 3"),
        ('[kettle]\nhost = "a"\ncups = 3', "kettle.cups is 3, expected a table"),
        ('[kettle]\nhost = "a"\n[kettle.cups]\nred = false', "kettle.cups.red is False"),
        ("[kettle]\nhost = 3", "kettle.host is 3"),
        ("kettle = 3", "expected a table"),
        ("[kettle", "is not TOML"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(tmp_path: Path, text: str, names: str) -> None:
    file = write(tmp_path, text)

    with pytest.raises(SettingsError) as refusal:
        load(KettleSettings, "kettle", file, {})

    assert names in str(refusal.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.toml: cannot be read"):
        load(KettleSettings, "kettle", tmp_path / "nowhere.toml", {})
