"""The MAC in every region, through losses, power cuts, changes of class and storms of commands."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farwire_node.link import Received
from farwire_node.lorawan import mac_commands as mc
from farwire_node.lorawan import regions
from tests.node.lorawan.fakes import Down, Network, World
from tests.node.lorawan.judge import Judge, hz
from tests.node.lorawan.test_mac_restart import CutStorage, PowerCutError, masks_of
from tests.node.lorawan.test_regions import reference_of

every_region = pytest.mark.parametrize("name", regions.NAMES)

HAPPENINGS = 60  # in the life of a device
LIVES = 50  # of devices in each region


def command(dice, reference):
    """Return a command as networks of this region send it, or as no network should."""
    low_hz, high_hz = (hz(mhz) for mhz in reference["range_mhz"])
    freq_hz = dice.choice((low_hz + 100 * dice.randrange((high_hz - low_hz) // 100), low_hz - 400_000, 0))
    dr, other_dr, flag, bit = (dice.randrange(16), dice.randrange(16), dice.randrange(2), dice.randrange(2))
    index = dice.randrange(2, 9)
    return dice.choice(
        (
            (mc.LinkADRReq(dr, other_dr, dice.getrandbits(16), dice.randrange(8), dr),),
            (mc.LinkADRReq(dr % 7, other_dr % 8, 0xFFFF, 6, 1),),
            (mc.LinkADRReq(15, 15, 0x00FF, dr % 6, 2),),
            (mc.RXParamSetupReq(dr % 8, other_dr, freq_hz),),
            (mc.NewChannelReq(index, freq_hz, dr, other_dr),),
            # A channel of its own: added, and no other left on.
            (mc.NewChannelReq(index, freq_hz, 5, 0), mc.LinkADRReq(15, 15, 1 << index, 0, 1)),
            (mc.DlChannelReq(dr, freq_hz),),
            (mc.RXTimingSetupReq(dr),),
            (mc.TXParamSetupReq(flag, bit, dice.choice((dr, 15))),),
            (mc.DutyCycleReq(dr % 7),),
            (mc.DevStatusReq(),),
            (mc.DeviceTimeAns(dice.getrandbits(32), dr), mc.LinkCheckAns(dr, 1)),
        )
    )


def commands(dice, reference):
    """Return the bytes of one downlink's commands, now and then with rubbish at their end."""
    some = [each for _ in range(dice.randrange(1, 5)) for each in command(dice, reference)]
    rubbish = dice.randbytes(3) if dice.random() < 0.2 else b""
    return b"".join([mc.encode(each) for each in some]) + rubbish


def happening(dice, reference):
    """Return what happens next to a device."""
    flag, soon_ms, window = dice.random() < 0.3, dice.randrange(12_000), dice.choice((1, 2))
    return dice.choice(
        (
            ("send", dice.randrange(243), flag, dice.random() < 0.5),
            ("send", dice.randrange(12), False, True),
            ("start", dice.randrange(61), flag, dice.randrange(1, 6)),
            ("wait", dice.choice((soon_ms, 600_000))),
            ("order", dice.randbytes(dice.randrange(21)), flag, window),
            ("storm", commands(dice, reference), window),
            ("storm", commands(dice, reference), window),
            ("class C order", flag, soon_ms, dice.randrange(20_000)),
            ("replay", soon_ms, dice.randrange(20_000)),
            ("class", dice.choice("AC")),
            dice.choice((("cut",), ("suspend",), ("join",))),
            ("cut at save", dice.randrange(7), flag),
        )
    )


def storm(world, judge, raw, window):
    """Have the network send commands, in FOpts or, where those are too short, on port 0."""
    for at in range(len(raw) - 1):
        if raw[at] == 0x09 and raw[at + 1] & 0x10 == 0:
            judge.network_may_have_lifted_the_dwell_time()
    down = Down(f_opts=raw, window=window) if len(raw) <= 15 else Down(raw, 0, window=window)
    world.network.queue.append(down)


def go_through(world, judge, thing):
    """Let one thing happen."""
    kind, *values = thing
    mac, network = world.mac, world.network
    if kind == "send":
        if mac.joined:
            size = min(values[0], mac.capacity(world.now_ms))
            world.send(bytes(size), 1, values[1], values[2])
        else:
            mac.join(world.now_ms)
            world.run(60_000)
    elif kind == "start":  # and leave in the middle of the cycle
        mac.send(1, bytes(values[0]), values[1], False, world.now_ms)
        for _ in range(values[2]):
            world.step(world.now_ms + 10_000)
    elif kind == "wait":
        world.run(values[0])
    elif kind == "order":
        network.queue.append(Down(values[0], 221, values[1], window=values[2]))
    elif kind == "storm":
        storm(world, judge, *values)
    elif kind == "class":
        mac.set_class(values[0])
    elif kind == "cut":
        world.power_on().set_class("C")
    elif kind == "suspend":
        mac.suspend(world.now_ms)
        world.power_on()
    elif kind == "cut at save":
        world.storage.cut_in, world.storage.written = values
    elif kind == "join":
        mac.join(world.now_ms)
    else:
        say_at_any_time(world, kind, values)


def say_at_any_time(world, kind, values):
    """Have the network send a class C downlink, or one of them again."""
    if kind == "class C order" and world.network.keys is not None:
        world.said.append(world.say(Down(b"now", 222, values[0]), values[1]).frame)
        world.run(values[2])
    elif kind == "replay" and world.said:
        world.say(Down(raw=world.said[-1]), values[0])
        world.run(values[1])


def judged(world, judge):
    """Return the rules that were broken by what is on the air so far."""
    for start_ms, sent in world.sent[len(judge.sent) :]:
        judge.on_air(start_ms, sent.frame, sent.freq_hz, sent.sf, sent.bw_hz, sent.power_dbm)
    return judge.broken


@every_region
def test_rules_are_kept_and_nothing_is_used_twice(name):
    for life in range(LIVES):
        dice = random.Random(f"{name} {life}")
        loss = dice.choice((0.0, 0.0, 0.3, 0.8))
        judge = Judge(reference_of(name))
        world = World(Network(regions.by_name(name)), CutStorage(), life, loss, loss)
        world.mac.set_class(dice.choice("AC"))
        world.mac.join(world.now_ms)
        world.run(60_000)

        for _ in range(HAPPENINGS):
            try:
                go_through(world, judge, happening(dice, judge.reference))
            except PowerCutError:
                world.power_on().set_class("C")
            assert judged(world, judge) == [], f"life {life}"
        world.events += world.mac.events()

        assert world.network.refused == []
        received = [event for event in world.events if isinstance(event, Received) and event.port == 222]
        assert len(received) <= len(world.said)


@every_region
@pytest.mark.parametrize("device_class", ["A", "C"])
def test_busy_device_keeps_the_rules_for_hours(name, device_class):
    judge = Judge(reference_of(name))
    world = World(Network(regions.by_name(name)), loss_up=0.2, loss_down=0.2, seed=5).joined(50 * 3_600_000)
    world.mac.set_class(device_class)
    dice = random.Random(name)
    end_ms = world.now_ms + 3 * 3_600_000
    while world.now_ms < end_ms:
        if not world.mac.joined:
            world.mac.join(world.now_ms)
            world.run(600_000)
            continue
        size = dice.randrange(world.mac.capacity(world.now_ms) + 1)
        earliest_ms = world.mac.earliest_ms(size, world.now_ms, True)
        if earliest_ms > world.now_ms:
            world.run(earliest_ms - world.now_ms)
        world.send(bytes(size), confirmed=dice.random() < 0.3, urgent=dice.random() < 0.5)
        if dice.random() < 0.1:
            world.say(Down(b"order", 221, confirmed=dice.random() < 0.5), 500)
        world.run(dice.randrange(20_000))
        if dice.random() < 0.03:
            world.power_on().set_class(device_class)

    assert judged(world, judge) == []
    assert len(judge.sent) > 50
    assert world.network.refused == []


@every_region
def test_silent_network_is_looked_for_at_every_reach_and_then_joined_anew(name):
    region = regions.by_name(name)
    network = Network(region, acks=False)
    fastest = max(dr for dr, _ in region.join_weights) if region.join_weights else region.join_banks[0][3]
    world = World(network, initial_dr=fastest).joined(50 * 3_600_000)
    network.hear = lambda sent, end_ms: None
    judge = Judge(reference_of(name))
    rates = []
    for _ in range(500):
        if not world.mac.joined:
            break
        earliest_ms = world.mac.earliest_ms(1, world.now_ms, False)
        world.run(max(earliest_ms - world.now_ms, 0))
        rates.append(world.mac.data_rate)
        world.send(b"x")
        world.run(1_000)

    slowest = next(dr for dr in region.up_drs if regions.max_payload(region, dr, region.dwell_at_boot))
    assert rates == sorted(rates, reverse=True)
    assert rates[:128] == [fastest] * 128
    assert rates[-1] == slowest
    assert not world.mac.joined
    assert judged(world, judge) == []


@pytest.mark.parametrize("name", ["US915", "AU915", "CN470"])
def test_joins_walk_every_bank_before_one_comes_again(name):
    world = World(Network(regions.by_name(name), answers_joins=False))
    banks = len(regions.by_name(name).join_banks)
    world.mac.join(world.now_ms)
    world.run(200 * 3_600_000)

    slow = [
        sent
        for _, sent in world.sent
        if (sent.sf, sent.bw_hz) == (world.sent[0][1].sf, world.sent[0][1].bw_hz)
    ]
    step_hz = 1_600_000
    first_hz = regions.by_name(name).channels[0].freq_hz
    walked = [(sent.freq_hz - first_hz) // step_hz for sent in slow[:banks]]
    assert sorted(walked) == list(range(banks))


@every_region
def test_joins_keep_their_budget_for_a_week(name):
    world = World(Network(regions.by_name(name), answers_joins=False))
    start_ms = world.now_ms
    world.mac.join(world.now_ms)
    world.run(7 * 24 * 3_600_000)

    def spent_ms(from_h, to_h):
        span = range(start_ms + from_h * 3_600_000, start_ms + to_h * 3_600_000)
        return sum(sent.airtime_ms for at, sent in world.sent if at in span)

    assert 5_000 < spent_ms(0, 1) <= 36_000
    assert spent_ms(1, 11) <= 36_000
    for day in range(6):
        assert spent_ms(11 + 24 * day, 35 + 24 * day) <= 8_700 + 1_500
    assert judged(world, Judge(reference_of(name))) == []


@given(cf=st.binary(min_size=16, max_size=16) | st.binary(min_size=15, max_size=15).map(masks_of))
@settings(deadline=None, max_examples=60)
@every_region
def test_any_cf_list_leaves_a_device_that_keeps_the_rules(name, cf):
    world = World(Network(regions.by_name(name), cf_list=cf)).joined(50 * 3_600_000)
    for _ in range(5):
        earliest_ms = world.mac.earliest_ms(1, world.now_ms, True)
        world.run(max(earliest_ms - world.now_ms, 0))
        world.send(b"x", urgent=True)

    assert judged(world, Judge(reference_of(name))) == []
    assert len(world.network.uplinks) == 5
