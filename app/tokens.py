"""Secrets that travel: random tokens, their digests, and sealed claims.

Random tokens are stored only as digests, so a stolen database opens no door. Sealed claims
are readable by anyone and forgeable by nobody; they never hold a secret.
"""

import secrets
from collections.abc import Mapping
from hashlib import sha256

from itsdangerous import BadData, URLSafeTimedSerializer

from app.config import settings


def make_token() -> str:
    """Return a fresh random token of 192 bits, safe in a URL."""
    return secrets.token_urlsafe(24)


def digest(token: str) -> str:
    """Return what is stored of a token: its SHA-256 as 64 hex digits."""
    return sha256(token.encode()).hexdigest()


def seal(purpose: str, claims: Mapping[str, object]) -> str:
    """Sign claims for one purpose; only `unseal` with the same purpose accepts them."""
    return URLSafeTimedSerializer(settings().secret_key, salt=purpose).dumps(dict(claims))


def unseal(purpose: str, sealed: str, *, max_age_s: int) -> dict[str, object] | None:
    """Return the claims, or None when forged, too old, or sealed for another purpose."""
    try:
        claims = URLSafeTimedSerializer(settings().secret_key, salt=purpose).loads(
            sealed, max_age=max_age_s
        )
    except BadData:
        return None
    return claims if isinstance(claims, dict) else None
