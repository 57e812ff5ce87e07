"""A gateway's word on a downlink [chirpstack/src downlink/tx_ack.rs].

Only a positive one moves the frame counter and the queue; after a negative one the item is sent again, with
the same frame counter, at the next opportunity.
"""

from chirpstack_api import common, gw, integration

from farwire_node.lorawan import frames
from farwire_twin.network_server import events
from farwire_twin.network_server.errors import NotFoundError, RefusedError
from farwire_twin.network_server.records import QueueItem
from farwire_twin.network_server.registry import Owners
from farwire_twin.network_server.state import SentFrame, State


def handle(state: State, tx_ack: gw.DownlinkTxAck, now_ms: int) -> None:
    """Take a DownlinkTxAck; RefusedError when it fits no frame under way, or what it was about is gone."""
    if not tx_ack.items:
        raise RefusedError("tx ack without items", downlink_id=tx_ack.downlink_id)
    sent = state.sent.pop(tx_ack.downlink_id, None)
    if sent is None:
        raise RefusedError("tx ack for unknown downlink", downlink_id=tx_ack.downlink_id)
    if len(tx_ack.items) > len(sent.frame.items):
        raise RefusedError("tx ack with too many items", downlink_id=tx_ack.downlink_id)
    statuses = [item.status for item in tx_ack.items]
    accepted = gw.OK in statuses
    index = (
        max(at for at, status in enumerate(statuses) if status == gw.OK) if accepted else len(statuses) - 1
    )
    item = sent.frame.items[index]
    if frames.frame_type(item.phy_payload) == frames.JOIN_ACCEPT:
        state.counters["join accepts sent" if accepted else "join accepts not sent"] += 1
        return
    try:
        owners = state.registry.owners(sent.dev_eui)
        if not accepted:
            _log(state, owners, statuses[-1], now_ms)
        elif _carries_application_payload(item.phy_payload):
            _application_payload_sent(state, owners, sent, item.tx_info, now_ms)
        elif owners.device.session is not None:
            owners.device.session.f_cnt_down += 1
            state.registry.touch("device", sent.dev_eui)
    except NotFoundError as error:
        raise RefusedError("tx ack for what is gone", error=str(error)) from error


def _application_payload_sent(
    state: State, owners: Owners, sent: SentFrame, tx_info: gw.DownlinkTxInfo, now_ms: int
) -> None:
    item = state.registry.queue_item(sent.queue_item_id or "")
    session = owners.device.session
    if session is None:
        raise NotFoundError(sent.dev_eui)
    if item.confirmed:
        _set_pending(state, owners, item, now_ms)
        session.conf_f_cnt = item.f_cnt_down or 0
    else:
        state.registry.remove_queue_item(item.id)
    session.f_cnt_down = sent.f_cnt_down + 1
    state.registry.touch("device", sent.dev_eui)
    state.publish(owners, "txack", events.tx_ack(owners, item, sent.frame, tx_info, now_ms))


def _set_pending(state: State, owners: Owners, item: QueueItem, now_ms: int) -> None:
    item.is_pending = True
    if owners.device.enabled_class == common.CLASS_C:
        item.timeout_after_ms = now_ms + owners.profile.message.class_c_timeout * 1000
    state.registry.touch("queue_item", item.id)


def _log(state: State, owners: Owners, status: int, now_ms: int) -> None:
    state.log(owners, now_ms, integration.ERROR, integration.DOWNLINK_GATEWAY, gw.TxAckStatus.Name(status))


def _carries_application_payload(phy_payload: bytes) -> bool:
    header = 8 + len(frames.header(phy_payload).f_opts)  # MHDR, FHDR (LoRaWAN 1.0.4 §4.3.1)
    has_port = len(phy_payload) > header + frames.MIC_SIZE
    return has_port and phy_payload[header] != 0
