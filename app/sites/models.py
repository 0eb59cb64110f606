"""Tables of sites."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.campaigns.stamps import Stamp
from app.db import Table


class Site(Table):
    """The site of one person in one campaign. `published_number` is the version people see."""

    __tablename__ = "sites"
    __table_args__ = (UniqueConstraint("campaign_id", "prospect_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(
        ForeignKey("workspaces.id", ondelete="CASCADE"), index=True
    )
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"))
    prospect_id: Mapped[UUID] = mapped_column(
        ForeignKey("prospects.id", ondelete="CASCADE"), index=True
    )
    published_number: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]


class VersionState(StrEnum):
    """A draft waits for the rep; a published one was seen; a discarded one never was."""

    DRAFT = "draft"
    PUBLISHED = "published"
    DISCARDED = "discarded"


class SiteVersion(Table):
    """One composition of a site, never changed afterwards. `because` says what led to it."""

    __tablename__ = "site_versions"

    site_id: Mapped[UUID] = mapped_column(
        ForeignKey("sites.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    composition: Mapped[dict[str, Any]]
    state: Mapped[VersionState] = mapped_column(String(10))
    because: Mapped[str] = mapped_column(String(300))
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]

    def has_been_seen_after(self, number: int) -> bool:
        """Whether this version was online and the site went back to `number` afterwards."""
        return self.state == VersionState.PUBLISHED and self.number > number

    def publish(self, now: datetime) -> None:
        """Mark the version as seen; the date people first saw it does not move."""
        self.state = VersionState.PUBLISHED
        self.published_at = self.published_at or now


class PersonalLink(Table):
    """A way in, found in a letter. Only the digest of its token is stored; >= 128 bits."""

    __tablename__ = "personal_links"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), index=True)
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    purpose: Mapped[str] = mapped_column(String(20), default="letter")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]


class SiteBrowser(Table):
    """A browser that came through a personal link; its cookie is valid under this site's path only.

    A staff browser (a rep looking at a prospect's site) is marked, never counted, and what it
    answers stays here in `staff_answers` and never reaches the prospect's answers.
    """

    __tablename__ = "site_browsers"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), index=True)
    link_id: Mapped[UUID] = mapped_column(ForeignKey("personal_links.id", ondelete="CASCADE"))
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    is_staff: Mapped[bool] = mapped_column(default=False)
    staff_answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class Answer(Table):
    """What the person said in one module of their site; there again at the next visit."""

    __tablename__ = "answers"

    site_id: Mapped[UUID] = mapped_column(
        ForeignKey("sites.id", ondelete="CASCADE"), primary_key=True
    )
    module_key: Mapped[str] = mapped_column(String(60), primary_key=True)
    answers: Mapped[dict[str, Any]]
    headline: Mapped[str] = mapped_column(String(300), default="")
    answered_at: Mapped[datetime]
    stamp: Mapped[Stamp]
