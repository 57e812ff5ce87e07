"""Telling the session's own downlinks from everything else that the antenna hears (TS001-1.0.4 §4.3.1.5)."""

from farwire_node.aes import Crypto
from farwire_node.errors import FrameError, MicError
from farwire_node.lorawan import frames
from farwire_node.lorawan.session import Session

MALFORMED = "malformed"
FOREIGN = "foreign"  # for another device, or an uplink
WRONG_MIC = "wrong_mic"
REPLAYED = "replayed"  # ours, but its counter was used before
OUTSIDE_WINDOW = "outside_window"  # came while nobody listened: the driver's mistake
COMMANDS_IN_CLASS_C = "commands_in_class_c"  # ours, but its MAC commands have no place there


def none_refused() -> dict[str, int]:
    """Return the counters of all these, at 0."""
    return dict.fromkeys((MALFORMED, FOREIGN, WRONG_MIC, REPLAYED, OUTSIDE_WINDOW, COMMANDS_IN_CLASS_C), 0)


def opened(session: Session, phy: bytes, crypto: Crypto) -> tuple[frames.DataFrame | None, str]:
    """Return (frame in clear, "") for a new downlink of this session, else (None, why it is none)."""
    try:
        head = frames.header(phy)
    except FrameError:
        return None, MALFORMED
    if head.uplink or head.dev_addr != session.dev_addr:
        return None, FOREIGN
    f_cnt = frames.whole_counter(head.f_cnt16, session.f_cnt_down)
    if f_cnt is not None:
        try:
            return frames.decode_data(phy, session.nwk_s_key, session.app_s_key, f_cnt, crypto), ""
        except MicError:
            pass
    # Was it signed with the last counter below that ends in the same bits?
    earlier = session.f_cnt_down - 1 - ((session.f_cnt_down - 1 - head.f_cnt16) & 0xFFFF)
    if earlier >= 0 and frames.mic_matches(phy, session.nwk_s_key, earlier, crypto):
        return None, REPLAYED
    return None, WRONG_MIC
