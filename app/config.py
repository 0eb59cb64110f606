"""Every setting, its unit and its default. Each is an environment variable of the same name.

`.env.example` is generated from this file (`rapport settings`), and a test keeps them equal.
"""

import secrets
from functools import cache
from pathlib import Path

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What an operator may change without touching code."""

    model_config = SettingsConfigDict(
        env_file=".env", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    host: str = Field("127.0.0.1", description="Address the web server listens on.")
    port: int = Field(8000, ge=1, le=65535, description="TCP port the web server listens on.")
    base_url: str = Field(
        "",
        description="Public address without a trailing slash; links in letters begin with it."
        " Empty: http://127.0.0.1:PORT.",
    )
    allowed_origins: list[str] = Field(
        [], description="Further origins that may open a socket, as a JSON list."
    )
    var_dir: Path = Field(
        Path("var"), description="Folder for the database, uploads, the demo file and the secret."
    )
    database_url: str = Field(
        "", description="SQLAlchemy address of the database. Empty: SQLite in VAR_DIR."
    )
    sqlite_synchronous: str = Field(
        "NORMAL",
        pattern="^(NORMAL|FULL)$",
        description="SQLite durability: NORMAL survives a killed process, FULL a power cut too.",
    )
    commit_wait_ms: float = Field(
        1.0,
        ge=0,
        le=50,
        description="Milliseconds acts wait for company before they are stored in one commit.",
    )
    redis_url: str = Field(
        "",
        repr=False,
        pattern="^$|^(redis|rediss|unix)://",
        description="redis://user:password@host:port, rediss:// for TLS: wakes the other processes"
        " for what is new in the database. Empty: they look every few seconds.",
    )
    secret_key: str = Field(
        "",
        repr=False,
        description="Signs cookies and page tokens. Empty: made once and kept in VAR_DIR/secret.",
    )
    smtp_url: str = Field(
        "",
        repr=False,
        description="smtp://user:password@host:port, smtps:// for TLS from the start, and"
        " smtp+starttls:// to insist on STARTTLS. Empty: mail stays in the outbox page.",
    )
    mail_from: str = Field(
        "Rapport <rapport@localhost>", description="From address of account mails."
    )
    worker_in_web: bool = Field(
        default=True,
        description="Run the jobs inside the web process; false when `rapport worker` runs.",
    )
    fast_lane: bool = Field(
        default=True,
        description="Take live messages by the short way through the socket; false: all of them by"
        " python-socketio's own.",
    )
    stop_notice_s: float = Field(
        1,
        ge=0,
        le=60,
        description="Seconds a stopping web process still serves while /readyz says 503, so that"
        " proxies take it out first.",
    )
    trusted_proxies: int = Field(
        0,
        ge=0,
        le=5,
        description="How many reverse proxies stand in front (X-Forwarded-* hops trusted).",
    )
    session_days: int = Field(7, ge=1, description="Days after which a rep signs in again.")
    session_idle_hours: int = Field(
        8, ge=1, description="Hours of silence after which a rep signs in again."
    )
    personal_link_days: int = Field(180, ge=1, description="Days a personal link stays valid.")
    visit_silence_s: int = Field(
        30, ge=5, description="Seconds of silence after which a visit is over."
    )
    visit_grace_s: int = Field(
        5, ge=1, description="Seconds a visitor may be gone (a reload) before the visit is over."
    )
    acts_days: int = Field(
        365, ge=1, description="Days after which what visitors did is deleted; the notice says so."
    )
    upload_max_bytes: int = Field(
        10_000_000, ge=1, description="Largest accepted upload, in bytes."
    )
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")
    slow_request_ms: int = Field(
        1000, ge=0, description="Requests that took this many milliseconds or more are logged."
    )
    metrics_token: str = Field(
        "",
        repr=False,
        description="Who reads /metrics sends this as a bearer token. Empty: only this machine and"
        " private networks, directly.",
    )

    @model_validator(mode="after")
    def _fill_in(self) -> "Settings":
        """Derive what was left empty. Frozen to everybody else."""
        derived = {
            "base_url": self.base_url.rstrip("/") or f"http://127.0.0.1:{self.port}",
            "database_url": self.database_url
            or f"sqlite+aiosqlite:///{self.var_dir / 'rapport.db'}",
            "secret_key": self.secret_key or _kept_secret(self.var_dir),
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)
        return self


def _kept_secret(var_dir: Path) -> str:
    """Return the installation's secret, made at the first start and readable by its owner only."""
    path = var_dir / "secret"
    if not path.exists():
        var_dir.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48))
    return path.read_text().strip()


@cache
def settings() -> Settings:
    """Return the settings of this process, read once."""
    return Settings()
