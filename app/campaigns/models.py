"""Tables of campaigns."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.campaigns.errors import CampaignStateError, StaleEditError
from app.campaigns.stamps import Stamp
from app.db import Table


class CampaignState(StrEnum):
    """Only a live campaign has a public site; a closed one keeps its personal sites."""

    DRAFT = "draft"
    LIVE = "live"
    CLOSED = "closed"


class Campaign(Table):
    """One offer to one market.

    `offer`, `brand`, `modules`, `form_fields` and `tracked` hold the JSON of the shapes in
    `app.campaigns.shapes`; nobody reads them but through those shapes.
    """

    __tablename__ = "campaigns"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(
        ForeignKey("workspaces.id", ondelete="CASCADE"), index=True
    )
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    state: Mapped[CampaignState] = mapped_column(String(10), default=CampaignState.DRAFT)
    offer: Mapped[dict[str, Any]] = mapped_column(default=dict)
    brand: Mapped[dict[str, Any]] = mapped_column(default=dict)
    modules: Mapped[list[Any]] = mapped_column(default=list)
    form_fields: Mapped[list[Any]] = mapped_column(default=list)
    tracked: Mapped[dict[str, Any]] = mapped_column(default=dict)
    logo: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    logo_digest: Mapped[str] = mapped_column(String(16), default="")
    revision: Mapped[int] = mapped_column(default=1)
    stamp: Mapped[Stamp]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def logo_url(self) -> str:
        """The address of the logo, another one for every new logo; "" where there is none."""
        return f"/c/{self.slug}/logo?v={self.logo_digest}" if self.logo_digest else ""

    @property
    def is_live(self) -> bool:
        """Whether the campaign site is open to everybody."""
        return self.state == CampaignState.LIVE

    def turn(self, revision: int, now: datetime) -> None:
        """Begin an edit made on sight of `revision`.

        Raises StaleEditError if something was saved since: two tabs, or two people, must not
        overwrite each other unseen.
        """
        if revision != self.revision:
            raise StaleEditError(self.revision)
        self.revision += 1
        self.updated_at = now

    def launch(self, now: datetime) -> None:
        """Open the campaign site. Raises CampaignStateError if it is open already."""
        if self.is_live:
            raise CampaignStateError("This campaign is live already.")
        self.state, self.updated_at = CampaignState.LIVE, now
        self.revision += 1

    def close(self, now: datetime) -> None:
        """Take the campaign site down; personal sites stay. Raises CampaignStateError."""
        if not self.is_live:
            raise CampaignStateError("Only a live campaign can be closed.")
        self.state, self.updated_at = CampaignState.CLOSED, now
        self.revision += 1


class Lead(Table):
    """One sending of a lead form: who, when, and by which avenue they came (kept for good)."""

    __tablename__ = "leads"
    __table_args__ = (Index("ix_leads_campaign_id_at", "campaign_id", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"))
    prospect_id: Mapped[UUID] = mapped_column(ForeignKey("prospects.id", ondelete="CASCADE"))
    avenue: Mapped[str] = mapped_column(String(40), default="direct")
    source: Mapped[dict[str, Any]] = mapped_column(default=dict)
    form: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[datetime]
