"""Places for drivers under test."""

from farwire_node.sensors.sensor_settings import Place


def place(
    driver: int = 0, address: int = 0, register: int = 0, channel: int = 1, bus: int = 0, index: int = 0
) -> Place:
    return Place(index, driver, bus, address, register, channel, None)
