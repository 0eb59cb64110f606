"""What travels with the lead form, so that it works without cookies, and who may send it."""

from datetime import timedelta

from pydantic import ValidationError

from app.accounts.limits import Limit
from app.campaigns.shapes import Source
from app.tokens import make_token, seal, unseal
from modules.contract import Form

A_DAY_S = 86_400
AN_HOUR_S = 3_600
ARRIVAL, SENT_TO = "lead-arrival", "lead-sent-to"
TRAP = "homepage"
"""A field that people do not see. What fills it in is no person."""
LEADS_PER_NETWORK = Limit("lead", most=100, window=timedelta(minutes=10))


def seal_arrival(source: Source, key: str = "") -> str:
    """Seal where somebody came from and a key for this one form, fresh unless one is given."""
    return seal(ARRIVAL, {"source": source.model_dump(mode="json"), "key": key or make_token()})


def unseal_arrival(sealed: str) -> tuple[Source, str]:
    """Return source and form key; a forged or day-old seal counts as coming directly."""
    claims = unseal(ARRIVAL, sealed, max_age_s=A_DAY_S) or {}
    try:
        return Source.model_validate(claims.get("source", {})), str(claims.get("key", ""))
    except ValidationError:
        return Source(), ""


def is_robot(form: Form) -> bool:
    """Whether the field that people do not see is filled in."""
    return any(text.strip() for text in form.get(TRAP, ()))


def seal_sent_to(email: str) -> str:
    """Seal the masked address for the page that says thanks: nobody else can put words there."""
    return seal(SENT_TO, {"to": masked(email)})


def read_sent_to(sealed: str) -> str:
    """Return the masked address, "" when forged or old."""
    return str((unseal(SENT_TO, sealed, max_age_s=AN_HOUR_S) or {}).get("to", ""))


def masked(email: str) -> str:
    """Hide most of an address: "a•••@company.com"."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}•••@{domain}" if local else ""
