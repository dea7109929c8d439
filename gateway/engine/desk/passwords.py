"""Which passwords people may choose."""

from gateway.core.desk import sentences
from gateway.core.errors import N_, Invalid

SHORTEST, LONGEST = 8, 1024
DIFFERENT = 5
# those of 8 characters and more that every list of leaked passwords begins with
COMMON = frozenset(
    [
        "password",
        "password1",
        "password12",
        "password123",
        "passw0rd",
        "p@ssw0rd",
        "p@ssword",
        "12345678",
        "123456789",
        "1234567890",
        "0123456789",
        "987654321",
        "87654321",
        "1q2w3e4r",
        "1q2w3e4r5t",
        "qwertyui",
        "qwertyuiop",
        "qwerty12",
        "qwerty123",
        "qwerty1234",
        "1qaz2wsx",
        "asdfghjk",
        "asdfghjkl",
        "zxcvbnm1",
        "iloveyou",
        "sunshine",
        "princess",
        "football",
        "baseball",
        "superman",
        "trustno1",
        "starwars",
        "whatever",
        "computer",
        "internet",
        "welcome1",
        "welcome123",
        "changeme",
        "changeit",
        "letmein1",
        "admin123",
        "admin1234",
        "administrator",
        "abcd1234",
        "abc12345",
        "abcdefgh",
        "12341234",
    ]
)


def check_password(password: str, login: str) -> None:
    """Invalid, with the rule that the password breaks."""
    lower = password.lower()
    wrong = ""
    if len(password) < SHORTEST:
        wrong = sentences.TOO_SHORT(count=SHORTEST)
    elif len(password) > LONGEST:
        wrong = sentences.TOO_LONG(count=LONGEST)
    elif lower == login:
        wrong = N_("must not be the login")
    elif lower in COMMON:
        wrong = N_("is one of those that everybody tries first")
    elif len(set(lower)) < DIFFERENT:
        wrong = sentences.TOO_UNIFORM(count=DIFFERENT)
    if wrong:
        raise Invalid(sentences.PASSWORD(why=wrong), data={"password": wrong})
