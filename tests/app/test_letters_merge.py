"""Merging: values go in once, as text, whatever people are called."""

import pytest

from app.campaigns.shapes import Brand
from app.errors import InvalidError
from app.letters.layout import UNSUBSCRIBE
from app.letters.merge import find_problem, merge
from app.letters.shapes import DEFAULT, LetterText, Links, Sender
from app.letters.writing import check_letter, write_letter

SENDER = Sender(
    "Rita Sellers", "rita@seller.example", "Account executive", "+49 30 1234", "Northwind",
    "Torstraße 1\n10119 Berlin",
)  # fmt: skip
LINKS = Links("https://rapport.example/p/TOKEN", "https://rapport.example/u/SEALED")
MJML = "<mjml><mj-body><mj-section><mj-column>{}</mj-column></mj-section></mj-body></mjml>"
HOSTILE = [
    "{{7*7}}",
    "{% for x in y %}",
    "${7*7}",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{personal_link}",
    "{custom.secret}",
    "a\r\nBcc: evil@x.example",
    "=?utf-8?q?a=0aBcc:_evil@x.example?=",
    "</mj-text><mj-raw><script>",
    "slot0n0n",
    "\x00\x1b[31m",
]


def write(letter=DEFAULT, *, sender=SENDER, **values):
    brand = Brand(logo_text="Northwind")
    return write_letter(letter, brand=brand, sender=sender, values=values, links=LINKS)


def problems(**fields):
    given = {"subject": "Hello", "text": "Hello"} | fields
    with pytest.raises(InvalidError) as refusal:
        check_letter(LetterText(**given), Brand(), SENDER)
    return refusal.value.problems


@pytest.mark.parametrize(
    ("template", "merged"),
    [
        ("Hello {first_name}", "Hello Ada"),
        ("Hello {first_name|there}", "Hello Ada"),
        ("Hello {title|there}", "Hello there"),
        ("Hello {title}!", "Hello !"),
        ("{custom.Job level} {custom.unknown|none}", "C3 none"),
        ("{{first_name}} {{7*7}} {a: b} {}", "{{first_name}} {{7*7}} {a: b} {}"),
        ("{first_name}{first_name}", "AdaAda"),
        ("{nonsense}", "{nonsense}"),
    ],
)
def test_fields_become_values_and_everything_else_stays_text(template, merged):
    assert merge(template, {"first_name": "Ada", "custom.job level": "C3", "title": ""}) == merged


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_text_in_every_part(name):
    letter = LetterText("For {name}", "Dear {name},\n\n{personal_link}\n\n{button:For {name}}")
    written = write(letter, name=name, **{"custom.secret": "TOPSECRET"})
    assert not any(sign in written.subject for sign in "\r\n\0\x1b")
    assert "=?" not in written.subject
    assert "TOPSECRET" not in written.html + written.text
    for danger in ("<script", "<img src=x", "\nBcc:", "\x00"):
        assert danger not in written.html
    assert written.html.count('href="https://rapport.example/p/TOKEN"') == 2
    if name == "{{7*7}}":
        assert "{{7*7}}" in written.html
        assert "{{7*7}}" in written.text
    if name == "{personal_link}":
        assert "Dear {personal_link}," in written.text
        assert written.subject == "For {personal_link}"


def test_a_reps_own_words_are_text_in_the_letter():
    written = write(LetterText("Hi", "1 < 2 & <b>bold</b> {{config}} slot {x y z: 1}"))
    assert "1 &lt; 2 &amp; &lt;b&gt;bold&lt;/b&gt; {{config}}" in written.html
    assert "1 < 2 & <b>bold</b> {{config}}" in written.text


@pytest.mark.parametrize("letter", [DEFAULT, LetterText("Hi", "Nothing but words."),
                                    LetterText("Hi", "Words", MJML.format("<mj-text>Hi</mj-text>"))])  # fmt: skip
def test_every_letter_has_the_link_the_notice_the_sender_and_the_way_out(letter):
    written = write(letter, first_name="Ada")
    for part in (written.html, written.text):
        assert LINKS.personal in part
        assert LINKS.unsubscribe in part
        assert "Only if you agree there, Rita Sellers sees what you click" in part
        assert "Northwind, Torstraße 1, 10119 Berlin" in part
    assert "fonts.googleapis" not in written.html
    assert "<img" not in written.html
    assert len(written.html.encode()) < 100_000


def test_the_signature_says_only_what_is_known():
    written = write(sender=Sender("Rita", "rita@seller.example", company="Northwind"))
    assert "Rita\nNorthwind\n" in written.text
    assert "None" not in written.html


def test_paragraphs_lines_and_buttons_are_drawn_as_written():
    written = write(
        LetterText("Hi", "One\ntwo\n\nThree\n{button:Go on, {first_name}}\nFour"), first_name="Ada"
    )
    assert "One<br/>two" in written.html.replace("<br />", "<br/>").replace("<br>", "<br/>")
    assert "Go on, Ada" in written.html
    assert "Three\n\nGo on, Ada:\nhttps://rapport.example/p/TOKEN\n\nFour" in written.text


def test_unknown_fields_are_named_with_what_was_probably_meant():
    found = problems(subject="{frist_name}", text="{compnay|your company}")
    assert found == {
        "subject": "There is no field {frist_name}. Did you mean {first_name}?",
        "text": "There is no field {compnay|your company}. Did you mean {company}?",
    }
    assert "single braces" in find_problem("{{first_name}}")
    assert problems(text="{button:Go {nowhere}}")["text"].startswith("There is no field {nowhere}.")


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("subject", " ", "write a subject"),
        ("subject", "a\nb\x07", "one line"),
        ("subject", "=?utf-8?q?a=0aBcc:_e@x?=", "one line"),
        ("subject", "x" * 201, "at most 200"),
        ("subject", "{personal_link}", "not into the subject"),
        ("text", "", "write something"),
        ("text", "x" * 20_001, "at most 20,000"),
        ("mjml", "<mjml><mj-body></mj-body>", "cannot be read"),
        ("mjml", "<p>no body</p>", "has no </mj-body>"),
        ("mjml", MJML.format("<mj-text>{nope}</mj-text>"), "no field {nope}"),
        ("mjml", MJML.format("<mj-raw><script>alert(1)</script></mj-raw>"), "<script>"),
        ("mjml", MJML.format('<mj-raw><p onclick="x">x</p></mj-raw>'), "onclick"),
        ("mjml", MJML.format('<mj-button href="javascript:x">x</mj-button>'), "leads nowhere"),
        ("mjml", MJML.format('<mj-button href="{custom.url}">x</mj-button>'), "leads nowhere"),
        ("mjml", MJML.format("<mj-include path='/etc/passwd'/>"), "cannot be read"),
        ("mjml", MJML.format("<mj-wrapper>" * 300 + "</mj-wrapper>" * 300), "nested"),
        ("mjml", MJML.format("<mj-raw>" + "<div>" * 300 + "</div>" * 300 + "</mj-raw>"), "nested"),
        ("mjml", MJML.format("<mj-wrapper><!-- </mj-wrapper> -->" * 300), "nested"),
        ("mjml", MJML.format("<mj-wrapper>" * 3000 + "</mj-wrapper>" * 3000), "more than 800"),
        ("mjml", MJML.format("x" * 100_001), "too long"),
        ("mjml", MJML.format("<![CDATA[" * 10_000), "cannot be read"),
        ("mjml", MJML.format("<p " * 700 + " " * 90_000), "cannot be read"),
    ],
)  # fmt: skip
def test_what_cannot_be_sent_is_refused_when_it_is_saved(field, text, words):
    assert words in problems(**{field: text})[field]


def test_own_mjml_holds_the_text_and_leads_to_the_page_once():
    body = '<mj-text>{letter_text}</mj-text><mj-button href="{personal_link}">Go</mj-button>'
    written = write(LetterText("Hi", "Dear {name}\n\nBye", MJML.format(body)), name="<Ada>")
    assert "<p>Dear &lt;Ada&gt;</p><p>Bye</p>" in written.html
    assert written.html.count('href="https://rapport.example/p/TOKEN"') == 1
    assert UNSUBSCRIBE not in written.html
