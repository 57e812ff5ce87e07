"""Orders of the contract -> OrderState, with everything checked that could make one impossible."""

from farwire_bridge.errors import OrderError
from farwire_bridge.order_state import OrderState
from farwire_codecs import command as codec
from farwire_codecs import configuration, ports
from farwire_codecs.errors import CodecError
from farwire_contract.v1.orders_pb2 import Command, Configuration, Order

MOST_ATTEMPTS = 100
"""More than anyone can want, so that a wrong number cannot keep a downlink going for ever."""

LONGEST_ID = 64
"""Characters of an order's id; a UUID has 36."""


def accepted(order: Order, arrival: int) -> OrderState:
    """Return the state of an order that just came; raises OrderError for one that nobody could carry out."""
    if not 1 <= len(order.order_id) <= LONGEST_ID:
        raise OrderError(f"order_id has {len(order.order_id)} characters, expected 1 to {LONGEST_ID}")
    if len(order.dev_eui) != 16 or not set(order.dev_eui) <= set("0123456789abcdef"):
        raise OrderError(f"dev_eui is {order.dev_eui[:40]!r}, expected 16 lower-case hex digits")
    if not 1 <= order.attempts <= MOST_ATTEMPTS:
        raise OrderError(f"attempts is {order.attempts}, expected 1 to {MOST_ATTEMPTS}")
    try:
        f_port, expected, content = _content(order)
        base = _base(order)
    except CodecError as error:
        raise OrderError(f"{type(error).__name__}: {error}") from error
    return OrderState(
        order_id=order.order_id,
        dev_eui=order.dev_eui,
        arrival=arrival,
        created_ms=order.created_ms,
        expires_ms=max(0, order.expires_ms),
        confirmed=order.confirmed,
        attempts=order.attempts,
        f_port=f_port,
        expected=expected,
        content=content,
        base=base,
    )


def _content(order: Order) -> tuple[int, int, bytes]:
    """Return the FPort, what the node will answer, and the bytes to send."""
    match order.WhichOneof("body"):
        case "command":
            return ports.COMMAND, order.command.number, _command(order.command)
        case "configuration":
            return ports.CONFIGURATION, order.configuration.hash, _document(order.configuration)
        case _:
            raise OrderError("the order has no body that this bridge knows")


def _base(order: Order) -> bytes:
    """Return what a configuration's difference is to be taken to; b"" where there is to be none.

    With one attempt the whole document is sent: a node that runs another base would refuse the difference.
    """
    base = order.configuration.base
    if not base or order.attempts == 1 or base == order.configuration.document:
        return b""
    try:
        configuration.decode_document(base)
    except CodecError:
        return b""  # of a version that this bridge does not know: the whole document is sent
    return base


def _command(command: Command) -> bytes:
    match command.WhichOneof("action"):
        case "set_output":
            output = command.set_output
            return codec.encode(codec.SetOutput(command.number, output.channel, output.value_x100))
        case "report_state":
            return codec.encode(codec.ReportState(command.number))
        case "reboot":
            return codec.encode(codec.Reboot(command.number))
        case "send_log":
            wanted = command.send_log
            return codec.encode(codec.SendLog(command.number, wanted.kind, wanted.offset))
        case "erase":
            return codec.encode(codec.Erase(command.number, command.erase.what))
        case _:
            raise OrderError("the command has no action that this bridge knows")


def _document(body: Configuration) -> bytes:
    hash_ = configuration.document_hash(configuration.decode_document(body.document))
    if hash_ != body.hash:
        raise OrderError(f"hash of the configuration is {body.hash:08x}, expected {hash_:08x}")
    return body.document
