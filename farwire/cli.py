"""The `farwire` command: one subcommand a part, each configured by one TOML file and the environment."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from farwire import logs
from farwire.codec import arguments as codec_arguments
from farwire.errors import FarwireError, PartFailedError

# Of the twin's regions those whose law asks for no carrier sense.
DEMO_REGIONS = (
    "EU868", "US915", "AU915", "AS923-1", "AS923-2", "AS923-3", "AS923-4", "IN865", "RU864", "EU433", "CN470",
)  # fmt: skip

Command = Callable[[argparse.Namespace, threading.Event], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (the process's own if None) and return its exit code.

    0: done; 1: the demo's audit found something; 2: the command line, a setting or a port is not usable.
    """
    arguments = _parser().parse_args(argv)
    logs.start(arguments.log_level)
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    command: Command = arguments.command
    try:
        return command(arguments, stop)
    except FarwireError as error:
        print(f"farwire: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="farwire", description="Industrial telemetry over LoRaWAN that loses nothing."
    )
    parser.add_argument(
        "--log-level", choices=("debug", "info", "warning", "error"), default="info", help="(info)"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_demo(commands.add_parser("demo", help="the whole loop on this machine, with nothing else installed"))
    for name, what, command in (
        ("twin", "the simulated plant: nodes, radio, gateways, network server", _twin),
        ("bridge", "the bridge between ChirpStack and the cloud", _bridge),
        ("cloud", "the cloud service: ingest, store, REST API, page", _cloud),
        ("node", "a node on this machine, through a LoRaWAN modem, MQTT or HTTPS", _node),
    ):
        room = commands.add_parser(name, help=what)
        room.add_argument("--config", type=Path, metavar="FILE", help=f"TOML file with a table [{name}]")
        room.set_defaults(command=command)
    broker = commands.add_parser("broker", help="the embedded MQTT broker alone")
    broker.add_argument("--host", default="127.0.0.1", help="(127.0.0.1)")
    broker.add_argument("--port", type=int, default=1883, help="(1883)")
    broker.set_defaults(command=_broker)
    engine = commands.add_parser("engine", help="a DynamoDB engine in memory alone (keeps nothing)")
    engine.add_argument("--host", default="127.0.0.1", help="(127.0.0.1)")
    engine.add_argument("--port", type=int, default=8000, help="(8000)")
    engine.set_defaults(command=_engine)
    codec = commands.add_parser("codec", help="decode and encode frames, at a bench")
    codec_arguments.add(codec)
    codec.set_defaults(command=_codec)
    certificates = commands.add_parser(
        "certificates", help="make a CA and the certificates for the bridge's and the cloud's mutual TLS"
    )
    certificates.add_argument("folder", type=Path, help="where they go; existing ones are kept")
    certificates.add_argument(
        "--host", action="append", default=[], help="a name or address of the cloud (localhost, 127.0.0.1)"
    )
    certificates.set_defaults(command=_certificates)
    return parser


def _add_demo(demo: argparse.ArgumentParser) -> None:
    demo.add_argument("--nodes", type=_at_least(int, 1), default=12, metavar="N", help="sensor nodes (12)")
    demo.add_argument(
        "--speed", type=_at_least(float, 0.1), default=1.0, metavar="N", help="times real time (1)"
    )
    demo.add_argument(
        "--minutes",
        type=_at_least(float, 0),
        default=0.0,
        metavar="N",
        help="end after N minutes of the plant's time, with an audit (0: run until Ctrl-C)",
    )
    demo.add_argument(
        "--loss", type=_share, default=0.0, metavar="P", help="share of radio frames lost, 0 to 0.9 (0)"
    )
    demo.add_argument("--replay", type=Path, metavar="DIR", help="replay recorded series (CSV) as sensors")
    demo.add_argument("--region", choices=DEMO_REGIONS, default="EU868", help="(EU868)")
    demo.add_argument("--seed", type=int, default=1, help="of everything random in the plant (1)")
    demo.add_argument("--data", type=Path, metavar="DIR", help="keep everything there between runs")
    demo.add_argument(
        "--port", type=_port, default=8700, help="of the page; the parts take the next four (8700)"
    )
    demo.set_defaults(command=_demo)


def _at_least(kind: Callable[[str], float], least: float) -> Callable[[str], float]:
    def convert(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
        if not least <= value < float("inf"):
            raise argparse.ArgumentTypeError(f"is {text}, expected at least {least}")
        return value

    return convert


def _share(text: str) -> float:
    value = _at_least(float, 0)(text)
    if value > 0.9:
        raise argparse.ArgumentTypeError(f"is {text}, expected 0 to 0.9")
    return value


def _port(text: str) -> int:
    value = int(_at_least(int, 1)(text))
    if value > 65_531:
        raise argparse.ArgumentTypeError(f"is {text}, expected 1 to 65531")
    return value


# The rooms are imported only by their own command: a bridge has no boto3, a cloud no paho.


def _demo(arguments: argparse.Namespace, stop: threading.Event) -> int:
    from farwire.demo.main import DemoOptions, run  # noqa: PLC0415

    names = ("nodes", "speed", "minutes", "loss", "replay", "region", "seed", "data", "port")
    return run(DemoOptions(**{name: getattr(arguments, name) for name in names}), stop)


def _twin(arguments: argparse.Namespace, stop: threading.Event) -> int:
    from farwire import settings_file  # noqa: PLC0415
    from farwire_twin.errors import TwinError  # noqa: PLC0415
    from farwire_twin.main import run  # noqa: PLC0415
    from farwire_twin.settings import TwinSettings  # noqa: PLC0415

    settings = settings_file.load(TwinSettings, "twin", arguments.config, os.environ)
    try:
        return run(settings, stop)
    except (TwinError, OSError) as error:
        raise PartFailedError(f"the twin: {error}") from error


def _bridge(arguments: argparse.Namespace, stop: threading.Event) -> int:
    from farwire import settings_file  # noqa: PLC0415
    from farwire_bridge.errors import BridgeError  # noqa: PLC0415
    from farwire_bridge.main import run  # noqa: PLC0415
    from farwire_bridge.settings import Settings as BridgeSettings  # noqa: PLC0415

    settings = settings_file.load(BridgeSettings, "bridge", arguments.config, os.environ)
    try:
        run(settings, stop)
    except (BridgeError, OSError) as error:
        raise PartFailedError(f"the bridge: {error}") from error
    return 0


def _cloud(arguments: argparse.Namespace, stop: threading.Event) -> int:
    from farwire import settings_file  # noqa: PLC0415
    from farwire_cloud.errors import CloudError  # noqa: PLC0415
    from farwire_cloud.main import run  # noqa: PLC0415
    from farwire_cloud.settings import CloudSettings  # noqa: PLC0415

    settings = settings_file.load(CloudSettings, "cloud", arguments.config, os.environ)
    try:
        run(settings, stop)
    except (CloudError, OSError) as error:
        raise PartFailedError(f"the cloud: {error}") from error
    return 0


def _node(arguments: argparse.Namespace, stop: threading.Event) -> int:
    from farwire import settings_file  # noqa: PLC0415
    from farwire_node.errors import NodeError  # noqa: PLC0415
    from farwire_node.modems.settings_host import NodeSettings  # noqa: PLC0415

    settings = settings_file.load(NodeSettings, "node", arguments.config, os.environ)
    if settings.link == "modem":
        from farwire_node.modems.main_host import run  # noqa: PLC0415
    else:
        from farwire_node.ip.main_host import run  # noqa: PLC0415
    try:
        run(settings, stop)
    except (NodeError, OSError) as error:
        raise PartFailedError(f"the node: {error}") from error
    return 0


def _broker(arguments: argparse.Namespace, stop: threading.Event) -> int:
    from farwire.embedded.broker import run  # noqa: PLC0415

    password = os.environ.get("FARWIRE_BROKER_PASSWORD")
    if not password:
        raise FarwireError("the broker needs a password for its clients in FARWIRE_BROKER_PASSWORD")
    run(arguments.host, arguments.port, password, stop)
    return 0


def _engine(arguments: argparse.Namespace, stop: threading.Event) -> int:
    from farwire.embedded.engine import run_in_memory  # noqa: PLC0415

    run_in_memory(arguments.host, arguments.port, stop)
    return 0


def _codec(arguments: argparse.Namespace, _stop: threading.Event) -> int:
    from farwire.codec import command  # noqa: PLC0415

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)  # it may wait for standard input, which no event ends
    return command.run(arguments)


def _certificates(arguments: argparse.Namespace, _stop: threading.Event) -> int:
    from farwire_cloud.certificates import make_certificates  # noqa: PLC0415

    made = make_certificates(arguments.folder, tuple(arguments.host) or ("localhost", "127.0.0.1"))
    print(f"certificates in {arguments.folder}: {made}")
    return 0
