"""The page at `/` in a real Chromium."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from farwire_contract.v1 import telemetry_pb2 as contract
from tests.cloud.browser import Browser, chromium
from tests.cloud.examples import (
    OTHER_EUI,
    T0,
    alarm,
    alarms_entry,
    entry,
    named_reading,
    reading,
    record,
    records_entry,
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
        for name in ("", *(f"page/{each}" for each in files), "page/api.js", "page/chart.js", "page/view.js"):
            answer = bare.get(f"/{name}")
            assert answer.status_code == 200, name
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            assert "://" not in answer.text.replace("http://www.w3.org/2000/svg", ""), name
        assert bare.get("/page/settings.py").status_code == 404
        assert bare.get("/page/..%2Fsettings.py").status_code == 404
