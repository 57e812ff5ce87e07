"""Where a plant's gateways and nodes stand."""

import math
import random

from farwire_twin.world.links import Links
from farwire_twin.world.propagation import Place

# An installer moves a node that does not reach a gateway with this much to spare, at a middle data rate and
# the usual power. The slower ones then have more.
SURVEY_SF, SURVEY_BW_HZ, SURVEY_POWER_DBM = 9, 125_000, 14
MARGIN_DB = 10.0
TRIES = 50


def gateway_places(count: int, radius_m: float) -> list[Place]:
    """One gateway in the middle, more on a ring half way out."""
    if count == 1:
        return [Place(0.0, 0.0)]
    angles = [2 * math.pi * index / count for index in range(count)]
    return [Place(radius_m / 2 * math.cos(angle), radius_m / 2 * math.sin(angle)) for angle in angles]


def node_places(count: int, radius_m: float, gateways: list[Place], links: Links, seed: int) -> list[Place]:
    """Evenly over the disc, each with a good link to some gateway if one is found at all."""
    draw = random.Random(f"places {seed}")
    return [_place(radius_m, gateways, links, draw) for _ in range(count)]


def _place(radius_m: float, gateways: list[Place], links: Links, draw: random.Random) -> Place:
    best, best_db = Place(0.0, 0.0), -math.inf
    for _ in range(TRIES):
        distance_m, angle = radius_m * math.sqrt(draw.random()), 2 * math.pi * draw.random()
        place = Place(distance_m * math.cos(angle), distance_m * math.sin(angle))
        margin_db = max(
            links.margin_db(place, gateway, SURVEY_POWER_DBM, SURVEY_SF, SURVEY_BW_HZ) for gateway in gateways
        )
        if margin_db > best_db:
            best, best_db = place, margin_db
        if margin_db >= MARGIN_DB:
            break
    return best
