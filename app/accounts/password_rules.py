"""Which passwords we refuse: too short, known to everybody, or made of the person's own name."""

import re
from unicodedata import normalize

SHORTEST = 10
LONGEST = 200
FEWEST_DIFFERENT = 5


def _words(text: str) -> frozenset[str]:
    """Return the words of a list."""
    return frozenset(text.split())


# The words that the most used passwords of ten and more characters are built on, as found in
# published lists; digits and signs around them make no password of them.
COMMON_WORDS = _words("""
    password passwort passphrase pass admin administrator welcome willkommen letmein changeme
    changeit iloveyou ichliebedich qwerty qwertyuiop qwertz qwertzuiop azerty azertyuiop asdfghjkl
    zxcvbnm qazwsx qazwsxedc qweasd qweasdzxc abc abcd abcdef abcdefg abcdefgh abcdefghij monkey
    dragon football baseball basketball superman batman princess sunshine master michael jennifer
    jordan charlie shadow secret access login starwars trustno whatever computer internet company
    summer winter spring autumn january february march april june july august september october
    november december monday friday liverpool arsenal chelsea samsung google default guest
    testtest test tester testing rapport sales demo passwordpassword mypassword thisisapassword
    nopassword correcthorsebatterystaple
""")
COMMON = _words("""
    1234567890 0123456789 12345678910 123456789a 123456789q 0987654321 9876543210 1q2w3e4r5t
    1q2w3e4r5t6y 1qaz2wsx3edc 1qaz2wsx3edc4rfv q1w2e3r4t5 q1w2e3r4t5y6 zaq12wsxcde3 a1b2c3d4e5
    p@ssw0rd123 p@ssword123 passw0rd123 passw0rd1234 pa$$w0rd123 1234567891 12345678901
    123456789123 1234512345 1234567899 1231231234 123123123123 147258369a 1472583690
""")


def find_password_problem(password: str, *, email: str, name: str) -> str | None:
    """Return what is wrong with a new password in words for its owner, or None."""
    if len(password) < SHORTEST:
        return f"Please use at least {SHORTEST} characters. A short sentence is good."
    if len(password) > LONGEST:
        return f"Please use at most {LONGEST} characters."
    folded = normalize("NFKC", password).casefold()
    if folded in COMMON or _letters(folded) in COMMON_WORDS or len(set(folded)) < FEWEST_DIFFERENT:
        return "This is one of the first passwords anybody would try. Please choose another."
    if folded == email or _letters(folded) in _own_words(email, name):
        return "Please choose a password that is not your name or address."
    return None


def _letters(text: str) -> str:
    """Return only the letters of a text, folded: "Anna.Berg-1987!" is "annaberg"."""
    return re.sub(r"[\W\d_]+", "", normalize("NFKC", text).casefold())


def _own_words(email: str, name: str) -> set[str]:
    """Return what others know about the person, as letters."""
    local, _, domain = email.partition("@")
    parts = [email, local, domain, domain.split(".")[0], name, *name.split(), *local.split(".")]
    return {_letters(part) for part in parts} - {""}
