"""Which passwords people may choose."""

from gateway.core.errors import Invalid

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
        wrong = f"needs {SHORTEST} characters or more"
    elif len(password) > LONGEST:
        wrong = f"has more than {LONGEST} characters"
    elif lower == login:
        wrong = "must not be the login"
    elif lower in COMMON:
        wrong = "is one of those that everybody tries first"
    elif len(set(lower)) < DIFFERENT:
        wrong = f"needs {DIFFERENT} different characters or more"
    if wrong:
        raise Invalid(f"The password {wrong}.", data={"password": wrong})
