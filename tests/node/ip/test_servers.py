"""Which servers a node tries: its configuration's, else its own; one after the other until one holds."""

from farwire_codecs import configuration
from farwire_codecs import configuration_keys as keys
from farwire_codecs.configuration import Setting
from farwire_node.control.configuration import CONFIGURATION_KEY
from farwire_node.ip.servers import HTTP, MQTT, Server, Turns, configured
from farwire_node.storage import MemoryStorage

USUAL = Server("mqtts", "usual", 8883, "farwire", "me", "secret")


def storage_with(*settings: Setting) -> MemoryStorage:
    storage = MemoryStorage()
    document = configuration.canonical(settings)
    storage.save(CONFIGURATION_KEY, configuration.encode_document(document))
    return storage


def test_without_a_configuration_there_is_the_usual_server() -> None:
    assert configured(MemoryStorage(), MQTT, USUAL) == [USUAL]
    damaged = MemoryStorage()
    damaged.save(CONFIGURATION_KEY, b"\xff\xff")
    assert configured(damaged, MQTT, USUAL) == [USUAL]


def test_servers_come_in_the_order_of_their_indices_and_what_is_not_said_is_as_usual() -> None:
    storage = storage_with(
        Setting(keys.SERVER_HOST, 1, "second"),
        Setting(keys.SERVER_HOST, 0, "first"),
        Setting(keys.SERVER_PORT, 0, 1234),
        Setting(keys.SERVER_USER, 1, "else"),
        Setting(keys.SERVER_PASSWORD, 1, b"other"),
        Setting(keys.SERVER_PATH, 1, "plant/7"),
        Setting(keys.SERVER_PROTOCOL, 1, 2),
    )

    assert configured(storage, MQTT, USUAL) == [
        Server("mqtts", "first", 1234, "farwire", "me", "secret"),
        Server("mqtt", "second", 1883, "plant/7", "else", "other"),
    ]


def test_servers_of_another_protocol_are_not_for_this_link() -> None:
    storage = storage_with(
        Setting(keys.SERVER_HOST, 0, "web"),
        Setting(keys.SERVER_PROTOCOL, 0, 1),
    )

    assert configured(storage, MQTT, USUAL) == [USUAL]
    assert [server.host for server in configured(storage, HTTP, USUAL)] == ["web"]


def test_a_server_that_holds_is_tried_first_again_and_one_that_does_not_gives_way() -> None:
    one, two = USUAL, USUAL._replace(host="two")
    turns = Turns([one, two])

    assert turns.next() == one
    assert turns.next() == two
    turns.held()
    turns.held()
    assert turns.next() == two
    assert turns.next() == one
