"""Small pieces of English: lists in a sentence, names in the middle of one."""

from collections.abc import Sequence


def listed(words: Sequence[str], *, quoted: bool = False) -> str:
    """Write words as a list in a sentence: "a, b and c"."""
    shown = [f"“{word}”" for word in words] if quoted else list(words)
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def in_sentence(name: str) -> str:
    """Write a name as it stands in a sentence: "Software" is "software", "IT" stays."""
    return " ".join(word.lower() if word.istitle() else word for word in name.split())


def spelled(key: str) -> str:
    """Turn a key into words, for when nothing better is known: "late-fees" is "Late fees"."""
    return key.replace("-", " ").replace("_", " ").strip().capitalize()
