"""One TOML file and the environment -> a room's settings dataclass.

The environment wins over the file, the file over the default. The variable of a setting is
`FARWIRE_<ROOM>_<SETTING>`, for example `FARWIRE_BRIDGE_MQTT_HOST`. Lists and tuples are comma separated; a
table (`[bridge.codecs]`) is written as `name=value,name=value`.
"""

import dataclasses
import tomllib
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from farwire.errors import SettingsError

Settings = TypeVar("Settings")


def load(
    cls: type[Settings],
    room: str,
    path: Path | None,
    environ: Mapping[str, str],
    overrides: Mapping[str, Any] | None = None,
) -> Settings:
    """Return `cls` filled from the table `[room]` of the TOML file at `path`, `environ` and `overrides`.

    Raises SettingsError for an unreadable file, an unknown or missing setting, or a value that is not of
    the setting's type (or that the class itself refuses with ValueError).
    """
    values: dict[str, Any] = {}
    hints = typing.get_type_hints(cls)
    fields = {field.name: field for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    for name, value in _table(room, path).items():
        if name not in fields:
            raise SettingsError(f"{path}: [{room}] has no setting {name!r}; known: {', '.join(fields)}")
        values[name] = _converted(value, hints[name], f"{path}: {room}.{name}")
    for name in fields:
        variable = f"FARWIRE_{room}_{name}".upper()
        if variable in environ:
            values[name] = _converted(environ[variable], hints[name], variable)
    values.update(overrides or {})
    missing = [
        name
        for name, field in fields.items()
        if name not in values
        and field.default is dataclasses.MISSING
        and field.default_factory is dataclasses.MISSING
    ]
    if missing:
        variable = f"FARWIRE_{room}_{missing[0]}".upper()
        raise SettingsError(
            f"{room}: {missing[0]} is not set; put it under [{room}] in the settings file or in {variable}"
        )
    try:
        return cls(**values)
    except ValueError as error:
        raise SettingsError(f"{room}: {error}") from error


def _table(room: str, path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: is not TOML: {error}") from error
    table = document.get(room, {})
    if not isinstance(table, dict):
        raise SettingsError(f"{path}: {room} is {table!r}, expected a table [{room}]")
    return table


def _converted(value: Any, hint: Any, where: str) -> Any:
    """Return `value` (from TOML, or text from the environment) as the type `hint` says."""
    origin = typing.get_origin(hint)
    if origin in (types.UnionType, typing.Union):
        options = [option for option in typing.get_args(hint) if option is not type(None)]
        if value == "" and len(options) < len(typing.get_args(hint)):
            return None
        return _converted(value, options[0], where)
    if origin in (tuple, list):
        items = [part for part in value.split(",") if part] if isinstance(value, str) else value
        if not isinstance(items, list):
            raise SettingsError(f"{where} is {value!r}, expected a list")
        return origin(_converted(item, typing.get_args(hint)[0], where) for item in items)
    if origin is dict:
        return _converted_table(value, typing.get_args(hint)[1], where)
    if origin is typing.Literal:
        allowed = typing.get_args(hint)
        if value not in allowed:
            raise SettingsError(f"{where} is {value!r}, expected one of {', '.join(map(str, allowed))}")
        return value
    if hint is bool:
        words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
        known = value if isinstance(value, bool) else words.get(str(value).lower())
        if known is None:
            raise SettingsError(f"{where} is {value!r}, expected true or false")
        return known
    if isinstance(value, bool) or (hint is str and not isinstance(value, str)):
        raise SettingsError(f"{where} is {value!r}, expected {hint.__name__}")
    try:
        return hint(value)
    except (TypeError, ValueError) as error:
        raise SettingsError(f"{where} is {value!r}, expected {hint.__name__}") from error


def _converted_table(value: Any, hint: Any, where: str) -> dict[str, Any]:
    if isinstance(value, str):
        parts = [part.partition("=") for part in value.split(",") if part]
        if not all(name and sign for name, sign, _ in parts):
            raise SettingsError(f"{where} is {value!r}, expected name=value,name=value")
        value = {name: text for name, _, text in parts}
    if not isinstance(value, dict):
        raise SettingsError(f"{where} is {value!r}, expected a table")
    return {name: _converted(each, hint, f"{where}.{name}") for name, each in value.items()}
