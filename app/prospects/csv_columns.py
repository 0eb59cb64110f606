"""Which column holds what: guessed from headings in several languages, and from the cells."""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from app.prospects.csv_reading import CsvTable
from app.prospects.shapes import LABELS, MOST_CUSTOM

OWN = "own"
"""Keep the column as a field of its own, called by its heading."""
LEAVE_OUT = ""

TARGETS = {
    "email": LABELS["email"],
    "name": "Full name",
    "first_name": "First name",
    "last_name": "Last name",
    **{fact: label for fact, label in LABELS.items() if fact not in {"email", "name"}},
    OWN: "Keep as a field of its own",
    LEAVE_OUT: "Leave out",
}
"""What a column may be used for, with what it is called."""
JOINED = {"address"}
"""Several columns may make one of these (street, postcode, town)."""

HEADINGS = {
    "email": """email, e mail, mail, email address, e mail address, emailaddress, mail address,
        work email, business email, email 1, e mail 1 value, e mail adresse, email adresse,
        mailadresse, courriel, adresse email, adresse e mail, adresse mail, mel,
        correo, correo electronico, direccion de correo, direccion de correo electronico,
        e mailadres, indirizzo email, posta elettronica""",
    "name": """name, full name, fullname, contact, contact name, person, display name,
        vollstandiger name, ansprechpartner, ansprechpartnerin, kontakt, nom complet,
        nom et prenom, nombre completo, nombre y apellidos, contacto, nome completo""",
    "first_name": """first name, firstname, given name, givenname, forename, vorname, prenom,
        nombre, nombre de pila, nome, voornaam""",
    "last_name": """last name, lastname, surname, family name, familyname, nachname, familienname,
        zuname, nom, nom de famille, apellido, apellidos, cognome, achternaam""",
    "title": """title, job title, jobtitle, job, position, role, function, designation, titel,
        berufsbezeichnung, funktion, stelle, rolle, beruf, poste, fonction, titre, cargo, puesto,
        funcion, ruolo, functie""",
    "company": """company, company name, companyname, organization, organisation,
        organization name, organisation name, organization 1 name, account, account name, employer,
        business, firm, firma, firmenname, unternehmen, arbeitgeber, gesellschaft, societe,
        entreprise, nom de l entreprise, empresa, compania, nombre de la empresa, azienda, bedrijf,
        organizacion""",
    "industry": """industry, sector, branch, vertical, line of business, branche, industrie,
        wirtschaftszweig, secteur, secteur d activite, industria, sector industrial, rubro,
        settore""",
    "employees": """employees, employee count, number of employees, no of employees, headcount,
        company size, size, staff, numemployees, mitarbeiter, mitarbeitende, mitarbeiterzahl,
        anzahl mitarbeiter, beschaftigte, unternehmensgrosse, effectif, effectifs, employes,
        nombre d employes, nombre de salaries, salaries, taille, empleados, numero de empleados,
        plantilla, dipendenti""",
    "address": """address, street, street address, postal address, address 1, address 2, city, town,
        zip, zip code, postcode, postal code, country, state, adresse, anschrift, strasse,
        plz, postleitzahl, ort, stadt, land, rue, adresse postale, code postal, ville, pays,
        direccion, calle, codigo postal, ciudad, localidad, pais, indirizzo, provincia""",
    "phone": """phone, phone number, telephone, tel, phone 1 value, work phone, business phone,
        mobile, mobile phone, cell, telefon, telefonnummer, rufnummer, handy, mobil, mobiltelefon,
        telephone portable, numero de telephone, portable, telefono, numero de telefono, movil,
        telefoon, cellulare""",
    "fax": "fax, fax number, telefax, faxnummer, numero de fax, telecopie",
    "website": """website, web site, web, url, homepage, company website, domain, company domain,
        webseite, internetseite, internet, site, site web, site internet, sitio web, pagina web,
        sito web""",
}
MEANINGS = {
    heading.strip(): target
    for target, headings in HEADINGS.items()
    for heading in " ".join(headings.split()).split(",")
}
SAMPLE = 50


def guess_columns(table: CsvTable) -> dict[int, str]:
    """Return what each column is for; each fact once, except those joined from several columns.

    What is not recognised is kept as a field of its own, so that nothing is lost unasked.
    """
    columns: dict[int, str] = {}
    taken: set[str] = set()
    for place, header in enumerate(table.headers):
        target = MEANINGS.get(_plain(header), OWN) if table.has_headers else OWN
        is_twice = target in taken and target not in JOINED
        columns[place] = OWN if is_twice else target
        taken.add(columns[place])
    addresses = None if "email" in taken else _find_addresses(table)
    if addresses is not None:
        columns[addresses] = "email"
    return _without_excess(_without_empty(columns, table))


def read_columns(said: Mapping[str, str], width: int) -> dict[int, str]:
    """Read a mapping that was chosen; what makes no sense in it is left out."""
    return {
        place: said.get(str(place), LEAVE_OUT)
        if said.get(str(place), LEAVE_OUT) in TARGETS
        else LEAVE_OUT
        for place in range(width)
    }


def _plain(header: str) -> str:
    """Return a heading without case, accents, and signs: "E-Mail-Adresse" is "e mail adresse"."""
    parts = unicodedata.normalize("NFKD", header.casefold().replace("ß", "ss"))
    letters = "".join(sign for sign in parts if not unicodedata.combining(sign))
    return " ".join(re.sub(r"[\W_]+", " ", letters).split())


def _find_addresses(table: CsvTable) -> int | None:
    """Return the column in which most cells look like e-mail addresses."""
    rows = table.rows[:SAMPLE]
    counts = [
        sum(len(row.cells) > place and "@" in row.cells[place] for row in rows)
        for place in range(len(table.headers))
    ]
    best = max(range(len(counts)), key=counts.__getitem__)
    return best if counts[best] * 2 > len(rows) else None


def _without_empty(columns: dict[int, str], table: CsvTable) -> dict[int, str]:
    """Leave out columns of unknown meaning in which nothing stands."""
    used = {
        place for row in table.rows for place, cell in enumerate(row.cells[: len(columns)]) if cell
    }
    return {
        place: LEAVE_OUT if target == OWN and place not in used else target
        for place, target in columns.items()
    }


def _without_excess(columns: dict[int, str]) -> dict[int, str]:
    """Keep no more own fields than a person may have."""
    own: Sequence[int] = [place for place, target in columns.items() if target == OWN]
    return columns | dict.fromkeys(own[MOST_CUSTOM:], LEAVE_OUT)
