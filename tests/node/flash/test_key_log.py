"""Values in flash: the last one of each key, whatever happens; all sectors wear alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_codecs.alarm import HIGH
from farwire_node.alarms.alarm_store import AlarmStore
from farwire_node.alarms.detector import Change
from farwire_node.errors import StorageError
from farwire_node.flash.device import RamFlash
from farwire_node.flash.key_log import KeyLog

SAVES = st.lists(
    st.tuples(st.sampled_from(["a", "configuration", "k" * 40, "session"]), st.binary(max_size=50))
)


@given(SAVES, st.integers(1, 7))
def test_the_last_value_of_each_key_is_there_after_any_restart(
    saves: list[tuple[str, bytes]], every: int
) -> None:
    flash = RamFlash(4, 512)
    storage = KeyLog(flash)
    model: dict[str, bytes] = {}
    for index, (key, value) in enumerate(saves):
        storage.save(key, value)
        model[key] = value
        if not index % every:
            storage = KeyLog(flash)
        for known in ("a", "configuration", "k" * 40, "session"):
            assert storage.load(known) == model.get(known)


def test_all_sectors_are_erased_alike_also_when_some_values_never_change() -> None:
    flash = RamFlash(6, 512)
    storage = KeyLog(flash)
    storage.save("configuration", bytes(300))
    for count in range(20_000):
        storage.save("counter", count.to_bytes(4, "big"))

    assert max(flash.erases) - min(flash.erases) <= 1
    assert min(flash.erases) > 50
    assert KeyLog(flash).load("configuration") == bytes(300)


def test_a_value_that_is_there_already_costs_nothing() -> None:
    flash = RamFlash(3, 512)
    storage = KeyLog(flash)
    storage.save("key", b"value")
    before = bytes(flash.memory)

    storage.save("key", b"value")

    assert flash.memory == before


@pytest.mark.parametrize("size", [500, 2000])
def test_a_value_without_room_is_refused_and_the_old_one_stays(size: int) -> None:
    storage = KeyLog(RamFlash(4, 512))
    storage.save("key", b"old")

    with pytest.raises(StorageError, match="value of key makes"):
        storage.save("key", bytes(size))
    assert storage.load("key") == b"old"


def test_many_values_that_fill_their_share_can_be_changed_for_ever() -> None:
    flash = RamFlash(6, 512)
    storage = KeyLog(flash)
    model = {}
    for turn in range(300):
        model[f"key {turn % 9}"] = bytes((turn % 256,)) * 90
        storage.save(f"key {turn % 9}", model[f"key {turn % 9}"])

    assert {key: KeyLog(flash).load(key) for key in model} == model


def test_fewer_than_three_sectors_are_refused() -> None:
    with pytest.raises(StorageError, match="expected 3 or more"):
        KeyLog(RamFlash(2, 512))


def test_six_sectors_have_room_for_a_full_log_and_a_full_ring_of_alarms_and_an_alarm_takes_some_bytes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Counting(RamFlash):
        written = 0

        def program(self, offset: int, data: bytes) -> None:
            super().program(offset, data)
            self.written += len(data)

    flash = Counting(6, 4096)
    storage = KeyLog(flash)
    for key, size in (
        ("log", 2_048),
        ("configuration", 900),
        ("trial", 900),
        ("session", 300),
        ("crash_report", 300),
    ):
        storage.save(key, bytes(size))
    alarms = AlarmStore(storage)
    axes = Change(3, 113, HIGH, True, (1, 2, 3))
    for full in range(40):
        alarms.add([axes] * alarms.room, 100)
        assert alarms.room == 0
        storage.save("log", bytes((full,)) * 2_048)
        alarms.acknowledge(alarms.next - 1, 100_000)
    assert max(flash.erases) - min(flash.erases) <= 1

    sizes = []
    for held in (0, 20, 63):
        alarms = AlarmStore(KeyLog(Counting(6, 4096)))
        alarms.add([axes] * held, 100)
        flash = alarms.storage._flash  # type: ignore[attr-defined]
        before = flash.written
        alarms.add([Change(1, 103, HIGH, True, (215,))], 100)
        sizes.append(flash.written - before)
    with capsys.disabled():
        print(f"\nan alarm of one value in a key log: {sizes} bytes while 0, 20 and 63 others are held")
    assert max(sizes) <= 30
