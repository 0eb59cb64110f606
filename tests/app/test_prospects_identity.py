"""Who somebody is, and what is read out of an address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidError
from app.prospects.identity import guess_company, guess_name, normalise_email, split_address
from app.prospects.shapes import Person, read_employees, read_person, web_address
from app.prospects.words import fold, one_line

pytestmark = pytest.mark.no_database


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Ada.Lovelace@Example.COM", "ada.lovelace@example.com"),
        ("  ada@example.com\n", "ada@example.com"),
        ("mailto:ada@example.com", "ada@example.com"),
        ("ada@BÜCHER.example", "ada@xn--bcher-kva.example"),
        ("ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"),
        ("JÜRGEN@example.com", "jürgen@example.com"),
        ("ju\u0308rgen@example.com", "jürgen@example.com"),
        ("ada@intern.test", "ada@intern.test"),
    ],
)
def test_an_address_is_kept_in_one_spelling(typed, kept):
    assert normalise_email(typed) == kept


def test_addresses_with_a_plus_are_somebody_else():
    assert normalise_email("ada+shop@example.com") != normalise_email("ada@example.com")


@pytest.mark.parametrize(
    "typed",
    [
        "", "   ", "ada", "ada@", "@example.com", "ada@example", "a b@example.com",
        "ada@example.com, grace@example.com", "ada@exa mple.com", "ada@[127.0.0.1]",
        '"ada lovelace"@example.com', "ada@example.com\nBcc: x@example.com", "ada\x00@example.com",
        "=?utf-8?q?ada=0aBcc:?=@example.com", "a" * 300 + "@example.com", "a" * 65 + "@example.com",
        "<script>@example.com", "ada@example..com", "ada@-example.com", "\u202eada@example.com",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_in_words(typed):
    with pytest.raises(ValueError, match=r"e-mail address|characters"):
        normalise_email(typed)


@given(st.text(max_size=80))
def test_a_normalised_address_stays_as_it_is(text):
    try:
        email = normalise_email(text + "@example.com")
    except ValueError:
        return
    assert normalise_email(email) == email
    assert email.isprintable()


@pytest.mark.parametrize(
    ("email", "name"),
    [
        ("ada.lovelace@x.example", "Ada Lovelace"),
        ("grace_b_hopper@x.example", "Grace B Hopper"),
        ("jean-luc.picard@x.example", "Jean Luc Picard"),
        ("a.lovelace+news@x.example", "A Lovelace"),
        ("ada@x.example", ""),
        ("info.team@x.example", ""),
        ("x99.y@x.example", ""),
        ("ada.l@x.example", ""),
    ],
)
def test_a_name_is_guessed_only_where_the_address_spells_one(email, name):
    assert guess_name(email) == name


def test_a_company_is_guessed_from_the_domain_unless_anybody_may_have_it():
    assert guess_company("ada@engines.example") == "engines.example"
    assert guess_company("ada@gmail.com") == ""


def test_an_address_copied_from_a_mail_program_brings_its_name():
    assert split_address('"Lovelace, Ada" <ada@x.example>') == ("Lovelace, Ada", "ada@x.example")


def test_all_problems_of_a_form_are_told_at_once():
    form = {"email": "nobody", "name": "x" * 300, "employees": "many", "website": "javascript:x"}
    with pytest.raises(InvalidError) as refusal:
        read_person(form)
    assert set(refusal.value.problems) == {"email", "name", "employees", "website"}


@pytest.mark.parametrize("field", ["name", "title", "company", "industry", "phone", "fax"])
def test_control_characters_are_refused_everywhere_also_encoded(field):
    for text in ("a\x00b", "a\x1bb", "=?utf-8?q?a=0aBcc:=20x?=", "=?utf-8?b?YQpi?="):
        with pytest.raises(InvalidError) as refusal:
            read_person({"email": "ada@x.example", field: text})
        assert field in refusal.value.problems


def test_names_of_all_scripts_are_kept():
    for name in ("Łukasz Ćwik", "李小龙", "محمد علي", "Zoë O\u2019Neill", "👩‍🚀 Ada", "Σίσυφος"):
        assert Person(email="a@x.example", name=name).name == name


def test_signs_that_turn_text_around_are_taken_out():
    assert one_line("Ada\u202egnp.exe", limit=50) == "Adagnp.exe"


def test_own_fields_are_bounded():
    assert read_person({"email": "a@x.example", "custom": {"Region": " North "}}).custom == {
        "Region": "North"
    }
    many = {f"field {place}": "x" for place in range(31)}
    for custom in (many, {"x" * 61: "y"}, {"x": "y" * 501}, {"": "y"}):
        with pytest.raises(InvalidError):
            read_person({"email": "a@x.example", "custom": custom})


@pytest.mark.parametrize(
    ("typed", "count"),
    [("", None), ("250", 250), ("1,200", 1200), ("1.200", 1200), ("1 200", 1200), ("51-200", 51),
     ("10,000+", 10_000), ("ca. 80", 80), ("300 employees", 300), ("0", 0)],
)  # fmt: skip
def test_head_counts_are_read_as_people_write_them(typed, count):
    assert read_employees(typed) == count


@pytest.mark.parametrize("typed", ["many", "-5", "1e30", "12.5", "9" * 30, "NaN", "=1+1"])
def test_absurd_head_counts_are_refused(typed):
    with pytest.raises(ValueError, match=r"whole number|that many"):
        read_employees(typed)


def test_web_addresses_are_http_only():
    assert web_address("www.x.example") == "https://www.x.example"
    assert web_address("http://x.example/a?b=c") == "http://x.example/a?b=c"
    for bad in ("javascript:alert(1)", "data:text/html,x", "https://user@x.example", "//x", "x y.z",
                "http://[", "file:///etc/passwd", 'https://x.example/"onx'):  # fmt: skip
        with pytest.raises(ValueError, match="web address"):
            web_address(bad)


def test_searching_ignores_case_and_accents():
    assert fold("  MÜLLER  Straße ") == "muller strasse"
