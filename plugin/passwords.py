"""Is this the user's password, and is a new one strong enough?

Passwords are kept as argon2id hashes only. The rule for new ones follows NIST SP 800-63B: length
and a look at what everybody tries first, no demands for signs and digits.
"""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

SHORTEST = 12
LONGEST = 200  # argon2 reads any length; a megabyte of password is somebody keeping us busy

# The library's defaults are RFC 9106's for machines with little memory: 64 MiB, 3 passes.
_HASHER = PasswordHasher()
# Checked where the e-mail is unknown, so that an answer takes as long as for a known one.
_NOBODY = (
    "$argon2id$v=19$m=65536,t=3,p=4$5JrzeqHkVHcrHyt+eJZ5QA$"
    "WLBroOfUkAbSj1yrHQ9EIAcRc/XOL+PFhZY3GnCBzJ0"
)

# What guessing programs try first among passwords of 12 and more characters.
_USUAL = frozenset(
    """
    123456789012 1234567890123 12345678901234 123456123456 123412341234 111111111111 000000000000
    121212121212 112233445566 qwertyuiop12 qwertyuiop123 qwertyuiop[] qwertyuiopas qwerty123456
    1q2w3e4r5t6y 1qaz2wsx3edc 1qaz2wsx3edc4rfv q1w2e3r4t5y6 qwertyqwerty asdfghjkl123 zxcvbnm12345
    password1234 password12345 password123456 passwordpassword password2024 password2025
    password2026 passw0rd1234 p@ssw0rd1234 mypassword123 administrator administrator1 adminadmin12
    admin1234567 admin12345678 letmeinletmein welcome12345 welcome123456 iloveyou1234
    iloveyouforever     changeme1234 changeme12345 correcthorsebatterystaple
    abcdefghijkl abcdefghijklm abcdefgh1234 abcd12345678 abc123abc123 football1234 baseball1234
    sunshine1234 princess1234 superman1234 monkeymonkey dragondragon secretsecret woocommerce1
    woocommerce123 wordpress123 wordpress1234 shopifyshopify alongside123 alongside1234
    """.split()
)


def weakness(password: str, email: str) -> str | None:
    """What is wrong with a new password, as a sentence; None: nothing."""
    if len(password) < SHORTEST:
        return (
            f"Use at least {SHORTEST} characters. Three or four words that do not belong together "
            "are easy to remember and hard to guess."
        )
    if len(password) > LONGEST:
        return f"Use at most {LONGEST} characters."
    plain = password.lower()
    if plain in _USUAL or len(set(plain)) < 5:
        return "This is one of the first passwords that guessing programs try. Choose another one."
    name = email.lower().partition("@")[0]
    if plain == email.lower() or (len(name) > 3 and plain.strip("0123456789!.-_ ") == name):
        return "This is your e-mail address. Choose something nobody knows of you."
    return None


def hashed(password: str) -> str:
    return _HASHER.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Whether `stored` is the password's hash. None, for nobody, takes as long and is False."""
    try:
        right = _HASHER.verify(stored or _NOBODY, password[:LONGEST])
        return right and stored is not None and len(password) <= LONGEST
    except (VerifyMismatchError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Whether the hash was made under weaker parameters than today's."""
    return _HASHER.check_needs_rehash(stored)
