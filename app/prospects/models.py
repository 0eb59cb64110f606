"""Tables of prospects."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Table
from app.prospects.words import fold


class Company(Table):
    """An organisation. Nameless ones exist: a person whose industry is known and employer not.

    `name_key` is the name as compared (folded, single spaces), unique in a workspace where set.
    """

    __tablename__ = "companies"
    __table_args__ = (
        UniqueConstraint("workspace_id", "name_key"),
        Index("ix_companies_workspace_id_industry", "workspace_id", "industry"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(200), default="")
    name_key: Mapped[str | None] = mapped_column(String(200))
    industry: Mapped[str] = mapped_column(String(80), default="")
    employees: Mapped[int | None]
    address: Mapped[str] = mapped_column(String(400), default="")
    phone: Mapped[str] = mapped_column(String(60), default="")
    fax: Mapped[str] = mapped_column(String(60), default="")
    website: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def size(self) -> str:
        """The number of employees for reading, "" where unknown."""
        return "" if self.employees is None else f"{self.employees:,}"


NARROWED_BY = ("workspace_id", "owner_id", "company_id", "active_at", "source", "search_text")
"""Everything the list is narrowed by stands in one index: searching reads that, not the rows."""
LONGEST_SEARCH_TEXT = 1_500
"""In bytes: PostgreSQL takes 2,704 of them per index entry."""


def _list_indexes(*orders: str) -> list[Index]:
    """Return two indexes per order of the list: one for admins, one for owners.

    Both end with the id, so that a page is read straight off the index even where thousands
    share a date.
    """
    scopes = (("workspace_id",), ("workspace_id", "owner_id"))
    return [
        Index(f"ix_prospects_{'_'.join(scope)}_{order}", *scope, order, "id")
        for order in orders
        for scope in scopes
    ]


class Prospect(Table):
    """A person we sell to, known by the normalised e-mail address within the workspace.

    `search_text` is what the list searches: folded name, address, title and company.
    `company_key` repeats the company's `name_key`, so that the list sorts by company without a
    join. `guessed` names the facts ("name", "company") read out of the address: anything told
    replaces them.
    """

    __tablename__ = "prospects"
    __table_args__ = (
        UniqueConstraint("workspace_id", "email"),
        *_list_indexes("active_at", "sort_name", "company_key", "created_at"),
        Index("ix_prospects_narrow", *NARROWED_BY, "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    company_id: Mapped[UUID | None] = mapped_column(ForeignKey("companies.id"), index=True)
    email: Mapped[str] = mapped_column(String(320))
    name: Mapped[str] = mapped_column(String(200), default="")
    sort_name: Mapped[str] = mapped_column(String(200), default="")
    title: Mapped[str] = mapped_column(String(120), default="")
    phone: Mapped[str] = mapped_column(String(60), default="")
    fax: Mapped[str] = mapped_column(String(60), default="")
    address: Mapped[str] = mapped_column(String(400), default="")
    custom: Mapped[dict[str, Any]] = mapped_column(default=dict)
    source: Mapped[str] = mapped_column(String(80), default="")
    search_text: Mapped[str] = mapped_column(String(900), default="")
    company_key: Mapped[str] = mapped_column(String(200), default="")
    guessed: Mapped[list[Any]] = mapped_column(default=list)
    active_at: Mapped[datetime]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    company: Mapped[Company | None] = relationship(lazy="raise")

    @property
    def shown_name(self) -> str:
        """What stands in headings: the name, or the address while no name is known."""
        return self.name or self.email

    @property
    def first_name(self) -> str:
        """The first word of the name, "" while no name is known."""
        return self.name.partition(" ")[0]

    def is_guess(self, fact: str) -> bool:
        """Whether "name" or "company" was only read out of the address."""
        return fact in self.guessed

    def belong_to(self, company: Company | None) -> None:
        """Move the person to a company, or to none."""
        self.company = company
        self.company_id = company.id if company else None
        self.index(company)

    def index(self, company: Company | None) -> None:
        """Refresh what the list sorts and searches by; needed after any change of these facts."""
        self.sort_name = fold(self.shown_name)[:200]
        self.company_key = (company.name_key or "") if company else ""
        words = (self.name, self.email, self.title, company.name if company else "")
        text = fold(" ".join(word for word in words if word))[:900]
        self.search_text = text.encode()[:LONGEST_SEARCH_TEXT].decode(errors="ignore")


class ProspectGrant(Table):
    """A support user was given this prospect."""

    __tablename__ = "prospect_grants"

    prospect_id: Mapped[UUID] = mapped_column(
        ForeignKey("prospects.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    granted_at: Mapped[datetime]


class TimelineEntry(Table):
    """Something that happened with a person, written by whichever capability saw it.

    `kind` is a short word ("letter", "visit", "import", "note"), `title` one line for people,
    `details` more of it as (label, value) pairs. `key` makes a repeat harmless.
    """

    __tablename__ = "timeline_entries"
    __table_args__ = (Index("ix_timeline_entries_prospect_id_at", "prospect_id", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    prospect_id: Mapped[UUID] = mapped_column(ForeignKey("prospects.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(300))
    details: Mapped[list[Any]] = mapped_column(default=list)
    link: Mapped[str] = mapped_column(String(300), default="")
    by_user_id: Mapped[UUID | None]
    key: Mapped[str | None] = mapped_column(String(200), unique=True)
    at: Mapped[datetime]


class ProspectImport(Table):
    """An uploaded CSV on its way: mapped, previewed, then brought in as a whole or not at all."""

    __tablename__ = "prospect_imports"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    file_name: Mapped[str] = mapped_column(String(200))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[dict[str, Any]] = mapped_column(default=dict)
