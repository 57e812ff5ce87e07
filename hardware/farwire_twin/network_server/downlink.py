"""A data downlink: what goes in, and how it is sent [chirpstack/src downlink/data.rs]."""

from dataclasses import dataclass

from chirpstack_api import gw

from farwire_node.lorawan import frames
from farwire_twin.network_server import device_queue, mac_requests, windows
from farwire_twin.network_server.device_queue import Next
from farwire_twin.network_server.errors import NotFoundError, RefusedError
from farwire_twin.network_server.mac_blocks import Block, octets_of
from farwire_twin.network_server.records import HeardBy, QueueItem, Session, UplinkSet
from farwire_twin.network_server.registry import Owners
from farwire_twin.network_server.state import SentFrame, State
from farwire_twin.network_server.windows import Window

# A gateway's word on a frame is waited for so long [storage/downlink_frame.rs: SETEX 30].
TX_ACK_TIMEOUT_MS = 30_000


@dataclass(frozen=True, slots=True)
class Response:
    """What an uplink asks of the downlink that answers it."""

    uplink: UplinkSet
    dev_eui: str
    must_send: bool  # a frame, even an empty one (ADRACKReq, some MAC answers)
    must_ack: bool  # the uplink was confirmed
    mac_answers: list[Block]


def respond(state: State, response: Response, now_ms: int) -> None:
    """Decide what goes into the receive windows of the uplink, and send it if there is anything."""
    try:
        owners = state.registry.owners(response.dev_eui)
        session = _session(owners)
        gateway = windows.select_gateway(state, owners, session)
        chances = windows.class_a_windows(state, owners, session, response.uplink, gateway)
    except NotFoundError as error:
        return state.refuse("device is gone", dev_eui=response.dev_eui, error=str(error))
    except RefusedError as error:
        return state.refuse(error.reason, **error.facts)
    following = device_queue.fetch(state, owners, chances[0].room, response.uplink.id, now_ms)
    blocks = mac_requests.add_requests(state, owners, session, response.mac_answers, now_ms)
    if following.item or blocks or response.must_ack or response.must_send:
        _send(state, owners, gateway, chances, following, blocks, response.must_ack, now_ms)
        state.registry.touch("device", response.dev_eui)
    return None


def send_class_c(state: State, owners: Owners, now_ms: int) -> None:
    """Send a class C device its next item in RX2, at once. RefusedError when no gateway can."""
    session = _session(owners)
    gateway = windows.select_gateway(state, owners, session)
    chance = windows.class_c_window(state, owners, session, gateway)
    following = device_queue.fetch(state, owners, chance.room, "", now_ms)
    if following.item:
        _send(state, owners, gateway, [chance], following, [], False, now_ms)


def keep_sent(state: State, sent: SentFrame) -> None:
    """Hand a frame out and wait for the gateway's word on it."""
    downlink_id = sent.frame.downlink_id
    state.sent[downlink_id] = sent
    state.timers.at(sent.sent_ms + TX_ACK_TIMEOUT_MS, lambda _: _forget(state, downlink_id))
    state.send(sent.frame)


def _send(
    state: State,
    owners: Owners,
    gateway: HeardBy,
    chances: list[Window],
    following: Next,
    blocks: list[Block],
    must_ack: bool,
    now_ms: int,
) -> None:
    session, item = _session(owners), following.item
    frame = gw.DownlinkFrame(downlink_id=state.random.getrandbits(32), gateway_id=gateway.gateway_id)
    f_pending = following.more
    for chance in chances:
        phy_payload, f_pending = _phy_payload(
            state, session, chance.room, following.item, f_pending, blocks, must_ack
        )
        frame.items.add(phy_payload=phy_payload, tx_info=chance.tx_info)
    item = following.item
    if item is not None:
        item.f_cnt_down = session.f_cnt_down
        state.registry.touch("queue_item", item.id)
    item_id = item.id if item is not None else None
    keep_sent(state, SentFrame(frame, owners.device.dev_eui, item_id, session.f_cnt_down, now_ms))


def _phy_payload(
    state: State,
    session: Session,
    room: int,
    item: QueueItem | None,
    f_pending: bool,
    blocks: list[Block],
    must_ack: bool,
) -> tuple[bytes, bool]:
    """The frame for one window, and FPending of the windows after it."""
    fitting: list[Block] = []
    for block in blocks:
        if len(octets_of([*fitting, block])) > room:
            break
        fitting.append(block)
        session.mac_pending[block.cid] = block.octets
    commands = octets_of(fitting)
    f_opts, port, payload, confirmed, pending_bit = commands, None, b"", False, f_pending
    if len(commands) > frames.MAX_F_OPTS:  # then they take the FRMPayload (LoRaWAN 1.0.4 §4.3.1.6)
        f_opts, port, payload, pending_bit = b"", 0, commands, item is not None
    elif item is not None and len(item.data) <= room - len(commands):
        port, payload, confirmed = item.f_port, item.data, item.confirmed
    elif item is not None:
        f_pending = pending_bit = True
    frame = frames.DataFrame(
        uplink=False,
        confirmed=confirmed,
        dev_addr=session.dev_addr,
        adr=False,  # the network's ADR is off
        adr_ack_req=False,
        ack=must_ack,
        f_pending=pending_bit,
        f_cnt=session.f_cnt_down,
        f_opts=f_opts,
        port=port,
        payload=payload,
    )
    octets = frames.encode_data(frame, session.nwk_s_key, session.app_s_key, state.crypto)
    return bytes(octets), f_pending


def _session(owners: Owners) -> Session:
    if owners.device.session is None:
        raise NotFoundError(owners.device.dev_eui)
    return owners.device.session


def _forget(state: State, downlink_id: int) -> None:
    sent = state.sent.pop(downlink_id, None)
    if sent is not None:
        state.refuse("no tx ack in time", downlink_id=downlink_id, gateway_id=sent.frame.gateway_id)
