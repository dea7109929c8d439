from gateway.engine.desk.secret import Passwords, digest, new_secret


def test_secrets_differ_and_are_safe_anywhere():
    made = {new_secret() for _ in range(100)}
    assert len(made) == 100
    assert all(secret.isalnum() and len(secret) == 32 for secret in made)


def test_a_digest_is_sha256_in_hex():
    assert digest("a").startswith("ca978112")


async def test_only_the_password_itself_is_right():
    passwords = Passwords()
    stored = await passwords.hash("correct")
    assert stored.startswith("$argon2id$")
    assert await passwords.verify(stored, "correct")
    assert not await passwords.verify(stored, "wrong")
    assert not await passwords.verify(None, "correct")
    assert not await passwords.verify("no hash", "correct")
