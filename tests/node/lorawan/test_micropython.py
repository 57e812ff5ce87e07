"""The MAC on a real MicroPython: known answers, and a whole join with an uplink and a downlink."""

from pathlib import Path

import pytest

from tests import micropython
from tests.node.lorawan import vectors

FOLDER = micropython.NODE / "lorawan"
OURS = sorted(FOLDER.rglob("*.py")) + [
    micropython.NODE / name
    for name in ("steps.py", "link.py", "errors.py", "storage.py", "aes.py", "aes_board.py")
]

KNOWN_ANSWERS = """
from farwire_node.aes import PureAes
from farwire_node.errors import FrameError
from farwire_node.lorawan import airtime, cf_list, frames, join, mac_commands, regions

crypto = PureAes()
raw = bytes.fromhex


def check_frames(rows):
    for row in rows["data_frames"]:
        nwk, app = raw(row["nwk_s_key"]), raw(row["app_s_key"] or "00" * 16)
        frame = frames.decode_data(raw(row["phy"]), nwk, app, row["fcnt"], crypto)
        assert frame.dev_addr == int(row["dev_addr_msb"], 16), row["id"]
        assert frames.encode_data(frame, nwk, app, crypto) == raw(row["phy"]), row["id"]
    for row in rows["join_requests"]:
        request = join.decode_join_request(raw(row["phy"]), raw(row["app_key"]), crypto)
        assert join.encode_join_request(request, raw(row["app_key"]), crypto) == raw(row["phy"]), row["id"]
    for row in rows["join_accepts"]:
        accept = join.decode_join_accept(raw(row["phy_encrypted"]), raw(row["app_key"]), crypto)
        phy = join.encode_join_accept(accept, raw(row["app_key"]), crypto)
        assert phy == raw(row["phy_encrypted"]), row["id"]
    for row in rows["session_keys"]:
        names = ("join_nonce_le", "net_id_le", "dev_nonce_le")
        join_nonce, net_id, dev_nonce = [int.from_bytes(raw(row[name]), "little") for name in names]
        nwk, app = join.session_keys(raw(row["app_key"]), join_nonce, net_id, dev_nonce, crypto)
        assert (nwk, app) == (raw(row["nwk_s_key"]), raw(row["app_s_key"])), row["id"]
    for row in rows["negative"]:
        try:
            frames.decode_data(raw(row["phy"]), raw(row["key"]), bytes(16), 3, crypto)
        except FrameError:
            continue
        raise AssertionError(row["id"])
    for row in rows["cmac_rfc4493"]:
        assert crypto.cmac(raw(row["key"]), raw(row["msg"])) == raw(row["cmac"]), row
    for row in rows["mac_commands"]:
        commands = mac_commands.decode(raw(row["bytes"]), row["direction"] == "up")
        assert mac_commands.encode(commands[0]) == raw(row["bytes"]), row
    for row in rows["cflist"]:
        kind, values = cf_list.decode(raw(row["bytes"]))
        encode = cf_list.encode_masks if kind else cf_list.encode_frequencies
        assert encode(values) == raw(row["bytes"]), row


def check_airtime(rows):
    for row in rows:
        us = airtime.airtime_us(
            row["payload_len"], row["sf"], row["bw_hz"], row["crc"], row["preamble"],
            int(row["coding_rate"][2]), row["explicit_header"], row["ldro"], row["chip"] == "sx126x",
        )
        assert abs(us - row["time_us"]) <= row.get("tolerance_us", 0), row["id"]
"""

SESSION = """
from farwire_node.aes import PureAes
from farwire_node.link import Delivered, Joined, Received, Sending
from farwire_node.lorawan import cf_list, frames, join, mac_commands, regions
from farwire_node.lorawan.mac import Mac
from farwire_node.steps import Listen, Sleep, Transmit
from farwire_node.storage import MemoryStorage

crypto, key = PureAes(), bytes(range(16))
storage = MemoryStorage()
state = [12345]


def random_below(n):
    state[0] = (state[0] * 1103515245 + 12345) & 0x7FFFFFFF
    return state[0] % n


def made():
    return Mac(regions.by_name(REGION), 1, 2, key, crypto, storage, random_below, initial_dr=3)


def run(mac, now_ms, answer):
    # Runs the MAC until it has nothing to do; `answer(frame)` gives the downlink of the first window.
    down = None
    while True:
        step = mac.poll(now_ms)
        if isinstance(step, Transmit):
            now_ms += step.airtime_ms
            down = answer(step.frame)
            mac.on_tx_done(now_ms)
        elif isinstance(step, Listen):
            now_ms = step.until_ms
            if down is None:
                mac.on_listen_end(now_ms)
            else:
                mac.on_frame(down, -90, 7, now_ms)
        elif mac.joined and not mac.busy:
            return now_ms
        else:
            now_ms = step.until_ms


keys = []


def accept(phy):
    request = join.decode_join_request(phy, key, crypto)
    keys.append(join.session_keys(key, 1, 0x13, request.dev_nonce, crypto))
    cf = CF_LIST
    return join.encode_join_accept(join.JoinAccept(1, 0x13, 0x26011234, 0, RX2_DR, 1, cf), key, crypto)


heard = []


def take(phy):
    f_cnt = frames.header(phy).f_cnt16
    frame = frames.decode_data(phy, keys[0][0], keys[0][1], f_cnt, crypto)
    heard.append((frame.port, frame.payload, frame.f_opts))
    down = frames.DataFrame(
        False, False, 0x26011234, True, False, frame.confirmed, False, len(heard) - 1,
        mac_commands.encode(mac_commands.DevStatusReq()), 221, b"order",
    )
    return frames.encode_data(down, keys[0][0], keys[0][1], crypto)


mac = made()
mac.join(0)
now_ms = run(mac, 0, accept)
assert [isinstance(event, Joined) for event in mac.events()] == [True]
assert isinstance(mac.send(1, b"reading", True, False, now_ms), Sending)
now_ms = run(mac, now_ms, take)
assert mac.events() == [Delivered(True), Received(221, b"order")]
mac = made()
assert mac.joined
now_ms = mac.earliest_ms(5, now_ms + 30000, True)
assert isinstance(mac.send(2, b"again", False, True, now_ms), Sending)
now_ms = run(mac, now_ms, take)
assert mac.events() == [Delivered(None), Received(221, b"order")]
mac.suspend(now_ms)
print(heard)
"""


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name if path.parent != FOLDER else path.stem)
def test_module_compiles_for_a_board(path: Path):
    assert micropython.compile_module(path)


def test_known_answers_are_found_on_micropython():
    frames = vectors.load("lorawan_frames.json")
    airtime = vectors.load("airtime.json")
    lora = [row for row in airtime["vectors"] + airtime["derived_rows"] if row["modulation"] == "lora"]

    printed = micropython.run(
        f"{KNOWN_ANSWERS}\ncheck_frames({frames!r})\ncheck_airtime({lora!r})\nprint('all found')",
        [micropython.NODE],
    )

    assert printed.strip() == "all found"


@pytest.mark.parametrize(
    ("region", "rx2_dr", "masks"),
    [
        ("EU868", 0, ()),
        ("US915", 8, (0xFF00, 0, 0, 0, 2)),
        ("AU915", 8, (0xFF00, 0, 0, 0, 2)),
        ("AS923-2", 2, ()),
        ("IN865", 2, ()),
        ("CN470", 0, (0x00FF, 0, 0, 0, 0, 0)),
    ],
    ids=["eu868", "us915", "au915", "as923-2", "in865", "cn470"],
)
def test_device_joins_sends_and_receives_on_micropython(region, rx2_dr, masks):
    cf = f"cf_list.encode_masks({masks!r})" if masks else "cf_list.encode_frequencies((867100000, 867300000))"
    source = SESSION.replace("REGION", repr(region)).replace("RX2_DR", str(rx2_dr)).replace("CF_LIST", cf)

    printed = micropython.run(source, [micropython.NODE])

    assert printed.strip() == "[(1, b'reading', b''), (2, b'again', b'')]"


CLASS_C = """
mac.set_class("C")
step = mac.poll(now_ms)
print(step.until_ms, mac.poll(now_ms).until_ms > now_ms)
order = frames.DataFrame(False, True, 0x26011234, False, False, False, False, 9, b"", 222, b"now")
mac.on_frame(frames.encode_data(order, keys[0][0], keys[0][1], crypto), -90, 7, now_ms + 5000)
print(mac.events())
now_ms = mac.poll(now_ms + 5000) and mac.poll(now_ms + 5000).until_ms
phy = mac.poll(now_ms).frame
print(phy[0] >> 5, phy[5] & 0x20)
"""


def test_device_of_class_c_hears_at_any_time_on_micropython():
    source = (SESSION + CLASS_C).replace("REGION", "'EU868'").replace("RX2_DR", "0")
    source = source.replace("CF_LIST", "cf_list.encode_frequencies((867100000,))")

    printed = micropython.run(source, [micropython.NODE]).split("\n")

    assert printed[1] == "None True"
    assert printed[2] == "[Received(port=222, payload=b'now')]"
    assert printed[3] == "2 32"


@pytest.mark.parametrize("region", ["EU868", "US915", "CN470"])
def test_mac_fits_a_board(region):
    setup = SESSION.partition("mac = made()\nmac.join(0)\n")[0]
    setup = setup.replace("REGION", repr(region)).replace("RX2_DR", "8" if region == "US915" else "0")
    setup = setup.replace("CF_LIST", "cf_list.encode_frequencies((867100000, 867300000))")

    outcome = micropython.peak_heap(
        f"{setup}\nmac = made()\nmac.join(0)\nnow_ms = run(mac, 0, accept)\n",
        "mac.send(1, bytes(9), False, False, now_ms)\nnow_ms = run(mac, now_ms + 9999, take)\nmac.events()\n",
        5,
        [micropython.NODE],
    )

    print(f"MAC for {region}: {outcome.live_bytes} bytes live, {outcome.peak_bytes} at the peak of a cycle")
    assert outcome.live_bytes < 100_000
