"""The blueprint that all pages of campaigns attach to."""

from quart import Blueprint

from app.accounts.access import signed_in
from app.accounts.models import Role

campaigns = Blueprint("campaigns", __name__)
sellers = signed_in(Role.ADMIN, Role.REP)
