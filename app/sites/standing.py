"""The situation in which the modules of an opened site stand."""

from collections.abc import Iterable

from app.sites.opened import OpenSite
from app.sites.rooms import Room, read_rooms, situation_in
from modules.contract import Situation


def situation_of(site: OpenSite, rooms: Iterable[Room] | None = None) -> Situation:
    """Say who looks, what was answered and who sells; `rooms` spares reading them again."""
    return situation_in(
        read_rooms(site.composition.places) if rooms is None else rooms,
        site.profile,
        site.answers_by_kind,
        currency=site.plan.currency,
        rep_name=site.seller.name,
    )
