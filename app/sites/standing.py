"""The situation in which the modules of an opened site stand."""

from app.sites.opened import OpenSite
from app.sites.rooms import read_rooms, situation_in
from modules.contract import Situation


def situation_of(site: OpenSite) -> Situation:
    """Say who looks, what was answered and who sells."""
    return situation_in(
        read_rooms(site.composition.places),
        site.profile,
        site.answers_by_kind,
        currency=site.plan.currency,
        rep_name=site.seller.name,
    )
