"""Tables of tracking."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Table


class Visitor(Table):
    """An anonymous browser on a campaign site that said yes; bound to a person by the lead form.

    The cookie (a unique number, valid under /c/<slug> only) is stored as a digest.
    """

    __tablename__ = "visitors"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"))
    prospect_id: Mapped[UUID | None] = mapped_column(ForeignKey("prospects.id"), index=True)
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]


class Consent(Table):
    """A choice about being tracked, kept as proof; the newest one of a browser counts.

    `browser_id` is a SiteBrowser or a Visitor. `how` is "notice", "footer", or "signal" for
    a browser that sends Sec-GPC or DNT.
    """

    __tablename__ = "consents"
    __table_args__ = (Index("ix_consents_browser_id_at", "browser_id", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    browser_id: Mapped[UUID]
    prospect_id: Mapped[UUID | None] = mapped_column(index=True)
    is_yes: Mapped[bool]
    how: Mapped[str] = mapped_column(String(10))
    notice_version: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(20), default="")
    at: Mapped[datetime]


class Visit(Table):
    """One viewing of a site in one tab. The browser makes its id; the server checks who owns it.

    Live while `ended_at` is empty. `away_at` is set while no socket is open; `held_by` names the
    socket that opened the visit last, wherever it is: only when that one closes is anybody away.
    `last_seq` is the number of its last act: all up to it are stored, none above.
    """

    __tablename__ = "visits"
    __table_args__ = (
        Index("ix_visits_workspace_id_ended_at", "workspace_id", "ended_at"),
        Index("ix_visits_prospect_id_started_at", "prospect_id", "started_at"),
        Index(
            "ix_visits_live",
            "seen_at",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"))
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    browser_id: Mapped[UUID] = mapped_column(index=True)
    site_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("sites.id", ondelete="CASCADE"), index=True
    )
    prospect_id: Mapped[UUID | None] = mapped_column(ForeignKey("prospects.id", ondelete="CASCADE"))
    is_staff: Mapped[bool] = mapped_column(default=False)
    device: Mapped[str] = mapped_column(String(60), default="")
    source: Mapped[dict[str, Any]] = mapped_column(default=dict)
    last_seq: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    held_by: Mapped[str] = mapped_column(String(40), default="", server_default="")
    away_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    summary: Mapped[dict[str, Any]] = mapped_column(default=dict)


class ActKind(StrEnum):
    """What people do. The campaign chooses which kinds are recorded."""

    OPENED = "opened"
    CLICKED = "clicked"
    ANSWERED = "answered"
    MEDIA = "media"
    MOVED = "moved"
    SCROLLED = "scrolled"
    LEFT = "left"


class Act(Table):
    """One thing a visitor did, stored exactly once by the browser's own number (visit, seq).

    `name` is the `data-act` word, `module` the module's key, `target` what was acted on.
    `is_repeat` marks a repeat click on the same thing. `happened_at` is the browser's clock and
    for display only; order is by `seq`.
    """

    __tablename__ = "acts"
    __table_args__ = (UniqueConstraint("visit_id", "seq"),)

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visits.id", ondelete="CASCADE"))
    seq: Mapped[int]
    kind: Mapped[ActKind] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(60), default="")
    module: Mapped[str] = mapped_column(String(60), default="")
    target: Mapped[str] = mapped_column(String(200), default="")
    text: Mapped[str] = mapped_column(String(300), default="")
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    is_repeat: Mapped[bool] = mapped_column(default=False)
    happened_at: Mapped[datetime]
    stored_at: Mapped[datetime]
