"""Stamps: a number that is another one after every change of a row.

A page drawn once is shown again as long as all stamps and facts behind it are the same. What the
number is means nothing, so a row that goes back to what it was is a change too.
"""

import secrets
from typing import Annotated

from sqlalchemy import BigInteger, text
from sqlalchemy.orm import mapped_column

STAMP_BITS = 48
"""So few that a sum of all stamps of a site's answers still is a number for the database."""


def fresh_stamp() -> int:
    """Return a number that was none of this row's stamps."""
    return secrets.randbits(STAMP_BITS)


Stamp = Annotated[
    int,
    mapped_column(BigInteger, default=fresh_stamp, onupdate=fresh_stamp, server_default=text("0")),
]
"""Renewed by whatever SQLAlchemy writes, rows and statements alike. An upsert must say it."""
