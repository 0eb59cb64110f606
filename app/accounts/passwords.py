"""Hashing passwords with argon2id, in threads, at most one per core at a time.

32 MiB, three passes, one lane: above what the OWASP password storage cheat sheet asks for
(19 MiB, two passes), and little enough for one per core on a small machine.
"""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from unicodedata import normalize

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher(time_cost=3, memory_cost=32_768, parallelism=1)
_threads = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="password")


async def hash_password(password: str) -> str:
    """Return what is stored of a password. Takes 60 ms: pages call it before their transaction."""
    return await asyncio.get_running_loop().run_in_executor(
        _threads, _hasher.hash, _same_spelling(password)
    )


async def verify_password(stored: str | None, password: str) -> bool:
    """Say whether a password is the stored one.

    With nothing stored the same work is done and the answer is no, so that the time taken does
    not tell whether there is an account.
    """
    return await asyncio.get_running_loop().run_in_executor(_threads, _verify, stored, password)


def _verify(stored: str | None, password: str) -> bool:
    """Compare in the calling thread."""
    try:
        matches = _hasher.verify(stored or _nobodys_hash(), _same_spelling(password))
    except (VerificationError, InvalidHashError):
        return False
    return matches and stored is not None


@cache
def _nobodys_hash() -> str:
    """Return the hash that is verified when there is no account."""
    return _hasher.hash(os.urandom(16))


def _same_spelling(password: str) -> str:
    """Return one spelling for letters that keyboards compose differently."""
    return normalize("NFC", password)
