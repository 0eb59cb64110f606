"""What becomes of facts told about a person already known.

Empty facts are filled in, others stay as they are and the difference is noted. Pure rules over
loaded rows; no I/O.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID, uuid4

from app.prospects.models import Company, Prospect
from app.prospects.shapes import LABELS, MOST_CUSTOM, Person
from app.prospects.words import fold, name_key

Differences = list[tuple[str, str]]
"""(label, what was told) for each fact that differs from what is kept."""

OWN_FACTS = ("name", "title", "address", "phone", "fax")
COMPANY_FACTS = ("industry", "employees", "website")


class CompanyBook:
    """The companies of one workspace that a command may need, by key; makes missing ones."""

    def __init__(self, workspace_id: UUID, known: Iterable[Company], *, now: datetime) -> None:
        self.workspace_id = workspace_id
        self.now = now
        self.made: list[Company] = []
        self._by_key = {company.name_key: company for company in known}

    def find(self, name: str) -> Company | None:
        """Return the company of this name, if there is one."""
        return self._by_key.get(name_key(name)) if name else None

    def named(self, name: str) -> Company:
        """Return the company of this name, made if need be; "" makes a nameless one."""
        found = self.find(name)
        if found is not None:
            return found
        company = Company(
            id=uuid4(), workspace_id=self.workspace_id, name=name, name_key=name_key(name),
            industry="", address="", phone="", fax="", website="",
            created_at=self.now, updated_at=self.now,
        )  # fmt: skip
        self.made.append(company)
        self._by_key |= {company.name_key: company} if name else {}
        return company

    def rename(self, company: Company, name: str) -> None:
        """Give a company its (new) name; the name must be free."""
        company.name, company.name_key = name, name_key(name)
        self._by_key[company.name_key] = company


def new_prospect(
    person: Person,
    book: CompanyBook,
    *,
    owner_id: UUID,
    source: str,
    guessed: Iterable[str] = (),
) -> Prospect:
    """Return a person seen for the first time, at their company; not yet stored."""
    company = None
    if person.company or person.industry or person.employees is not None or person.website:
        company = book.named(person.company)
        complete_company(company, person, now=book.now)
    prospect = Prospect(
        id=uuid4(), workspace_id=book.workspace_id, owner_id=owner_id, email=person.email,
        company_id=company.id if company else None, name=person.name, title=person.title,
        phone=person.phone, fax=person.fax, address=person.address, custom=dict(person.custom),
        source=source[:80], guessed=list(guessed), active_at=book.now, created_at=book.now,
        updated_at=book.now,
    )  # fmt: skip
    prospect.index(company)
    return prospect


def complete_prospect(prospect: Prospect, person: Person, book: CompanyBook) -> Differences:
    """Fill in what was empty or only guessed; return what was told otherwise.

    The prospect's company has to be loaded.
    """
    told = {fact: getattr(person, fact) for fact in OWN_FACTS}
    differences = _fill_in(prospect, told, guessed=prospect.guessed)
    prospect.guessed = [fact for fact in prospect.guessed if not told.get(fact)]
    differences += _complete_custom(prospect, person.custom)
    differences += _complete_employer(prospect, person, book)
    prospect.index(prospect.company)
    prospect.updated_at = book.now
    return differences


def complete_company(company: Company, person: Person, *, now: datetime) -> Differences:
    """Fill in a company's empty facts; return what was told otherwise."""
    company.updated_at = now
    return _fill_in(company, {fact: getattr(person, fact) for fact in COMPANY_FACTS})


def _fill_in(
    row: Prospect | Company, told: Mapping[str, str | int | None], guessed: Iterable[str] = ()
) -> Differences:
    """Set a row's empty or guessed facts; return the others where they differ in more than case."""
    differences: Differences = []
    for fact, value in told.items():
        kept = getattr(row, fact)
        if value in ("", None):
            continue
        if kept in ("", None) or fact in guessed:
            setattr(row, fact, value)
        elif fold(str(kept)) != fold(str(value)):
            differences.append((LABELS[fact], str(value)))
    return differences


def _complete_custom(prospect: Prospect, told: Mapping[str, str]) -> Differences:
    """Add own fields that are not there yet, up to the limit."""
    kept = dict(prospect.custom)
    differences = [
        (label, value) for label, value in told.items() if kept.get(label, value) != value
    ]
    for label, value in told.items():
        if label not in kept and len(kept) < MOST_CUSTOM:
            kept[label] = value
    prospect.custom = kept
    return differences


def _complete_employer(prospect: Prospect, person: Person, book: CompanyBook) -> Differences:
    """Fill in the company, unless the person is known to work elsewhere."""
    current = prospect.company
    has_facts = bool(person.industry or person.employees is not None or person.website)
    if person.company and (current is None or current.name_key != name_key(person.company)):
        is_settled = current is not None and current.name_key and not prospect.is_guess("company")
        if is_settled:
            return [(LABELS["company"], person.company)]
        current = _move(prospect, person.company, book)
    elif current is None and has_facts:
        prospect.belong_to(current := book.named(""))
    if person.company:
        prospect.guessed = [fact for fact in prospect.guessed if fact != "company"]
    return complete_company(current, person, now=book.now) if current and has_facts else []


def _move(prospect: Prospect, name: str, book: CompanyBook) -> Company:
    """Bring a person to the company of this name; a nameless one they are at becomes it."""
    current = prospect.company
    if current is not None and current.name_key is None and book.find(name) is None:
        book.rename(current, name)
        return current
    company = book.named(name)
    prospect.belong_to(company)
    return company
