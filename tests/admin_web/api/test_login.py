from datetime import timedelta

import pytest

from gateway.core.desk.actor import COMMAND_LINE, PersonRole


@pytest.fixture
async def anna(desk):
    return await desk.people.add_user(
        COMMAND_LINE, "Anna", PersonRole.OPERATOR, "correct horse"
    )


async def log_in(client, login, password):
    return await client.post("/api/login", json={"login": login, "password": password})


async def token_of(client, login="anna"):
    answer = await log_in(client, login, "correct horse")
    return {"Authorization": f"Bearer {(await answer.json())['token']}"}


async def test_a_token_lets_its_person_in_for_twelve_hours(anybody, anna, clock):
    headers = await token_of(anybody, " ANNA ")
    clock.tick(timedelta(hours=11, minutes=59))
    assert (await anybody.get("/api/v1/mailboxes", headers=headers)).status == 200
    clock.tick(timedelta(minutes=2))
    assert (await anybody.get("/api/v1/mailboxes", headers=headers)).status == 401


async def test_an_unknown_login_and_a_wrong_password_get_one_answer(anybody, anna):
    wrong = await log_in(anybody, "anna", "wrong horse")
    unknown = await log_in(anybody, "nobody", "wrong horse")
    assert wrong.status == unknown.status == 401
    assert await wrong.text() == await unknown.text()


async def test_after_five_failures_even_the_right_password_must_wait(
    anybody, anna, clock
):
    for _ in range(5):
        assert (await log_in(anybody, "anna", "wrong horse")).status == 401
    answer = await log_in(anybody, "anna", "correct horse")
    assert answer.status == 429
    assert int(answer.headers["Retry-After"]) == 1
    clock.tick(timedelta(seconds=1))
    assert (await log_in(anybody, "anna", "correct horse")).status == 200


async def test_a_new_password_ends_the_other_sessions(anybody, anna, world):
    old, mine = await token_of(anybody), await token_of(anybody)
    answer = await anybody.put(
        "/api/v1/users/anna/password", json={"password": "new horse 9"}, headers=mine
    )
    assert answer.status == 204
    assert (await anybody.get("/api/v1/mailboxes", headers=old)).status == 401
    assert (await anybody.get("/api/v1/mailboxes", headers=mine)).status == 200
    assert (await log_in(anybody, "anna", "correct horse")).status == 401
    assert (await log_in(anybody, "anna", "new horse 9")).status == 200
    assert world.passwords_changed == ["anna"]


async def test_only_an_owner_changes_the_password_of_somebody_else(anybody, anna):
    answer = await anybody.put(
        "/api/v1/users/admin/password",
        json={"password": "taken over 1"},
        headers=await token_of(anybody),
    )
    assert answer.status == 403


async def test_a_token_named_like_a_person_is_not_that_person(anybody, desk, anna):
    _token, text = await desk.people.create_token(
        COMMAND_LINE, "anna", PersonRole.AUDITOR, None
    )
    answer = await anybody.put(
        "/api/v1/users/anna/password",
        json={"password": "taken over 1"},
        headers={"Authorization": f"Bearer {text}"},
    )
    assert answer.status == 403


async def test_a_failed_login_is_in_the_log_without_its_password(anybody, caplog):
    body = {"login": "anna\n", "password": "guessed it"}
    assert (await anybody.post("/api/login", json=body)).status == 401
    assert "login 'anna' from 127.0.0.1 failed" in caplog.text
    assert "guessed" not in caplog.text


async def test_a_login_is_booked_without_its_password(anybody, api, anna):
    await token_of(anybody)
    log = await (await api.get("/api/v1/audit?action=logged-in")).json()
    assert [entry["who"] for entry in log["data"]] == ["anna"]
    assert "correct horse" not in str(log)
