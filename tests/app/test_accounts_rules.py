import pytest

from app.accounts.addresses import find_email, network_of, normalise_email
from app.accounts.browsers import name_browser
from app.accounts.forms import DetailsForm, InvitationForm, WorkspaceForm, parse
from app.accounts.own_path import own_path
from app.accounts.password_rules import find_password_problem
from app.accounts.passwords import hash_password, verify_password
from app.errors import InvalidError

pytestmark = pytest.mark.no_database


@pytest.mark.parametrize(
    "foreign",
    [
        "", None, "console", "https://evil.example/", "//evil.example", "/\\evil.example",
        "\\\\evil.example", "/\t/evil.example", "///evil.example", "javascript:alert(1)",
        "/a\nSet-Cookie: x=y", "/" + "a" * 2000, "http:///evil.example", "/%0d\r", " //evil.example",
    ],
)  # fmt: skip
def test_a_foreign_place_to_go_after_signing_in_becomes_the_console(foreign):
    assert own_path(foreign) == "/console"


@pytest.mark.parametrize(
    "path", ["/", "/prospects?page=2", "/campaigns/1#look", "/a//b", "/x?u=//y"]
)
def test_a_page_of_ours_is_where_signing_in_leads(path):
    assert own_path(path) == path


@pytest.mark.parametrize(
    "password",
    [
        "", "short", "1234567890", "password123", "PASSWORD 2026!", "qwertyuiop", "aaaaaaaaaaaa",
        "abababababab", "Rita.Sellers", "ritasellers99", "rita@seller.example", "x" * 201,
        "seller12345", "p@ssw0rd123", "Welcome2026!",
    ],
)  # fmt: skip
def test_a_password_anybody_would_try_is_refused(password):
    assert find_password_problem(password, email="rita@seller.example", name="Rita Sellers")


@pytest.mark.parametrize(
    "password",
    ["plenty of green tea", "Überraschung im Mai", "x7#kQ9!mZ2pL", "a" * 5 + "bcdefgh" * 20],
)
def test_a_password_of_ones_own_is_taken(password):
    assert find_password_problem(password, email="rita@seller.example", name="Rita Sellers") is None


async def test_a_stored_password_is_argon2id_and_fits_only_itself():
    stored = await hash_password("plenty of green tea")
    assert stored.startswith("$argon2id$")
    assert "green" not in stored
    assert await verify_password(stored, "plenty of green tea")
    assert not await verify_password(stored, "plenty of green teA")
    assert not await verify_password(None, "plenty of green tea")
    assert not await verify_password("not a hash", "plenty of green tea")


async def test_one_password_typed_on_two_keyboards_is_one_password():
    stored = await hash_password("cafe\u0301 au lait chaud")
    assert await verify_password(stored, "caf\u00e9 au lait chaud")


def test_addresses_are_compared_folded_and_without_margins():
    assert normalise_email("  Rita@Seller.EXAMPLE ") == "rita@seller.example"
    assert normalise_email("rita@bücher.example") == "rita@xn--bcher-kva.example"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "rita",
        "rita@",
        "@x.example",
        "a b@x.example",
        "a@x.example\nBcc: b@x.example",
        "rita\0@x.example",
        "é@x.example",
        "a" * 400 + "@x.example",
    ],
)
def test_what_is_no_address_is_none(text):
    assert find_email(text) is None


def test_a_network_is_an_ipv4_address_or_a_block_of_ipv6():
    assert network_of("203.0.113.9") == "203.0.113.9"
    assert network_of("::ffff:203.0.113.9") == "203.0.113.9"
    assert network_of("2001:db8:1:2::1") == network_of("2001:db8:1:2:ffff::9")
    assert network_of("2001:db8:1:2::1") != network_of("2001:db8:1:3::1")
    assert network_of(None) == "unknown"


def test_a_browser_has_a_name_its_owner_knows():
    firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"
    chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML) Chrome/126.0 Safari/537.36"
    assert name_browser(firefox) == "Firefox on Windows"
    assert name_browser(chrome) == "Chrome on Linux"
    assert name_browser("<script>") == ""


def test_a_form_says_all_its_problems_at_once():
    with pytest.raises(InvalidError) as refusal:
        parse(WorkspaceForm, {"name": " ", "currency": "Taler", "postal_address": "x" * 401})
    assert set(refusal.value.problems) == {"name", "currency", "postal_address"}


def test_a_form_tidies_what_people_paste():
    form = parse(
        WorkspaceForm,
        {"name": " North \t wind ", "currency": "chf", "postal_address": "Main St 1 \r\n Bern"},
    )
    assert (form.name, form.currency, form.postal_address) == (
        "North wind",
        "CHF",
        "Main St 1\nBern",
    )


@pytest.mark.parametrize("name", ["a\x00b", "a\x1bb", "user\u202egnp.exe", "", "x" * 121])
def test_a_name_that_cannot_be_shown_is_refused(name):
    with pytest.raises(InvalidError):
        parse(DetailsForm, {"name": name, "title": "", "phone": ""})


@pytest.mark.parametrize("role", ["owner", "", "ADMIN"])
def test_an_unknown_role_is_refused(role):
    with pytest.raises(InvalidError):
        parse(InvitationForm, {"email": "a@b.example", "name": "A", "role": role})
