"""Whatever comes down on whatever port: the node goes on."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from farwire_codecs import acknowledgement, command, log_piece, ports
from farwire_codecs import configuration as codec
from farwire_codecs.acknowledgement import Acknowledgement
from tests.codecs.configuration_strategies import documents
from tests.node.program.fakes import Bench, Lamp

OURS = (ports.ACKNOWLEDGEMENT, ports.COMMAND, ports.CONFIGURATION, ports.LPP_ACTUATORS)

junk = st.tuples(st.sampled_from(OURS) | st.integers(1, 223), st.binary(max_size=51))
numbers = st.integers(0, 65_535)
orders = st.one_of(
    st.builds(command.SetOutput, numbers, st.integers(0, 255), st.integers(-32_768, 32_767)),
    st.builds(command.ReportState, numbers),
    st.builds(command.Reboot, numbers),
    st.builds(command.SendLog, numbers, st.sampled_from(log_piece.KINDS), numbers),
    st.builds(command.Erase, numbers, st.integers(1, command.ALL_HELD)),
).map(lambda order: (ports.COMMAND, command.encode(order)))
stored = st.builds(
    Acknowledgement,
    st.integers(0, 3_000),
    st.just(b""),
    st.integers(0, 3_000),
    st.booleans(),
    st.booleans(),
).map(lambda found: (ports.ACKNOWLEDGEMENT, acknowledgement.encode(found, 51)))
pieces = documents.flatmap(
    lambda document: st.sampled_from([(ports.CONFIGURATION, frame) for frame in codec.pieces(document, 51)])
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(junk | orders | stored | pieces, max_size=6))
def test_no_downlink_ends_the_program(frames: list[tuple[int, bytes]]) -> None:
    bench = Bench(actuators=(Lamp(),))
    bench.run(120)
    bench.cloud.silent = True

    for frame in frames:
        bench.cloud.queue.append(frame)
        bench.run(300)

    bench.restart(saved=True)
    bench.run(60)
    assert bench.node.pending() >= 0
