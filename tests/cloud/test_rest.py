"""The REST API through a real uvicorn server."""

import json
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from farwire_cloud.rest.errors import CODES
from farwire_cloud.store import keys
from farwire_codecs import configuration
from farwire_codecs.configuration_keys import name_of
from farwire_contract.v1 import telemetry_pb2 as contract
from tests.cloud.examples import (
    EUI,
    OTHER_EUI,
    T0,
    alarm,
    alarms_entry,
    entry,
    named_reading,
    reading,
    record,
    records_entry,
    state_entry,
)
from tests.cloud.memory_table import MemoryTable
from tests.cloud.running import API, Running, eventually, running

MINUTE = 60_000
DEVICE = f"/devices/{EUI}"


@pytest.fixture
def store() -> MemoryTable:
    return MemoryTable()


@pytest.fixture
def cloud(store: MemoryTable, tmp_path: Path) -> Iterator[Running]:
    with running(store, tmp_path / "tls") as found:
        yield found


@pytest.fixture
def plant(cloud: Running) -> Running:
    """Two devices, one with 300 records over five hours."""
    cloud.deliver(records_entry(range(1, 201)), records_entry(range(201, 301)))
    cloud.deliver(
        records_entry([1], OTHER_EUI),
        alarms_entry(alarm(1)),
        state_entry(time_ms=T0 + 301 * MINUTE, oldest_alarm=1),
    )
    eventually(lambda: cloud.get(DEVICE)["records"]["stored"] == 300)
    return cloud


def error_of(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The error of an answer, after its shape was checked."""
    assert answer.status_code == status, answer.text
    document = answer.json()
    assert set(document) == {"error"}
    assert set(document["error"]) == {"code", "message", "details"}
    assert document["error"]["code"] == CODES[status]
    assert isinstance(document["error"]["message"], str)
    for detail in document["error"]["details"]:
        assert set(detail) == {"field", "value", "expected"}
    found: dict[str, Any] = document["error"]
    return found


# Devices and readings


def test_devices_are_listed_with_their_last_values(plant: Running) -> None:
    first, second = plant.get("/devices")["devices"]

    assert (first["dev_eui"], first["name"], first["tags"]) == (EUI, "pump-1", {"hall": "3"})
    values = {(each["channel"], each["name"]): each for each in first["last"]}
    temperature = values[1, "temperatureSensor"]
    assert (temperature["raw"], temperature["values"], temperature["unit"]) == ([500], [50.0], "°C")
    assert (temperature["record"], temperature["time_ms"]) == (300, T0 + 300 * MINUTE)
    assert first["records"]["through"] == 300
    assert [each["condition"] for each in first["alarms"]] == ["HIGH"]
    assert first["radio"]["rssi_dbm"] == -97
    assert first["report"]["reset_reason"] == "power_on"
    assert first["report"]["oldest_alarm"] == 1
    assert second["dev_eui"] == OTHER_EUI


def test_devices_come_in_pages(plant: Running) -> None:
    first = plant.get("/devices", limit=1)
    second = plant.get("/devices", limit=1, after=first["after"])

    assert [each["dev_eui"] for each in first["devices"] + second["devices"]] == [EUI, OTHER_EUI]
    assert second["after"] is None


def test_readings_of_a_period_and_a_channel(plant: Running) -> None:
    found = plant.get(DEVICE + "/readings", channel=1, **{"from": T0 + 100 * MINUTE, "to": T0 + 102 * MINUTE})

    assert found["source"] == "records"
    assert [(each["record"], each["values"], each["unit"]) for each in found["readings"]] == [
        (100, [30.0], "°C"),
        (101, [30.1], "°C"),
        (102, [30.2], "°C"),
    ]
    assert found["cursor"] is None


def test_times_may_be_iso_8601(plant: Running) -> None:
    as_text = plant.get(
        DEVICE + "/readings", **{"from": "2026-07-25T17:20:00Z", "to": "2026-07-25T19:22:00+02:00"}
    )

    assert T0 == 1_785_000_000_000  # 2026-07-25 17:20 UTC
    assert {each["record"] for each in as_text["readings"]} == {1, 2}


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("bounds", [{}, {"from": T0 + 30 * MINUTE, "to": T0 + 250 * MINUTE}])
def test_pages_of_readings_put_together_are_the_whole(
    plant: Running, order: str, bounds: dict[str, int]
) -> None:
    whole = plant.get(DEVICE + "/readings", limit=1000, order=order, **bounds)["readings"]
    found: list[Any] = []
    cursor = None
    while True:
        given: dict[str, Any] = {"cursor": cursor} if cursor else {}
        page = plant.get(DEVICE + "/readings", limit=37, order=order, **bounds, **given)
        assert len(page["readings"]) <= 37
        found += page["readings"]
        cursor = page["cursor"]
        if cursor is None:
            break

    assert found == whole
    numbers = [each["record"] for each in found[::2]]
    expected = [n for n in range(1, 301) if not bounds or 30 <= n <= 250]
    assert numbers == (expected if order == "asc" else expected[::-1])


def test_late_records_are_found_by_their_own_time(plant: Running) -> None:
    plant.deliver(entry(records=contract.Records(records=[record(301, time_ms=T0 - 50 * 3_600_000)])))

    found = plant.get(DEVICE + "/readings", to=T0 - MINUTE)["readings"]

    assert {each["record"] for each in found} == {301}


def test_live_values_are_the_readings_of_a_device_without_records(cloud: Running) -> None:
    for n in range(5):
        cloud.deliver(
            entry(
                time_ms=T0 + n,
                identity=f"l{n}",
                live=contract.LiveValues(readings=[reading(4, 116, [330 + n])]),
            )
        )
    eventually(lambda: cloud.get(DEVICE)["last"])

    first = cloud.get(DEVICE + "/readings", limit=3)
    second = cloud.get(DEVICE + "/readings", limit=3, cursor=first["cursor"])

    assert first["source"] == "live"
    assert [each["values"] for each in first["readings"] + second["readings"]] == [
        [3.3],
        [3.31],
        [3.32],
        [3.33],
        [3.34],
    ]
    assert second["cursor"] is None


def test_named_readings_of_a_period_and_a_name_come_in_pages(cloud: Running) -> None:
    for minute in range(5):
        named = [named_reading(number=minute), contract.NamedReading(name="mode", text="eco")]
        cloud.deliver(
            entry(time_ms=T0 + minute * MINUTE, identity=f"n{minute}", live=contract.LiveValues(named=named))
        )

    wanted = {"name": "level", "from": T0 + MINUTE, "limit": 3, "order": "desc"}

    first = cloud.get(f"{DEVICE}/named", **wanted)
    second = cloud.get(f"{DEVICE}/named", **wanted, cursor=first["cursor"])
    every = cloud.get(f"{DEVICE}/named")["readings"]

    assert [each["value"] for each in first["readings"] + second["readings"]] == [4, 3, 2, 1]
    assert second["cursor"] is None
    assert len(every) == 10
    assert every[1] == {"name": "mode", "unit": "", "value": "eco", "time_ms": T0}
    assert cloud.get(DEVICE)["named"] == [
        {"name": "level", "unit": "cm", "value": 4.0, "time_ms": T0 + 4 * MINUTE},
        {"name": "mode", "unit": "", "value": "eco", "time_ms": T0 + 4 * MINUTE},
    ]


def test_values_with_axes_are_named(cloud: Running) -> None:
    position = reading(9, 136, [423_519, -879_094, 1000])
    cloud.deliver(entry(live=contract.LiveValues(readings=[position, reading(8, 199, [5])])))
    eventually(lambda: cloud.get(DEVICE)["last"])

    unknown, gps = cloud.get(DEVICE)["last"]

    assert gps["axes"] == ["latitude", "longitude", "altitude"]
    assert gps["values"] == [42.3519, -87.9094, 10.0]
    assert (unknown["name"], unknown["values"]) == ("type199", [5.0])


def test_records_are_read_by_number_for_audits(plant: Running) -> None:
    found: list[Any] = []
    after: int | None = 0
    while after is not None:
        page = plant.get(DEVICE + "/records", after=after, limit=120)
        found += page["records"]
        after = page["after"]

    assert [each["number"] for each in found] == list(range(1, 301))
    assert found[4]["time_ms"] == T0 + 5 * MINUTE
    assert [(r["channel"], r["type"], r["raw"]) for r in found[4]["readings"]] == [
        (1, 103, [205]),
        (2, 104, [5]),
    ]


def test_alarms_of_one_device_and_of_all(plant: Running) -> None:
    plant.deliver(alarms_entry(alarm(2, channel=2), alarm(3, channel=2, active=False)))

    of_one = plant.get(DEVICE + "/alarms")["alarms"]
    active = plant.get("/alarms")["alarms"]
    over = plant.get("/alarms", active=False)["alarms"]

    assert [(each["number"], each["active"]) for each in of_one] == [(3, False), (2, True), (1, True)]
    assert [(each["dev_eui"], each["channel"], each["condition"]) for each in active] == [(EUI, 1, "HIGH")]
    assert active[0]["value"]["values"] == [90.1]
    assert [each["channel"] for each in over] == [2]


def test_pages_of_alarms(plant: Running) -> None:
    plant.deliver(alarms_entry(*(alarm(n) for n in range(2, 8))))

    first = plant.get(DEVICE + "/alarms", limit=4)
    second = plant.get(DEVICE + "/alarms", limit=4, before=first["before"])

    assert [each["number"] for each in first["alarms"] + second["alarms"]] == [7, 6, 5, 4, 3, 2, 1]


def test_refused_frames_and_events_are_shown(plant: Running) -> None:
    plant.deliver(
        entry(refused=contract.Refused(reason="TruncatedError", detail="cut")),
        entry(joined=contract.Joined(dev_addr="01020304")),
    )

    (refusal,) = plant.get(DEVICE + "/refusals")["refusals"]
    (event,) = plant.get(DEVICE + "/events")["events"]

    assert (refusal["reason"], refusal["payload_hex"]) == ("TruncatedError", "0102")
    assert (event["kind"], event["content"]) == ("joined", {"dev_addr": "01020304"})


def piece(
    at_ms: int, number: int, offset: int, data: bytes, last: bool = False, kind: int = 0
) -> contract.Entry:
    """A piece of a log, in a frame of its own."""
    found = contract.LogPiece(kind=kind, number=number, offset=offset, last=last, data=data)
    return entry(time_ms=T0 + at_ms, identity=f"p{at_ms}", log_piece=found)


def test_a_log_is_put_together_from_pieces_in_any_order_and_repeated(plant: Running) -> None:
    plant.deliver(piece(3, 7, 12, b"joined\n", last=True), piece(1, 7, 0, b"12 W st"))
    plant.deliver(piece(2, 7, 7, b"arted"), piece(1, 7, 0, b"12 W st"))
    plant.deliver(piece(9, 8, 0, b"crash \xc3\xa4\n", last=True, kind=1))

    crash, log = plant.get(DEVICE + "/logs")["logs"]

    assert (log["report"], log["number"], log["whole"]) == ("log", 7, True)
    assert (log["text"], log["time_ms"]) == ("12 W startedjoined\n", T0 + 3)
    assert (crash["report"], crash["lines"], crash["missing"]) == ("crash_report", ["crash \u00e4"], [])
    assert len(plant.get(DEVICE + "/logs", limit=1)["logs"]) == 1


def test_a_log_that_came_in_part_says_what_is_missing(plant: Running) -> None:
    plant.deliver(piece(1, 7, 0, b"ab"), piece(2, 7, 5, b"fg"))

    (log,) = plant.get(DEVICE + "/logs")["logs"]

    assert (log["text"], log["whole"]) == ("ab", False)
    assert log["missing"] == [{"first": 2, "end": 5}, {"first": 7, "end": None}]


def test_a_number_that_a_node_gives_anew_begins_another_log(plant: Running) -> None:
    plant.deliver(piece(1, 0, 0, b"old life", last=True), piece(2, 0, 0, b"new", last=True))

    assert [log["text"] for log in plant.get(DEVICE + "/logs")["logs"]] == ["new", "old life"]


@pytest.mark.parametrize(
    "fields",
    [{"kind": 2}, {"number": 65_536}, {"offset": 65_536}, {"data": b"x" * 256}, {"offset": 1, "data": b""}],
)
def test_a_piece_that_no_report_has_is_refused(plant: Running, fields: dict[str, Any]) -> None:
    facts = {"kind": 0, "number": 1, "offset": 0, "data": b"x", **fields}

    answer = plant.deliver(entry(log_piece=contract.LogPiece(**facts)))

    assert answer.results[0].status == contract.REFUSED
    assert plant.get(DEVICE + "/logs")["logs"] == []


def test_logs_of_a_device_that_nobody_heard_of_are_not_found(plant: Running) -> None:
    error_of(plant.api.get(f"{API}/devices/{'f' * 16}/logs"), 404)


@pytest.mark.parametrize(
    ("fields", "kind", "offset"),
    [({}, 0, 0), ({"report": "crash_report"}, 1, 0), ({"report": "log", "offset": 300}, 0, 300)],
)
def test_a_log_is_asked_for_by_a_command(plant: Running, fields: Any, kind: int, offset: int) -> None:
    answer = plant.api.post(f"{API}{DEVICE}/commands", json={"command": "send_log", **fields})

    assert answer.status_code == 202, answer.text
    expected = {"number": 1, "command": "send_log", "channel": None, "value": None}
    expected |= {"report": ("log", "crash_report")[kind], "offset": offset, "what": None}
    assert answer.json()["command"] == expected
    (order,) = plant.get(DEVICE + "/orders")["orders"]
    assert order["command"] == expected


@pytest.mark.parametrize("confirm", [EUI, EUI.upper()])
def test_an_erasure_is_ordered_of_what_is_named_and_confirmed(plant: Running, confirm: str) -> None:
    body = {"command": "erase", "what": ["logs", "records"], "confirm": confirm}

    answer = plant.api.post(f"{API}{DEVICE}/commands", json=body)

    assert answer.status_code == 202, answer.text
    (order,) = plant.get(DEVICE + "/commands")["orders"]
    assert (order["command"]["command"], order["command"]["what"]) == ("erase", ["records", "logs"])
    assert "confirm" not in order["command"]


def test_stats_add_up(plant: Running) -> None:
    eventually(lambda: plant.get("/stats")["records"] == 301)
    stats = plant.get("/stats")

    assert (stats["devices"], stats["active_alarms"], stats["missing"]) == (2, 1, 0)
    assert stats["newest_ms"] == T0 + 301 * MINUTE
    assert stats["counters"]["records_stored"] == 301
    assert stats["counters"]["http_2xx"] > 0


# Commands


def test_a_commands_fate_is_followed_with_times(plant: Running) -> None:
    answer = plant.api.post(
        f"{API}{DEVICE}/commands", json={"command": "set_output", "channel": 3, "value": 1}
    )
    assert answer.status_code == 202
    order = answer.json()
    assert (order["fate"], order["command"]) == (
        "queued",
        {
            "number": 1,
            "command": "set_output",
            "channel": 3,
            "value": 1.0,
            "report": None,
            "offset": None,
            "what": None,
        },
    )
    assert order["created_by"] == "bootstrap"

    for fate in (contract.ACCEPTED, contract.ENQUEUED, contract.SENT):
        plant.deliver(
            entry(
                time_ms=T0 + fate, fate=contract.OrderFate(order_id=order["order_id"], fate=fate, attempt=1)
            )
        )
    assert plant.get(f"{DEVICE}/commands/{order['order_id']}")["fate"] == "sent"
    plant.deliver(
        entry(time_ms=T0 + 9, answer=contract.CommandAnswer(command_number=1, result=contract.DONE))
    )

    (found,) = plant.get(DEVICE + "/commands")["orders"]
    assert found["fate"] == "acknowledged"
    assert [(step["step"], step["time_ms"]) for step in found["history"][1:]] == [
        ("accepted", T0 + 1),
        ("enqueued", T0 + 2),
        ("sent", T0 + 3),
        ("done", T0 + 9),
    ]


def test_pages_of_commands_leave_configurations_out(plant: Running) -> None:
    made = []
    for n in range(7):
        made.append(plant.api.post(f"{API}{DEVICE}/commands", json={"command": "report_state"}).json())
        plant.api.put(
            f"{API}{DEVICE}/configuration",
            json={"settings": [{"key": "sampling_interval_s", "value": n + 1}]},
        )

    found: list[Any] = []
    before = ""
    while True:
        page = plant.get(DEVICE + "/commands", limit=3, before=before)
        found += page["orders"]
        before = page["before"]
        if before is None:
            break

    assert [each["order_id"] for each in found] == [each["order_id"] for each in reversed(made)]
    assert len(plant.get(DEVICE + "/orders")["orders"]) == 14


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "command"),
        ({"command": "explode"}, "command"),
        ({"command": "set_output", "value": 1}, "channel"),
        ({"command": "set_output", "channel": 1}, "value"),
        ({"command": "set_output", "channel": 256, "value": 1}, "channel"),
        ({"command": "set_output", "channel": 1, "value": 327.68}, "value"),
        ({"command": "set_output", "channel": 1, "value": "NaN"}, "value"),
        ({"command": "reboot", "channel": 1}, "channel"),
        ({"command": "reboot", "value": 1}, "value"),
        ({"command": "reboot", "report": "log"}, "report"),
        ({"command": "set_output", "channel": 1, "value": 1, "offset": 0}, "offset"),
        ({"command": "send_log", "report": "diary"}, "report"),
        ({"command": "send_log", "offset": 65_536}, "offset"),
        ({"command": "send_log", "channel": 1}, "channel"),
        ({"command": "erase", "what": ["logs"]}, "confirm"),
        ({"command": "erase", "what": ["logs"], "confirm": "yes"}, "confirm"),
        ({"command": "erase", "what": ["logs"], "confirm": "f" * 16}, "confirm"),
        ({"command": "erase", "confirm": EUI}, "what"),
        ({"command": "erase", "what": [], "confirm": EUI}, "what"),
        ({"command": "erase", "what": ["logs", "logs"], "confirm": EUI}, "what"),
        ({"command": "erase", "what": ["all"], "confirm": EUI}, "what.0"),
        ({"command": "reboot", "confirm": EUI}, "confirm"),
        ({"command": "reboot", "expires_in_s": 1}, "expires_in_s"),
        ({"command": "reboot", "attempts": 0}, "attempts"),
        ({"command": "reboot", "colour": "red"}, "colour"),
        ([], "body"),
    ],
)
def test_a_bad_command_is_refused_by_name_and_orders_nothing(
    plant: Running, body: object, field: str
) -> None:
    error = error_of(plant.api.post(f"{API}{DEVICE}/commands", json=body), 422)

    assert error["details"][0]["field"] == field
    assert plant.get(DEVICE + "/orders")["orders"] == []


# Configuration


def test_a_configuration_becomes_in_sync_by_the_nodes_own_report(plant: Running) -> None:
    before = plant.get(DEVICE + "/configuration")
    assert (before["desired"], before["in_sync"]) == (None, None)

    answer = plant.api.put(
        f"{API}{DEVICE}/configuration",
        json={
            "settings": [
                {"key": "sampling_interval_s", "value": 30},
                {"key": "high", "index": 1, "value": 300},
            ]
        },
    )
    assert answer.status_code == 202, answer.text
    wanted = answer.json()
    assert (wanted["in_sync"], wanted["order"]["fate"]) == (False, "queued")
    document = configuration.canonical(
        [
            configuration.Setting(configuration.SAMPLING_INTERVAL_S, None, 30),
            configuration.Setting(configuration.HIGH, 1, 300),
        ]
    )
    assert int(wanted["desired"]["hash"], 16) == configuration.document_hash(document)

    plant.deliver(
        state_entry(
            hash_=configuration.document_hash(document), time_ms=T0 + 400 * MINUTE, oldest=301, upcoming=301
        )
    )

    found = plant.get(DEVICE + "/configuration")
    assert (found["in_sync"], found["order"]["fate"]) == (True, "acknowledged")
    assert found["reported"]["settings"] == found["desired"]["settings"]


def test_settings_that_are_not_named_stay_and_null_takes_one_back(plant: Running) -> None:
    def put(*settings: dict[str, Any]) -> Any:
        return plant.api.put(f"{API}{DEVICE}/configuration", json={"settings": settings}).json()["desired"]

    put({"key": "sampling_interval_s", "value": 30}, {"key": "low", "index": 2, "value": -5})
    found = put({"key": "reporting_interval_s", "value": 900}, {"key": "sampling_interval_s", "value": None})

    assert found["settings"] == [
        {"key": "reporting_interval_s", "scope": "node", "index": None, "value": 900, "unit": "s"},
        {"key": "low", "scope": "channel", "index": 2, "value": -5, "unit": "raw"},
    ]


def test_a_newer_configuration_supersedes_an_open_one(plant: Running) -> None:
    put = f"{API}{DEVICE}/configuration"
    first = plant.api.put(put, json={"settings": [{"key": "sampling_interval_s", "value": 30}]}).json()
    second = plant.api.put(put, json={"settings": [{"key": "sampling_interval_s", "value": 40}]}).json()

    found = plant.get(f"{DEVICE}/orders/{first['order']['order_id']}")
    assert found["fate"] == "superseded"
    assert second["order"]["order_id"] in found["detail"]


def test_asking_for_the_same_again_orders_nothing_new(plant: Running) -> None:
    put = f"{API}{DEVICE}/configuration"
    body = {"settings": [{"key": "sampling_interval_s", "value": 30}]}
    first, second = plant.api.put(put, json=body).json(), plant.api.put(put, json=body).json()

    assert first["order"] == second["order"]


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ([], "settings"),
        ([{"key": "colour", "value": 1}], "settings[0].key"),
        ([{"key": "sampling_interval_s", "value": 0}], "settings[0].value"),
        ([{"key": "sampling_interval_s", "value": 86_401}], "settings[0].value"),
        ([{"key": "sampling_interval_s", "value": True}], "settings[0].value"),
        ([{"key": "sampling_interval_s", "index": 1, "value": 5}], "settings[0].index"),
        ([{"key": "high", "value": 5}], "settings[0].index"),
        ([{"key": "high", "index": 256, "value": 5}], "settings[0].index"),
        ([{"key": "high", "index": True, "value": 5}], "settings.0.index"),
        ([{"key": "high", "index": 1, "value": 1 << 32}], "settings[0].value"),
        ([{"key": "high", "index": 1, "value": 0.5}], "settings[0].value"),
        ([{"key": "high", "index": 1, "value": "x"}], "settings[0].value"),
        ([{"key": "high", "index": 1, "value": {}}], "settings[0].value"),
        ([{"key": "adr", "value": 1}], "settings[0].value"),
        ([{"key": "radio_class", "value": "B"}], "settings[0].value"),
        ([{"key": "server_host", "index": 1, "value": ""}], "settings[0].value"),
        ([{"key": "server_password", "index": 1, "value": "********"}], "settings[0].value"),
        ([{"key": "adr", "value": True}, {"key": "adr", "value": []}], "settings[1].value"),
        ([{"value": 5}], "settings.0.key"),
        ("x", "settings"),
    ],
)
def test_a_bad_setting_is_refused_by_name_and_changes_nothing(
    plant: Running, settings: object, field: str
) -> None:
    answer = plant.api.put(f"{API}{DEVICE}/configuration", json={"settings": settings})

    assert error_of(answer, 422)["details"][0]["field"] == field
    assert plant.get(DEVICE + "/configuration")["desired"] is None


def test_values_of_every_kind_are_shown_as_they_were_written(plant: Running) -> None:
    wanted = [
        {"key": "priority", "scope": "channel", "index": 3, "value": "high", "unit": ""},
        {"key": "sensor_enabled", "scope": "sensor", "index": 2, "value": False, "unit": ""},
        {"key": "adr", "scope": "node", "index": None, "value": True, "unit": ""},
        {"key": "server_host", "scope": "server", "index": 1, "value": "mqtt.example", "unit": ""},
        {"key": "server_port", "scope": "server", "index": 1, "value": 8883, "unit": ""},
    ]
    settings = [{name: each[name] for name in ("key", "index", "value")} for each in wanted]

    answer = plant.api.put(f"{API}{DEVICE}/configuration", json={"settings": settings})

    assert answer.json()["desired"]["settings"] == wanted


def test_a_secret_goes_to_the_node_and_to_nobody_else(
    plant: Running, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = {"key": "server_password", "index": 1, "value": "correct horse"}
    put = f"{API}{DEVICE}/configuration"

    answers = [
        plant.api.put(put, json={"settings": [secret]}),
        plant.api.put(put, json={"settings": [secret | {"value": "correct horse" * 9}]}),
        plant.api.put(put, json={"settings": [{"key": "colour"}, secret]}),
        plant.api.put(put, json={"settings": [secret | {"value": ["correct horse"]}]}),
    ]
    answers += [plant.api.get(f"{API}{DEVICE}/{what}") for what in ("configuration", "orders")]
    for role in ("viewer", "operator", "admin"):
        answers.append(plant.api.get(put, headers=key_of(plant, role)))

    assert [answer.status_code for answer in answers] == [202, 422, 422, 422, 200, 200, 200, 200, 200]
    assert answers[-1].json()["desired"]["settings"][0]["value"] == "********"
    assert [answer.text for answer in answers if "correct horse" in answer.text] == []
    assert "correct horse" not in caplog.text


def test_the_document_of_the_api_lists_every_setting(plant: Running) -> None:
    document = plant.api.get(f"{API}/openapi.json").json()
    alternatives = document["components"]["schemas"]["NewSetting"]["oneOf"]

    assert [each["properties"]["key"]["const"] for each in alternatives] == [
        name_of(key) for key in configuration.KEYS.values()
    ]


# Keys and roles


def key_of(cloud: Running, role: str, name: str = "ann") -> dict[str, str]:
    """The header of a new key."""
    answer = cloud.api.post(f"{API}/keys", json={"name": name, "role": role})
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json()['key']}"}


def test_a_key_is_kept_only_as_a_hash(cloud: Running, store: MemoryTable) -> None:
    text = cloud.api.post(f"{API}/keys", json={"name": "ann", "role": "viewer"}).json()["key"]

    assert text.rpartition("_")[2] not in str(store.items)
    assert text not in str(cloud.get("/keys"))
    assert [(each["name"], each["role"]) for each in cloud.get("/keys")["keys"]] == [("ann", "viewer")]


def test_roles_allow_what_they_should(plant: Running) -> None:
    command = {"command": "report_state"}
    for role, reads, orders, administers in (
        ("viewer", 200, 403, 403),
        ("operator", 200, 202, 403),
        ("admin", 200, 202, 200),
    ):
        headers = key_of(plant, role)
        assert plant.api.get(f"{API}/devices", headers=headers).status_code == reads
        posted = plant.api.post(f"{API}{DEVICE}/commands", json=command, headers=headers)
        assert posted.status_code == orders
        configured = plant.api.put(
            f"{API}{DEVICE}/configuration",
            json={"settings": [{"key": "sampling_interval_s", "value": 9}]},
            headers=headers,
        )
        assert configured.status_code == orders
        assert plant.api.get(f"{API}/keys", headers=headers).status_code == administers


def test_a_command_says_whose_key_ordered_it(plant: Running) -> None:
    headers = key_of(plant, "operator", name="Bea")

    answer = plant.api.post(f"{API}{DEVICE}/commands", json={"command": "reboot"}, headers=headers)

    assert answer.json()["created_by"] == "Bea"


def test_the_key_may_come_as_x_api_key(plant: Running) -> None:
    text = key_of(plant, "viewer")["Authorization"].removeprefix("Bearer ")
    with httpx.Client(base_url=plant.api.base_url) as bare:
        assert bare.get(f"{API}/devices", headers={"X-API-Key": text}).status_code == 200


def test_a_revoked_key_is_unknown(cloud: Running) -> None:
    headers = key_of(cloud, "viewer")
    (key,) = cloud.get("/keys")["keys"]

    assert cloud.api.delete(f"{API}/keys/{key['key_id']}").status_code == 204

    error_of(cloud.api.get(f"{API}/devices", headers=headers), 401)
    error_of(cloud.api.delete(f"{API}/keys/{key['key_id']}"), 404)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic dXNlcjpwYXNz"},
        {"Authorization": "Bearer fw_0123456789ab_"},
        {"Authorization": "Bearer fw_0123456789ab_secret"},
        {"X-API-Key": "x" * 5000},
        {"X-API-Key": "fw_%%%%%%%%%%%%_secret"},
    ],
)
@pytest.mark.parametrize("path", ["/devices", "/stats", "/events", "/keys", f"{DEVICE}/readings"])
def test_an_unknown_key_sees_nothing(cloud: Running, headers: dict[str, str], path: str) -> None:
    with httpx.Client(base_url=cloud.api.base_url) as bare:
        answer = bare.get(API + path, headers=headers)

    error_of(answer, 401)
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_every_route_but_the_page_and_the_health_needs_a_key(cloud: Running) -> None:
    paths = cloud.api.get(f"{API}/openapi.json").json()["paths"]
    assert len(paths) >= 15
    with httpx.Client(base_url=cloud.api.base_url) as bare:
        for path, methods in paths.items():
            for method in methods:
                filled = path.format(dev_eui=EUI, order_id="x", key_id="x")
                assert bare.request(method, filled).status_code == 401, (method, path)


# Bad input


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/devices?limit=0", "limit"),
        ("/devices?limit=1001", "limit"),
        ("/devices?limit=x", "limit"),
        ("/devices?after=XYZ", "after"),
        ("/devices/70B3D57ED0000001", "dev_eui"),
        (f"{DEVICE}/readings?channel=256", "channel"),
        (f"{DEVICE}/readings?from=yesterday", "from"),
        (f"{DEVICE}/readings?to=99999999999999999999", "to"),
        (f"{DEVICE}/readings?from=20&to=10", "from"),
        (f"{DEVICE}/readings?cursor=zzz", "cursor"),
        (f"{DEVICE}/readings?order=up", "order"),
        (f"{DEVICE}/records?after=-1", "after"),
        (f"{DEVICE}/alarms?before=x", "before"),
    ],
)
def test_a_bad_parameter_is_named_with_its_value_and_what_was_expected(
    plant: Running, path: str, field: str
) -> None:
    error = error_of(plant.api.get(API + path), 422)

    detail = error["details"][0]
    assert detail["field"] == field
    assert detail["value"]
    assert detail["expected"]


@pytest.mark.parametrize(
    "path", ["", "/readings", "/records", "/alarms", "/commands", "/orders/x", "/configuration", "/events"]
)
def test_an_unknown_device_is_not_found(plant: Running, path: str) -> None:
    error_of(plant.api.get(f"{API}/devices/ffffffffffffffff{path}"), 404)


def test_nothing_is_ordered_of_an_unknown_device(plant: Running, store: MemoryTable) -> None:
    before = dict(store.items)

    unknown = f"{API}/devices/ffffffffffffffff"
    error_of(plant.api.post(f"{unknown}/commands", json={"command": "reboot"}), 404)
    settings = {"settings": [{"key": "sampling_interval_s", "value": 5}]}
    error_of(plant.api.put(f"{unknown}/configuration", json=settings), 404)

    assert store.items == before


def test_an_unknown_route_and_a_wrong_method_have_the_same_shape(cloud: Running) -> None:
    error_of(cloud.api.get("/nothing"), 404)
    error_of(cloud.api.get(f"{API}/nothing"), 404)
    error_of(cloud.api.delete(f"{API}/devices"), 405)


def test_a_body_that_is_no_json_is_malformed(plant: Running) -> None:
    answer = plant.api.post(
        f"{API}{DEVICE}/commands", content=b"{not json", headers={"Content-Type": "application/json"}
    )

    error_of(answer, 400)


def test_a_body_with_a_number_that_is_none_is_refused(plant: Running) -> None:
    answer = plant.api.post(
        f"{API}{DEVICE}/commands",
        content=b'{"command": "set_output", "channel": 1, "value": NaN}',
        headers={"Content-Type": "application/json"},
    )

    assert answer.status_code in (400, 422)


def test_an_oversized_body_is_refused_declared_or_not(plant: Running) -> None:
    huge = b'{"command": "' + b"x" * 70_000 + b'"}'

    error_of(plant.api.post(f"{API}{DEVICE}/commands", content=huge), 413)
    in_pieces = (huge[start : start + 1000] for start in range(0, len(huge), 1000))
    error_of(plant.api.post(f"{API}{DEVICE}/commands", content=in_pieces), 413)


def test_a_store_that_is_away_is_said_so(plant: Running, store: MemoryTable) -> None:
    store.fail_after = 0
    answer = plant.api.get(f"{API}/devices")
    health = plant.api.get("/health")
    store.fail_after = None

    error_of(answer, 503)
    assert answer.headers["Retry-After"] == "2"
    error_of(health, 503)
    assert plant.api.get("/health").json() == {"status": "ok"}


def test_an_unforeseen_fault_has_the_same_shape_and_tells_nothing(plant: Running, store: MemoryTable) -> None:
    store.items[keys.state(EUI)] = {"pk": f"D#{EUI}", "sk": "META", "seen": "nonsense"}

    error = error_of(plant.api.get(API + DEVICE), 500)

    assert "nonsense" not in error["message"]


# The live stream


def test_what_arrives_is_told_at_once(cloud: Running) -> None:
    told: list[tuple[str, dict[str, Any]]] = []
    listening = threading.Event()

    def listen() -> None:
        with cloud.api.stream("GET", f"{API}/events", timeout=20) as answer:
            assert answer.headers["Content-Type"].startswith("text/event-stream")
            name = ""
            for line in answer.iter_lines():
                listening.set()
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    told.append((name, json.loads(line.removeprefix("data: "))))
                    if len(told) == 3:
                        return

    listener = threading.Thread(target=listen)
    listener.start()
    assert listening.wait(10)
    cloud.deliver(records_entry([1, 2]), alarms_entry(alarm(1)))
    cloud.api.post(f"{API}{DEVICE}/commands", json={"command": "reboot"})
    listener.join(10)

    assert [name for name, _ in told] == ["records", "alarms", "order"]
    assert told[0][1]["numbers"] == [1, 2]
    assert told[0][1]["name"] == "pump-1"
    assert {each["record"] for each in told[0][1]["last"]} == {2}
    assert told[1][1]["alarms"][0]["condition"] == "HIGH"
    assert told[2][1]["fate"] == "queued"


def test_a_stream_does_not_hold_up_the_end_of_the_service(store: MemoryTable, tmp_path: Path) -> None:
    with (
        running(store, tmp_path / "tls") as cloud,
        cloud.api.stream("GET", f"{API}/events", timeout=20) as answer,
    ):
        lines = answer.iter_lines()
        next(lines)
        cloud.service.stop()
        assert list(lines) == [""]


def test_the_openapi_document_is_whole(cloud: Running) -> None:
    document = cloud.api.get(f"{API}/openapi.json").json()

    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["description"], (method, path)
