"""Messages as bytes: what they hold, and what can never get into their headers."""

from email import message_from_bytes
from email.policy import default
from uuid import uuid4

import pytest

from app.errors import InvalidError
from app.mail.message import Outgoing, build_bytes, calm, sender_of
from tests.make import NOW

HOSTILE = [
    "a\r\nBcc: evil@x.example",
    "a\nBcc: evil@x.example",
    "=?utf-8?q?a=0aBcc:_evil@x.example?=",
    "=?utf-8?q?a=0d=0aBcc:_evil@x.example?=",
    "=?utf-8?b?YQpCY2M6IGV2aWxAeA==?=",
    "=?iso-8859-1?q?=0a?= x",
    "=?utf-8?q?=3D=3Futf-8=3Fq=3Fa=3D0aBcc:_evil@x=3F=3D?=",
    "nul\x00byte",
    "next\x85line",
    "line\u2028separator",
]


def outgoing(**fields):
    defaults = {
        "workspace_id": uuid4(),
        "to_email": "ada@buyer.example",
        "to_name": "Ada Lovelace",
        "subject": "Your page",
        "text": "Hello Ada\n.\nstill here",
        "html": "<p>Hello Ada</p>",
        "from_name": "Rita Sellers",
        "from_email": "rita@seller.example",
        "unsubscribe_url": "https://rapport.example/u/abc",
    }
    return Outgoing(**defaults | fields)


def read(message):
    return message_from_bytes(build_bytes(message, now=NOW), policy=default)


def test_a_message_has_both_parts_and_the_headers_mail_needs():
    mail = read(outgoing(reply_to="office@seller.example"))
    assert mail["From"] == "Rita Sellers <rita@seller.example>"
    assert mail["To"] == "Ada Lovelace <ada@buyer.example>"
    assert mail["Reply-To"] == "office@seller.example"
    assert mail["Date"].datetime == NOW
    assert mail["List-Unsubscribe"] == "<https://rapport.example/u/abc>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "still here" in mail.get_body(("plain",)).get_content()
    assert "<p>Hello Ada</p>" in mail.get_body(("html",)).get_content()


def test_the_same_message_is_the_same_bytes_apart_from_its_boundary():
    message = outgoing(html="")
    assert build_bytes(message, now=NOW) == build_bytes(message, now=NOW)


def test_bytes_are_ascii_with_mail_line_ends():
    content = build_bytes(outgoing(text="Zoë\nà bientôt", subject="Grüße"), now=NOW)
    assert content.isascii()
    assert b"\n" not in content.replace(b"\r\n", b"")


def test_names_and_subjects_outside_ascii_arrive_whole():
    mail = read(outgoing(to_name='Zoë "Q" <Müller>, Dr.', subject="Grüße für Zoë 🎉"))
    assert mail["To"].addresses[0].display_name == 'Zoë "Q" <Müller>, Dr.'
    assert mail["Subject"] == "Grüße für Zoë 🎉"


def test_a_domain_outside_ascii_is_written_as_dns_does():
    assert read(outgoing(to_email="ada@bücher.example"))["To"].addresses[0].addr_spec == (
        "ada@xn--bcher-kva.example"
    )


def test_a_long_unsubscribe_link_stands_on_one_line_as_it_is():
    url = "https://rapport.example/u/" + "x" * 200
    lines = build_bytes(outgoing(unsubscribe_url=url), now=NOW).split(b"\r\n")
    assert f"List-Unsubscribe: <{url}>".encode() in lines


@pytest.mark.parametrize("length", [30, 64])
def test_a_long_address_is_written_whole_or_refused(length):
    address = "a" * length + "@" + "b" * 40 + "." + "c" * 40 + ".example"
    assert (
        read(outgoing(to_email=address, to_name="N" * 60))["To"].addresses[0].addr_spec == address
    )


def test_account_mail_comes_from_the_installation():
    content = build_bytes(outgoing(from_name="", from_email=""), now=NOW)
    assert sender_of(content) == "rapport@localhost"


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("place", ["subject", "to_name", "from_name"])
def test_control_characters_in_headers_are_refused_even_when_encoded(place, text):
    with pytest.raises(InvalidError) as refusal:
        build_bytes(outgoing(**{place: text}), now=NOW)
    assert list(refusal.value.problems) == [
        {"to_name": "to", "from_name": "from"}.get(place, place)
    ]


@pytest.mark.parametrize(
    "address",
    ["", "nobody", "a b@x.example", "a@x.example\nBcc: e@x", "a@", "@x.example", "<a@x.example>",
     "a@x.example,b@x.example", "a..b@x.example", "a@x..y", "=?utf-8?q?a=0a?=@x.example"],
)  # fmt: skip
def test_addresses_that_are_none_are_refused(address):
    with pytest.raises(InvalidError):
        build_bytes(outgoing(to_email=address), now=NOW)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://x/\r\nBcc: e@x", "https://x> <y"])
def test_an_unsubscribe_link_is_a_web_address(url):
    with pytest.raises(InvalidError):
        build_bytes(outgoing(unsubscribe_url=url), now=NOW)


@pytest.mark.parametrize("text", HOSTILE)
def test_calmed_text_is_safe_in_every_header(text):
    mail = read(outgoing(subject=calm(text), to_name=calm(text), from_name=calm(text)))
    assert mail["Bcc"] is None
    assert len(mail["To"].addresses) == 1
