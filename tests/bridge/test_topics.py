"""ChirpStack's event topics."""

import pytest

from farwire_bridge import topics


def test_an_event_topic_tells_application_device_and_event() -> None:
    topic = topics.parse("application/17c8/device/0102030405060708/event/up")

    assert topic == topics.EventTopic("17c8", "0102030405060708", "up")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "application/17c8/device/0102030405060708/command/down",
        "application/17c8/device/01020304050607/event/up",
        "application/17c8/device/01020304050607AB/event/up",
        "application/17c8/device/0102030405060708/event/up/more",
        "eu868/gateway/0102030405060708/event/up",
    ],
)
def test_any_other_topic_is_strange(name: str) -> None:
    assert topics.parse(name) is None


def test_without_applications_all_are_subscribed() -> None:
    assert topics.filters((), "") == ["application/+/device/+/event/+"]


def test_a_shared_group_shares_the_subscription_of_each_application() -> None:
    assert topics.filters(("a", "b"), "bridges") == [
        "$share/bridges/application/a/device/+/event/+",
        "$share/bridges/application/b/device/+/event/+",
    ]
