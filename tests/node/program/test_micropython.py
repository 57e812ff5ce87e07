"""The node's whole program on a real MicroPython: from join to acknowledged history, a command and back."""

import pytest

from tests import micropython

SETUP = '''
from farwire_codecs import acknowledgement, batch, command, ports
from farwire_codecs.schema import Channel
from farwire_node import node_events
from farwire_node.aes import PureAes
from farwire_node.lorawan import frames, join, regions
from farwire_node.lorawan.mac import Mac
from farwire_node.node import Node
from farwire_node.sensor import Actuator, Sensor
from farwire_node.steps import Listen, Transmit
from farwire_node.storage import MemoryStorage

KEY = bytes(range(16))
DEV_ADDR = 0x26011234
crypto = PureAes()
state = [12345]


def random_below(n):
    state[0] = (state[0] * 1103515245 + 12345) & 0x7FFFFFFF
    return (state[0] >> 8) % n


class Wave(Sensor):
    def __init__(self, channel, type_id, middle):
        self.channels = (Channel(channel, type_id),)
        self._middle = middle

    def read(self, now_ms):
        return ((self._middle + (now_ms // 60000) % 7,),)


class Relay(Actuator):
    channel = 20
    value = 0

    def set(self, value_x100):
        self.value = value_x100


class Network:
    """Accepts the join, decodes every history batch, acknowledges when asked, and asks one command."""

    def __init__(self):
        self.keys = None
        self.f_cnt_down = 0
        self.schemas = {}
        self.stored = {}
        self.answers = []
        self.commanded = False

    def answer(self, phy):
        if frames.frame_type(phy) == frames.JOIN_REQUEST:
            request = join.decode_join_request(phy, KEY, crypto)
            self.keys = join.session_keys(KEY, 1, 0x13, request.dev_nonce, crypto)
            accept = join.JoinAccept(1, 0x13, DEV_ADDR, 0, 0, 1, b"")
            return join.encode_join_accept(accept, KEY, crypto)
        frame = frames.decode_data(phy, self.keys[0], self.keys[1], frames.header(phy).f_cnt16, crypto)
        if frame.port == ports.COMMAND_ANSWER:
            self.answers.append(frame.payload)
        if frame.port != ports.HISTORY:
            return None
        found = batch.decode(frame.payload, self.schemas.get)
        self.schemas[found.schema.schema_id] = found.schema
        for record in found.records:
            self.stored[record.number] = record.values
        if not self.commanded:
            self.commanded = True
            return self.down(ports.COMMAND, command.encode(command.SetOutput(7, 20, 100)))
        if not found.acknowledgement_wanted:
            return None
        through = 0
        while through + 1 in self.stored:
            through += 1
        ack = acknowledgement.Acknowledgement(through, b"", 0, False)
        return self.down(ports.ACKNOWLEDGEMENT, acknowledgement.encode(ack, 51))

    def down(self, port, payload):
        frame = frames.DataFrame(
            False, False, DEV_ADDR, False, False, False, False, self.f_cnt_down, b"", port, payload
        )
        self.f_cnt_down += 1
        return frames.encode_data(frame, self.keys[0], self.keys[1], crypto)


storage = MemoryStorage()
mac = Mac(regions.by_name("EU868"), 1, 2, KEY, crypto, storage, random_below, initial_dr=3)
relay = Relay()
sensors = (Wave(1, 103, 215), Wave(2, 104, 90), Wave(3, 115, 10132), Wave(4, 116, 361))
node = Node(1, sensors, (relay,), mac, storage, random_below, capacity=500)
network = Network()
clock = [0]
sampled = [0]
released = [0]


def live(until_ms):
    """Runs the node; its radio is the scripted network."""
    down = None
    now_ms = clock[0]
    while now_ms < until_ms:
        step = node.poll(now_ms)
        if isinstance(step, Transmit):
            now_ms += step.airtime_ms
            down = network.answer(step.frame)
            node.on_tx_done(now_ms)
        elif isinstance(step, Listen):
            now_ms = step.until_ms
            if down is None:
                node.on_listen_end(now_ms)
            else:
                node.on_frame(down, -90, 7, now_ms)
                down = None
        else:
            now_ms = max(now_ms, step.until_ms)
        for event in node.events():
            if isinstance(event, node_events.Sampled):
                sampled[0] += 1
            elif isinstance(event, node_events.Released):
                released[0] += event.count
    clock[0] = now_ms
'''

STEP = "live(clock[0] + 60_000)\n"  # garbage is collected only between the pieces
ENOUGH = """
node.stop_sampling()
for _ in range(600):
    if not node.pending():
        break
    live(clock[0] + 60000)
print(sampled[0], released[0], len(network.stored), node.pending(), relay.value, len(network.answers) > 0)
"""


def test_the_program_runs_on_micropython_from_join_to_acknowledged_history(
    capsys: pytest.CaptureFixture[str],
) -> None:
    packages = (micropython.CODECS, micropython.NODE)

    minutes = 240
    bare, loaded, *steps = micropython.run_pieces(
        ["", SETUP, *[STEP] * minutes, ENOUGH], packages, compiled=True
    )

    *lives, end = steps
    sampled, released, stored, pending, relay, answered = end.stdout.split("\n")[0].split()
    assert int(sampled) >= minutes - 2
    assert (released, stored, pending) == (sampled, sampled, "0")
    assert (relay, answered) == ("100", "True")
    peak = max(piece.peak_bytes for piece in lives) - bare.live_bytes
    program = loaded.live_bytes - bare.live_bytes
    with capsys.disabled():
        print(
            f"\nMicroPython, node with 4 sensors, {sampled} records: peak heap {peak / 1024:.0f} KB, "
            f"of it {program / 1024:.0f} KB the program itself; a minute's uncollected garbage included"
        )
