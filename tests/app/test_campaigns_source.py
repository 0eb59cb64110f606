"""By which avenue somebody came, and what of it is kept."""

import pytest

from app.campaigns.sending import masked, read_sent_to, seal_arrival, seal_sent_to, unseal_arrival
from app.campaigns.shapes import Source
from app.campaigns.source import source_of

pytestmark = pytest.mark.no_database


@pytest.mark.parametrize(
    ("query", "referrer", "avenue"),
    [
        ({}, "", "direct"),
        ({}, "https://rapport.example/c/offer", "direct"),
        ({}, "https://www.google.com/", "search"),
        ({}, "https://www.google.co.uk/search?q=invoices", "search"),
        ({}, "https://duckduckgo.com/?q=x", "search"),
        ({}, "https://mail.google.com/mail/u/0/", "mail"),
        ({}, "android-app://com.google.android.gm/", "mail"),
        ({}, "https://mail.yahoo.com/d/folders/1", "mail"),
        ({}, "https://search.yahoo.com/search", "search"),
        ({}, "https://www.linkedin.com/feed/", "social"),
        ({}, "https://t.co/abc", "social"),
        ({}, "https://app.slack.com/client/T1", "chat"),
        ({}, "https://web.whatsapp.com/", "chat"),
        ({}, "https://partner.example/review", "referral"),
        ({}, "https://notgoogle.com/", "referral"),
        ({}, "https://google.evil.example/", "referral"),
        ({}, "not an address", "direct"),
        ({}, "javascript:alert(1)", "direct"),
        ({}, "https://[broken", "direct"),
        ({"utm_medium": "email"}, "https://www.google.com/", "mail"),
        ({"utm_medium": "CPC", "utm_source": "google"}, "", "search"),
        ({"utm_medium": "paid_social", "utm_source": "x"}, "", "social"),
        ({"utm_source": "linkedin"}, "", "social"),
        ({"utm_source": "newsletter"}, "", "mail"),
        ({"utm_source": "whatsapp"}, "", "chat"),
        ({"utm_source": "trade-fair", "utm_medium": "qr"}, "", "referral"),
        ({"utm_source": "something"}, "", "referral"),
        ({"gclid": "abc"}, "", "search"),
        ({"fbclid": "abc"}, "https://l.facebook.com/", "social"),
    ],
)
def test_the_avenue_follows_from_the_address_and_where_it_stood(query, referrer, avenue):
    assert source_of(query, referrer, own_host="rapport.example:8000").avenue == avenue


def test_the_query_of_a_referrer_is_nobodys_business():
    source = source_of({}, "https://user:secret@partner.example/review?token=1#x")
    assert source.referrer == "partner.example/review"


def test_what_is_endless_or_unseen_is_cut():
    source = source_of({"utm_campaign": "a\x00b" + "x" * 999}, "https://h.example/" + "p" * 9_999)
    assert len(source.utm["campaign"]) == 100
    assert source.utm["campaign"].startswith("abx")
    assert len(source.referrer) == 300


def test_other_parameters_are_not_kept():
    assert source_of({"email": "ada@company.com"}, "").utm == {}


def test_the_source_travels_sealed_with_the_form():
    source = Source(avenue="mail", referrer="h.example/x", utm={"source": "spring"})
    assert unseal_arrival(seal_arrival(source, "key")) == (source, "key")
    assert unseal_arrival("forged") == (Source(), "")
    assert unseal_arrival("") == (Source(), "")


def test_every_form_has_a_key_of_its_own():
    assert unseal_arrival(seal_arrival(Source()))[1] != unseal_arrival(seal_arrival(Source()))[1]


def test_an_address_is_masked_and_its_page_cannot_be_forged():
    assert masked("ada@company.com") == "a•••@company.com"
    assert read_sent_to(seal_sent_to("ada@company.com")) == "a•••@company.com"
    assert read_sent_to("anything") == ""
