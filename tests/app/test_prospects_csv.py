"""Reading and writing CSV as it is found in the world."""

import contextlib
import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.prospects.csv_columns import guess_columns
from app.prospects.csv_reading import MOST_ROWS, UnreadableFileError, read_table
from app.prospects.csv_writing import STARTS_FORMULA, harmless, write_rows
from app.prospects.review import review_file

pytestmark = pytest.mark.no_database
PLAIN = "Name,E-mail\nJürgen,j@x.example\n"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (PLAIN.encode(), "utf-8"),
        (PLAIN.encode("utf-8-sig"), "utf-8"),
        (PLAIN.encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + PLAIN.encode("utf-16-be"), "utf-16"),
        (PLAIN.encode("cp1252"), "cp1252"),
    ],
)
def test_letters_are_read_in_the_encoding_they_were_written_in(content, encoding):
    table = read_table(content)
    assert table.encoding == encoding
    assert table.rows[0].cells == ["Jürgen", "j@x.example"]
    assert list(table.headers) == ["Name", "E-mail"]


def test_reading_as_windows_is_said_and_can_be_changed():
    content = "E-mail;Name\nj@x.example;Łukasz\n".encode("cp1250")
    assert "not UTF-8" in read_table(content).warning
    table = read_table(content, encoding="cp1250")
    assert (table.rows[0].cells[1], table.warning) == ("Łukasz", "")


def test_rows_whose_letters_are_lost_are_left_out():
    content = b"E-mail,Name\na@x.example,Ada\nj@x.example,J\xfcrgen\n"
    review = review_file(content, encoding="utf-8")
    assert [problem.row for problem in review.problems] == [3]


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_separator_is_found_also_beside_others_in_quotes(sign):
    text = f'Name{sign}E-mail{sign}Note\n"King, Ada; née B"{sign}a@x.example{sign}"x,y;z"\n' * 3
    table = read_table(text.encode())
    assert table.delimiter == sign
    assert len(table.headers) == 3


def test_excels_own_first_line_names_the_separator():
    assert read_table(b"sep=;\r\nE-mail;Name\r\na@x.example;A,B,C\r\n").rows[0].cells[1] == "A,B,C"


def test_line_breaks_in_quotes_belong_to_the_cell():
    table = read_table(b'E-mail,Address\na@x.example,"1 Main\nTown"\nb@x.example,2\n')
    assert [row.cells[1] for row in table.rows] == ["1 Main\nTown", "2"]
    assert [row.number for row in table.rows] == [2, 3]


def test_a_quotation_mark_never_closed_costs_one_row():
    rows = "".join(f"p{i}@x.example,Person {i}\n" for i in range(300))
    content = f'E-mail,Name\n{rows}bad@x.example,"never closed\n{rows}'
    table = read_table(content.encode())
    broken = [row for row in table.rows if row.problem]
    assert [row.number for row in broken] == [302]
    assert len(table.rows) == 601


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\n\n  \n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"Name,E-mail\n", "nobody below"),
        (b"PK\x03\x04\x14\x00", "workbook"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00", "not a text file"),
        (b"%PDF-1.7\n", "not a text file"),
        (bytes(range(1, 32)) * 40, "not a text file"),
        (b"\xff\xfea", "not a text file"),
    ],
)
def test_what_is_no_table_is_refused_in_words(content, words):
    with pytest.raises(UnreadableFileError, match=words):
        read_table(content)


def test_too_many_rows_are_refused():
    content = b"E-mail\n" + b"a@x.example\n" * (MOST_ROWS + 1)
    with pytest.raises(UnreadableFileError, match="more than 100,000"):
        read_table(content)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_in_words(content):
    with contextlib.suppress(UnreadableFileError):
        review_file(content)


@pytest.mark.parametrize(
    ("headers", "targets"),
    [
        ("First Name,Last Name,Email Address,Job Title,Company Name,Number of employees",
         ["first_name", "last_name", "email", "title", "company", "employees"]),
        ("Vorname;Nachname;E-Mail-Adresse;Firma;Straße;PLZ;Ort;Telefon;Branche",
         ["first_name", "last_name", "email", "company", "address", "address", "address", "phone",
          "industry"]),
        ("Prénom;Nom;Courriel;Société;Secteur d'activité;Téléphone;Effectif",
         ["first_name", "last_name", "email", "company", "industry", "phone", "employees"]),
        ("Nombre;Apellidos;Correo electrónico;Empresa;Cargo;Teléfono;Dirección",
         ["first_name", "last_name", "email", "company", "title", "phone", "address"]),
        ("EMAIL,e_mail,Favourite colour", ["email", "own", "own"]),
    ],
)  # fmt: skip
def test_columns_are_recognised_in_four_languages(headers, targets):
    sign = ";" if ";" in headers else ","
    table = read_table(f"{headers}\n{sign.join('x' for _ in targets)}\n".encode())
    assert list(guess_columns(table).values()) == targets


def test_a_file_without_headings_is_understood_by_its_cells():
    review = review_file(b"Ada,a@x.example\nGrace,g@x.example\n")
    assert not review.table.has_headers
    assert [candidate.person.email for candidate in review.candidates] == [
        "a@x.example", "g@x.example",
    ]  # fmt: skip
    assert [candidate.row for candidate in review.candidates] == [1, 2]


def test_a_file_without_addresses_says_so_and_waits_for_a_choice():
    content = b"Who,Where\nAda,London\n"
    assert not review_file(content).has_addresses
    chosen = review_file(content, columns={"0": "email", "1": "address"})
    assert chosen.problems[0].what.startswith("This does not look like an e-mail address")


def test_every_problem_of_a_row_is_told_with_row_field_and_value():
    content = (
        b"E-mail,Name,Employees,Website\nada@x.example,Ada,10,\n"
        b"nobody,Grace,many,javascript:alert(1)\n,Alan,,\n"
        b"x@x.example,Shifted,1,,extra\n"
    )
    review = review_file(content)
    found = {(problem.row, problem.label, problem.value) for problem in review.problems}
    assert found == {
        (3, "E-mail", "nobody"), (3, "Employees", "many"), (3, "Website", "javascript:alert(1)"),
        (4, "E-mail", ""), (5, "Whole row", "x@x.example Shifted 1  extra"),
    }  # fmt: skip
    assert review.left_out == 3
    assert len(review.candidates) == 1


def test_repeated_addresses_are_put_together_and_said():
    content = b"E-mail,Name,Phone\nada@x.example,Ada,\nADA@X.example,Other,123\n"
    review = review_file(content)
    (ada,) = review.candidates
    assert (ada.person.name, ada.person.phone) == ("Ada", "123")
    assert [(r.row, r.first_row) for r in review.repeats] == [(3, 2)]


def test_unknown_columns_become_own_fields_and_split_addresses_one():
    content = b"E-mail,Street,City,Region,Empty\na@x.example,1 Main,Town,North,\n"
    person = review_file(content).candidates[0].person
    assert person.address == "1 Main\nTown"
    assert person.custom == {"Region": "North"}


@pytest.mark.parametrize("start", STARTS_FORMULA)
def test_no_cell_runs_as_a_formula(start):
    assert harmless(f"{start}cmd|'/c calc'!A0").startswith("'")
    assert start.isspace() or harmless(f"  {start}1+1").startswith("'")


@given(st.lists(st.text(max_size=20), min_size=1, max_size=4))
def test_what_is_written_can_be_read_again(cells):
    (read,) = csv.reader(io.StringIO(write_rows([cells]), newline=""))
    assert len(read) == len(cells)
    for cell, back in zip(cells, read, strict=True):
        assert back.removeprefix("'") == cell or back == cell
        assert not back.startswith(STARTS_FORMULA)


def test_our_own_export_comes_back_as_it_was():
    text = write_rows([["E-mail", "Phone"], ["a@x.example", "+49 30 1"]])
    assert review_file(text.encode()).candidates[0].person.phone == "+49 30 1"
