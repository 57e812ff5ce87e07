"""Whatever a sender puts into an entry: it is answered, and it harms nothing beside it."""

from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from farwire_cloud.store.table import Table
from farwire_codecs import lpp_types
from farwire_contract.v1 import telemetry_pb2 as contract
from tests.cloud.copies import copy_of, pool, stored_numbers
from tests.cloud.examples import EUI, OTHER_EUI, entry, reading, records_entry
from tests.cloud.memory_table import MemoryTable
from tests.cloud.stores import empty_table, engine

RANGES = {
    FieldDescriptor.TYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.TYPE_UINT64: (0, 2**64 - 1),
    FieldDescriptor.TYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.TYPE_SINT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.TYPE_SINT32: (-(2**31), 2**31 - 1),
}
TEXTS = st.sampled_from([EUI, OTHER_EUI, "", "a1", "01020304", "\x00", "ä\U0001f600", "x" * 600]) | st.text(
    max_size=9
)


def value_of(field: FieldDescriptor) -> st.SearchStrategy[Any]:
    if field.message_type is not None:
        return message_of(field.message_type)
    if field.type in RANGES:
        low, high = RANGES[field.type]
        usual = [n for n in (0, 1, 2, 5, 103, 136, 255, 256, 1_785_000_000_000) if n <= high]
        return st.sampled_from(usual) | st.integers(low, high)
    if field.type == FieldDescriptor.TYPE_ENUM:
        return st.integers(0, 7)
    if field.type == FieldDescriptor.TYPE_FLOAT:
        return st.floats(width=32)
    if field.type == FieldDescriptor.TYPE_DOUBLE:
        return st.floats()
    if field.type == FieldDescriptor.TYPE_BYTES:
        return st.binary(max_size=40)
    return st.booleans() if field.type == FieldDescriptor.TYPE_BOOL else TEXTS


def message_of(descriptor: Descriptor) -> st.SearchStrategy[dict[str, Any]]:
    """Keyword arguments of a message, each field set or left out."""
    fields: dict[str, st.SearchStrategy[Any]] = {}
    for field in descriptor.fields:
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            fields[field.name] = st.dictionaries(TEXTS, TEXTS, max_size=3)
        elif field.is_repeated:
            fields[field.name] = st.lists(value_of(field), max_size=3)
        else:
            fields[field.name] = value_of(field)
    return st.fixed_dictionaries({}, optional=fields)


bodies = st.sampled_from([f.name for f in contract.Entry.DESCRIPTOR.oneofs_by_name["body"].fields]).flatmap(
    lambda name: message_of(contract.Entry.DESCRIPTOR.fields_by_name[name].message_type).map(
        lambda content: {name: content}
    )
)
plausible = st.builds(
    lambda body, dev_eui: contract.Entry.FromString(entry(dev_eui, id_=9, **body).SerializeToString()),
    bodies,
    st.sampled_from([EUI, "70b3d57ed00000aa"]),
)
anything = message_of(contract.Entry.DESCRIPTOR).map(lambda content: contract.Entry(**one_body(content)))


def one_body(content: dict[str, Any]) -> dict[str, Any]:
    """The last of the bodies alone, as the wire would have it."""
    names = [f.name for f in contract.Entry.DESCRIPTOR.oneofs_by_name["body"].fields if f.name in content]
    return {name: value for name, value in content.items() if name not in names[:-1]}


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(plausible | anything, max_size=4))
@example([entry(id_=9, live=contract.LiveValues(readings=[reading(0, 65_535, [2**63 - 1] * 16)]))])
def test_any_entry_is_stored_or_refused_and_leaves_the_others_alone(strange: list[contract.Entry]) -> None:
    check_answers(MemoryTable(), strange)


def test_what_any_entry_leads_to_is_something_that_a_real_engine_takes() -> None:
    with engine("dynoxide") as endpoint_url:
        table = empty_table("dynoxide", endpoint_url)

        @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(st.lists(plausible | anything, max_size=4))
        def check(strange: list[contract.Entry]) -> None:
            check_answers(table, strange)

        check()


def check_answers(table: Table, strange: list[contract.Entry]) -> None:
    with pool() as executor:
        copy = copy_of(table, executor)

        answer = copy.deliver(*strange, records_entry([1, 2], OTHER_EUI, id_=77))
        again = copy.deliver(*strange, records_entry([1, 2], OTHER_EUI, id_=77))
        copy.devices.write_views()

    assert [result.id for result in answer.results] == [*(each.id for each in strange), 77]
    assert answer.results[-1].status == contract.STORED
    assert {result.status for result in answer.results} <= {contract.STORED, contract.REFUSED}
    assert all(result.detail for result in answer.results if result.status == contract.REFUSED)
    assert [result.status for result in again.results] == [result.status for result in answer.results]
    assert {1, 2} <= set(stored_numbers(table, OTHER_EUI))


@given(st.sampled_from(sorted(lpp_types.TYPES)), st.data())
def test_every_value_that_a_type_can_carry_is_accepted(lpp_type: int, data: st.DataObject) -> None:
    from farwire_cloud.ingest.validate import delivery

    axes = lpp_types.TYPES[lpp_type].axes
    raw = [data.draw(st.integers(*lpp_types.limits(axis))) for axis in axes]

    found = delivery(entry(live=contract.LiveValues(readings=[reading(1, lpp_type, raw)])))

    assert found.body.readings[0].raw == tuple(raw)  # type: ignore[union-attr]
