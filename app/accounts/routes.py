"""The pages of accounts, by noun."""

from app.accounts import (
    account_routes,
    link_routes,
    photo_routes,
    sign_in_routes,
    team_routes,
    workspace_routes,
)
from app.accounts.blueprint import accounts

__all__ = [
    "account_routes",
    "accounts",
    "link_routes",
    "photo_routes",
    "sign_in_routes",
    "team_routes",
    "workspace_routes",
]
