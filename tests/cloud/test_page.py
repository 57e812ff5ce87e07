"""The page at `/` in a real Chromium."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from farwire_contract.v1 import telemetry_pb2 as contract
from tests.cloud.browser import Browser, chromium
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
from tests.cloud.running import ADMIN_KEY, Running, eventually, running

HOSTILE = "valve <img src=x onerror=\"document.title='taken over'\">"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("browser")) as found:
        yield found


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Running]:
    with running(MemoryTable(), tmp_path / "tls") as found:
        found.deliver(records_entry(range(1, 121)))
        moving = entry(
            OTHER_EUI,
            time_ms=T0 + 119 * 60_000,
            identity="m",
            live=contract.LiveValues(readings=[reading(7, 113, [-20, 14, 1004])]),
        )
        moving.device.name = HOSTILE
        found.deliver(moving)
        eventually(lambda: found.get("/stats")["records"] == 120)
        yield found


def opened(browser: Browser, cloud: Running, width: int = 1280, *, dark: bool = False) -> Browser:
    """The page with the key in its address, once it has drawn a chart."""
    browser.emulate(width, 844, dark=dark)
    browser.open("about:blank")
    browser.open(f"{cloud.api.base_url}/#key={ADMIN_KEY}")
    browser.wait("return document.getElementById('plot')?.dataset.points > 0")
    return browser


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_devices_and_their_values_are_shown_on_every_screen(
    browser: Browser, cloud: Running, tmp_path: Path, width: int, dark: bool
) -> None:
    page = opened(browser, cloud, width, dark=dark)

    text = page.text()
    assert "pump-1" in text
    assert "Temperature 1\n32.0 °C" in text
    assert "Humidity 2\n60.0 % RH" in text
    assert "-0.020 / 0.014 / 1.004 g" in text
    assert "120 records" in text.replace("\n", " ")
    overflow = page.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0
    background = page.run("return getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(15, 21, 19)") is dark
    assert page.screenshot(tmp_path / "page.png").stat().st_size > 20_000
    assert page.errors() == []


def test_the_key_leaves_the_address_and_stays_in_the_browser(browser: Browser, cloud: Running) -> None:
    page = opened(browser, cloud)

    assert page.run("return location.href") == f"{cloud.api.base_url}/"
    page.open(f"{cloud.api.base_url}/")
    page.wait("return document.getElementById('plot')?.dataset.points > 0")


def test_a_chart_has_a_point_for_each_reading_of_its_period(browser: Browser, cloud: Running) -> None:
    page = opened(browser, cloud)
    assert page.run("return document.getElementById('plot').dataset.points") == "120"

    page.run("document.querySelector('#ranges button').click()")  # one hour

    page.wait("return document.getElementById('plot').dataset.points === '61'")
    assert "Temperature 1 of pump-1: 61 readings" in page.text()
    assert page.run("return document.querySelectorAll('#plot .curve').length") == 1


def test_choosing_a_device_and_a_channel_draws_them(browser: Browser, cloud: Running) -> None:
    page = opened(browser, cloud)

    page.run("document.querySelectorAll('#series button')[1].click()")
    page.wait("return document.getElementById('history-note').textContent.startsWith('Humidity 2 of pump-1')")
    page.run(f"document.querySelector('[data-eui=\"{OTHER_EUI}\"]').click()")

    page.wait("return document.getElementById('history-note').textContent.startsWith('Accelerometer 7')")
    assert page.run("return document.querySelectorAll('#plot .curve').length") == 3  # its three axes


def test_new_values_and_alarms_appear_without_a_reload(browser: Browser, cloud: Running) -> None:
    page = opened(browser, cloud)
    page.wait("return document.getElementById('link').textContent === 'live'")

    cloud.deliver(entry(time_ms=T0 + 121 * 60_000, records=contract.Records(records=[record(121, raw=-55)])))
    page.wait("return document.body.innerText.includes('-5.5 °C')")
    page.wait("return document.getElementById('plot').dataset.points === '121'")
    cloud.deliver(alarms_entry(alarm(1)))

    page.wait("return document.getElementById('alarms').innerText.includes('High')")
    assert "pump-1, temperature 1" in page.text()
    cloud.deliver(alarms_entry(alarm(2, active=False)))
    page.wait("return document.getElementById('alarms').hidden")


def test_what_a_vendors_codec_named_is_shown_and_drawn(browser: Browser, cloud: Running) -> None:
    def named(minute: int, level: float) -> contract.Entry:
        values = [
            named_reading("tank.level", "cm", level),
            contract.NamedReading(name="mode", text=HOSTILE),
            contract.NamedReading(name="door.open", flag=True),
        ]
        made = entry(
            "70b3d57ed00000fe",
            time_ms=T0 + minute * 60_000,
            identity=f"n{minute}",
            live=contract.LiveValues(named=values),
        )
        made.device.name = "tank"
        return made

    cloud.deliver(named(1, 7.5), named(2, 8))
    page = opened(browser, cloud)
    page.wait("return document.getElementById('link').textContent === 'live'")
    page.run("document.querySelector('[data-eui=\"70b3d57ed00000fe\"]').click()")

    page.run(
        "[...document.querySelectorAll('#series button')].find((b) => b.textContent === 'tank.level').click()"
    )
    page.wait(
        "return document.getElementById('history-note').textContent.startsWith('tank.level of tank: 2')"
    )
    text = page.text()
    assert "tank.level\n8 cm" in text
    assert "door.open\nyes" in text
    assert f"mode\n{HOSTILE}" in text
    cloud.deliver(named(3, 12.25))
    page.wait("return document.body.innerText.includes('12.25 cm')")
    page.wait(
        "return document.getElementById('history-note').textContent.startsWith('tank.level of tank: 3')"
    )


def piece(at_ms: int, number: int, offset: int, data: bytes, *, last: bool, kind: int = 0) -> contract.Entry:
    found = contract.LogPiece(kind=kind, number=number, offset=offset, last=last, data=data)
    return entry(time_ms=T0 + at_ms, identity=f"p{at_ms}", log_piece=found)


def opened_logs(browser: Browser, cloud: Running, width: int = 1280) -> Browser:
    page = opened(browser, cloud, width)
    page.wait("return document.getElementById('link').textContent === 'live'")
    page.run("document.querySelector('#logs summary').click()")
    page.wait("return document.getElementById('logs-list').children.length > 0")
    return page


@pytest.mark.parametrize("width", [1280, 390])
def test_what_a_device_wrote_down_is_shown(browser: Browser, cloud: Running, width: int) -> None:
    crash = b"crash 0badcafe\nuptime_s 31\n" + HOSTILE.encode() + b"\n"
    cloud.deliver(
        piece(1, 4, 0, crash, last=True, kind=1), piece(2, 5, 0, b"12 W started: crash\n", last=False)
    )

    page = opened_logs(browser, cloud, width)

    heads = page.run("return [...document.querySelectorAll('.report h3')].map((each) => each.textContent)")
    assert [head.partition(" · ")[0] for head in heads] == ["Log 5", "Crash report 4"]
    assert heads[0].endswith("in part")
    text = page.text()
    assert "crash 0badcafe\nuptime_s 31" in text
    assert HOSTILE in text
    assert "Did not come: from byte 20 on." in text
    assert page.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    cloud.deliver(piece(3, 5, 20, b"13 W rebooted\n", last=True))
    page.wait("return document.body.innerText.includes('13 W rebooted')")
    assert "Did not come" not in page.text()
    assert page.errors() == []


def test_a_device_is_asked_for_its_log_and_the_fate_of_that_is_told(browser: Browser, cloud: Running) -> None:
    page = opened_logs(browser, cloud)
    assert "None has come yet." in page.text()

    page.run("document.querySelector('[data-report=crash_report]').click()")

    page.wait("return document.getElementById('logs-state').textContent.startsWith('Crash report: waits')")
    (order,) = cloud.get(f"/devices/{EUI}/commands")["orders"]
    assert (order["command"]["command"], order["command"]["report"]) == ("send_log", "crash_report")
    done = contract.CommandAnswer(command_number=order["command"]["number"], result=contract.DONE)
    cloud.deliver(entry(time_ms=T0 + 122 * 60_000, identity="done", answer=done))
    page.wait("return document.getElementById('logs-state').textContent.includes('the device answered')")


def test_a_viewers_key_shows_logs_and_asks_for_none(browser: Browser, cloud: Running) -> None:
    cloud.deliver(piece(1, 5, 0, b"12 W started: power_on\n", last=True))
    made = cloud.api.post("/api/v1/keys", json={"name": "visitor", "role": "viewer"})
    page = opened(browser, cloud)
    page.open("about:blank")
    page.open(f"{cloud.api.base_url}/#key={made.json()['key']}")
    page.wait("return document.getElementById('plot')?.dataset.points > 0")
    page.run("document.querySelector('#logs summary').click()")
    page.wait("return document.body.innerText.includes('12 W started: power_on')")

    page.run("document.querySelector('[data-report=log]').click()")

    page.wait("return /^Log: .*operator/.test(document.getElementById('logs-state').textContent)")
    assert cloud.get(f"/devices/{EUI}/commands")["orders"] == []
    page.errors()  # the 403 that this test is about


def test_a_device_in_safe_mode_is_plain_to_see_until_it_runs_again(browser: Browser, cloud: Running) -> None:
    page = opened(browser, cloud)
    page.wait("return document.getElementById('link').textContent === 'live'")
    assert page.run("return document.getElementById('safe-mode').hidden")

    cloud.deliver(state_entry(time_ms=T0 + 121 * 60_000, reset_reason=8))

    page.wait("return !document.getElementById('safe-mode').hidden")
    card = f"document.querySelector('[data-eui=\"{EUI}\"]').innerText"
    assert "safe mode" in page.run(f"return {card}")
    assert "Safe mode: the device crashed repeatedly" in page.text()
    cloud.deliver(state_entry(time_ms=T0 + 122 * 60_000, reset_reason=4))
    page.wait("return document.getElementById('safe-mode').hidden")
    assert "safe mode" not in page.run(f"return {card}")


def test_a_new_device_appears_by_itself(browser: Browser, cloud: Running) -> None:
    page = opened(browser, cloud)
    page.wait("return document.getElementById('link').textContent === 'live'")
    new = records_entry([1], "70b3d57ed00000ff")
    new.device.name = "newcomer"

    cloud.deliver(new)

    page.wait("return document.body.innerText.includes('newcomer')")


def test_what_a_device_calls_itself_is_text_and_never_markup(browser: Browser, cloud: Running) -> None:
    page = opened(browser, cloud)

    assert HOSTILE in page.text()
    assert page.run("return document.title") == "Farwire"
    assert page.run("return document.querySelectorAll('main img').length") == 0


def test_filtering_leaves_the_devices_that_match(browser: Browser, cloud: Running) -> None:
    page = opened(browser, cloud)

    page.run(
        "const filter = document.getElementById('filter'); filter.value = 'PUMP';"
        "filter.dispatchEvent(new Event('input'))"
    )

    names = page.run("return [...document.querySelectorAll('.device-name')].map((each) => each.textContent)")
    assert names == ["pump-1"]


def test_a_wrong_key_is_asked_for_again(browser: Browser, cloud: Running) -> None:
    browser.open("about:blank")
    browser.open(f"{cloud.api.base_url}/#key=wrong")

    browser.wait("return document.getElementById('key-dialog').open")
    assert "The key is not known here." in browser.text()
    assert "pump-1" not in browser.text()
    browser.run(
        "document.getElementById('key').value = arguments[0];"
        "document.getElementById('key-form').requestSubmit()",
        ADMIN_KEY,
    )
    browser.wait("return document.body.innerText.includes('pump-1')")
    browser.errors()  # the 401 that this test is about


def test_the_page_needs_nothing_from_elsewhere(cloud: Running) -> None:
    with httpx.Client(base_url=cloud.api.base_url) as bare:
        page = bare.get("/")
        files = [part.partition('"')[0] for part in page.text.split('"/page/')[1:]]
        files += ["api.js", "chart.js", "logs.js", "view.js"]
        for name in ("", *(f"page/{each}" for each in files)):
            answer = bare.get(f"/{name}")
            assert answer.status_code == 200, name
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            assert "://" not in answer.text.replace("http://www.w3.org/2000/svg", ""), name
        assert bare.get("/page/settings.py").status_code == 404
        assert bare.get("/page/..%2Fsettings.py").status_code == 404
