"""An uplink that came over MQTT or HTTPS, told as ChirpStack's `up` event, so that one path decodes both.
Pure.

The node's session stands for the device address and its counter for the frame counter; there is no radio and
no gateway. It was heard when its payload was made: by the node's own clock, else by its age.
"""

from typing import Any

from chirpstack_api import integration

from farwire_bridge.payload_limits import IP_REGION
from farwire_bridge.topics import EventTopic
from farwire_codecs.ip_frame import UpFrame

LATEST_MS = 253_402_300_799_999  # the end of 9999, which is protobuf's


def event(topic: EventTopic, frame: UpFrame, now_ms: int) -> Any:
    """Return the event of a frame that arrived at `now_ms`."""
    found = integration.UplinkEvent(
        deduplication_id=f"{topic.dev_eui}-{frame.session:08x}-{frame.counter:08x}",
        dev_addr=f"{frame.session:08x}",
        f_cnt=frame.counter,
        f_port=frame.port,
        data=frame.payload,
        region_config_id=IP_REGION,
    )
    found.device_info.dev_eui = topic.dev_eui
    found.device_info.device_name = topic.dev_eui
    found.device_info.application_id = topic.application_id
    time_ms = now_ms - frame.age_ms if frame.utc_ms is None else frame.utc_ms
    if 0 <= time_ms <= LATEST_MS:  # else it says no time that can be told, and counts as one that is missing
        found.time.FromMilliseconds(time_ms)
    return found
