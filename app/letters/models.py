"""Tables of letters."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Table


class FormLetter(Table):
    """The letter of a campaign before it is merged: subject and text with {merge fields}."""

    __tablename__ = "form_letters"

    campaign_id: Mapped[UUID] = mapped_column(
        ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True
    )
    subject: Mapped[str] = mapped_column(String(300))
    text: Mapped[str]
    mjml: Mapped[str] = mapped_column(default="")
    updated_at: Mapped[datetime]


class Letter(Table):
    """The ledger: one row per campaign and person, so nobody gets a letter twice.

    Where the message is, its mail says.
    """

    __tablename__ = "letters"
    __table_args__ = (UniqueConstraint("campaign_id", "prospect_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"))
    prospect_id: Mapped[UUID] = mapped_column(
        ForeignKey("prospects.id", ondelete="CASCADE"), index=True
    )
    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    mail_id: Mapped[UUID | None] = mapped_column(ForeignKey("mails.id"))
    created_at: Mapped[datetime]
