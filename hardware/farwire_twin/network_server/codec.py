"""The payload codecs of device-profiles: none, or Cayenne LPP [chirpstack/src codec/mod.rs, cayenne_lpp.rs].

JavaScript codecs are refused when the profile is created: there is no engine for them in here.
"""

from chirpstack_api import api, integration
from google.protobuf.struct_pb2 import Struct

from farwire_codecs.errors import CodecError, UnknownTypeError
from farwire_codecs.lpp import decode_dynamic
from farwire_codecs.lpp_names import as_object
from farwire_twin.network_server.errors import NotSupportedError
from farwire_twin.network_server.records import UplinkSet
from farwire_twin.network_server.registry import Owners
from farwire_twin.network_server.state import State


def decoded(state: State, owners: Owners, uplink: UplinkSet, data: bytes, now_ms: int) -> Struct | None:
    """The `object` of an up event; None without codec, or when it fails (which the application is told)."""
    if owners.profile.message.payload_codec_runtime != api.CAYENNE_LPP:
        return None
    try:
        shown = as_object(decode_dynamic(data))
    except CodecError as error:
        # One byte after the last whole item is ignored there.
        if len(data) - getattr(error, "offset", 0) == 1:
            shown = as_object(getattr(error, "items", ()))
        else:
            description = f"CayenneLpp decode: Decode Cayenne LPP payload: {_reason(error, data)}"
            code = integration.UPLINK_CODEC
            state.log(owners, now_ms, integration.ERROR, code, description, deduplication_id=uplink.id)
            return None
    result = Struct()
    result.update(shown)
    return result


def _reason(error: CodecError, data: bytes) -> str:
    """ChirpStack 4.20's words: its own for a type that it lacks, Rust's for data that ends too soon."""
    if isinstance(error, UnknownTypeError):
        return f"Invalid data type: {data[error.offset + 1]}"
    return "failed to fill whole buffer"


def encoded(runtime: int) -> bytes:
    """The payload of a downlink given as an `object`: empty without codec; NotSupportedError with one."""
    if runtime != api.NONE:
        raise NotSupportedError("encoding of downlink objects")
    return b""
