"""Who the demo knows: the people who sell, and a dozen people they sell to."""

from dataclasses import dataclass

from app.accounts.models import Role


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who sells."""

    email: str
    name: str
    title: str
    phone: str
    role: Role


@dataclass(frozen=True, slots=True)
class Buyer:
    """Somebody who may buy. `days_ago` is when they came; `walks` names their walks so far."""

    name: str
    title: str
    company: str
    industry: str
    employees: int
    email: str
    avenue: str
    days_ago: int
    walks: tuple[str, ...] = ()


PASSWORD = "ledgerline-demo"  # noqa: S105  printed at every start, for a demo on this machine only

ADMIN = Colleague(
    "admin@ledgerline.example", "Amira Haddad", "Head of Sales", "+44 20 7946 0101", Role.ADMIN
)
REP = Colleague(
    "rita@ledgerline.example", "Rita Sandoval", "Account executive", "+44 20 7946 0102", Role.REP
)
OTHER_REP = Colleague(
    "jonas@ledgerline.example", "Jonas Weber", "Account executive", "+49 30 901820", Role.REP
)
SUPPORT = Colleague(
    "mina@ledgerline.example", "Mina Park", "Customer success", "+44 20 7946 0104", Role.SUPPORT
)

RITAS = (
    Buyer("Ada Okafor", "Head of Finance", "Brightpath Software", "Software", 240,
          "ada.okafor@brightpath.example", "mail", 9, ("thorough", "back for numbers")),
    Buyer("Lukas Brandt", "CFO", "Cloudharbour", "Software", 620,
          "lukas.brandt@cloudharbour.example", "search", 7, ("thorough",)),
    Buyer("Ishani Patel", "Controller", "Stackwise", "Software", 85,
          "ishani.patel@stackwise.example", "social", 4, ("quick look",)),
    Buyer("Marta Kowalska", "Head of Purchasing", "Stalmet Components", "Manufacturing", 1400,
          "marta.kowalska@stalmet.example", "referral", 8, ("supplier worries",)),
    Buyer("Henrik Lund", "Finance Director", "Fjord Precision", "Manufacturing", 310,
          "henrik.lund@fjordprecision.example", "mail", 5, ("thorough",)),
    Buyer("Chiara Ricci", "Accounts payable lead", "Officine Ricci", "Manufacturing", 95,
          "chiara@officinericci.example", "direct", 2, ()),
    Buyer("Tomás Herrera", "Group Controller", "Translevante", "Logistics", 2100,
          "tomas@translevante.example", "search", 6, ("supplier worries", "back for numbers")),
    Buyer("Saskia de Vries", "COO", "Noordkade Freight", "Logistics", 480,
          "saskia@noordkade.example", "mail", 3, ("quick look",)),
)  # fmt: skip
JONAS = (
    Buyer("Daniel Osei", "CFO", "Parkside Clinics", "Healthcare", 900,
          "daniel.osei@parkside.example", "referral", 6, ("thorough",)),
    Buyer("Elif Demir", "Head of Accounting", "Medora Labs", "Healthcare", 260,
          "elif.demir@medora.example", "mail", 4, ("quick look",)),
    Buyer("Greta Holm", "Finance manager", "Lindholm Care", "Healthcare", 130,
          "greta@lindholmcare.example", "social", 3, ()),
    Buyer("Yusuf Adan", "Operations lead", "Savanna Parcel", "Logistics", 75,
          "yusuf@savannaparcel.example", "direct", 1, ()),
)  # fmt: skip
