"""The blueprint all pages of accounts hang on."""

from quart import Blueprint

accounts = Blueprint("accounts", __name__)
