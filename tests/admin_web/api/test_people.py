from datetime import timedelta

import pytest
from account_drive import code_of

from gateway.core.desk.accounts import Origin
from gateway.core.desk.actor import PersonRole

USERS, TOKENS = "/api/v1/users", "/api/v1/tokens"
ANNA = {"login": "anna", "password": "correct horse"}


async def test_users_are_added_listed_and_removed(api):
    added = await api.post(USERS, json={**ANNA, "role": "OWNER"})
    assert added.status == 201
    assert [u["login"] for u in await (await api.get(USERS)).json()] == ["anna"]
    await api.post(USERS, json={**ANNA, "login": "otto", "role": "OWNER"})
    assert (await api.delete(f"{USERS}/anna")).status == 204
    assert [u["login"] for u in await (await api.get(USERS)).json()] == ["otto"]


async def test_the_last_owner_stays(api):
    await api.post(USERS, json={**ANNA, "role": "OWNER"})
    answer = await api.delete(f"{USERS}/anna")
    assert answer.status == 409
    assert "last OWNER" in (await answer.json())["message"]


async def test_nobody_removes_themselves(api):
    await api.post(USERS, json={**ANNA, "role": "OWNER"})
    await api.post(USERS, json={**ANNA, "login": "otto", "role": "OWNER"})
    token = (await (await api.post("/api/login", json=ANNA)).json())["token"]
    answer = await api.delete(
        f"{USERS}/anna", headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status == 409


async def test_a_person_s_sessions_go_with_them(api):
    await api.post(USERS, json=ANNA)
    token = (await (await api.post("/api/login", json=ANNA)).json())["token"]
    await api.delete(f"{USERS}/anna")
    answer = await api.get(
        "/api/v1/mailboxes", headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status == 401


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**ANNA, "login": "token:x"}, "login"),
        ({**ANNA, "login": ""}, "login"),
        ({**ANNA, "password": "short"}, "password"),
        ({"login": "annaanna", "password": "AnnaAnna"}, "password"),
        ({**ANNA, "role": "KING"}, "role"),
    ],
    ids=str,
)
async def test_a_wrong_user_is_refused_by_field(api, body, field):
    answer = await api.post(USERS, json=body)
    assert answer.status == 422
    assert field in (await answer.json())["data"]


async def test_a_login_is_taken_in_any_case(api):
    await api.post(USERS, json=ANNA)
    assert (await api.post(USERS, json={**ANNA, "login": "ANNA"})).status == 409


async def test_who_is_not_there_is_404(api):
    assert (await api.delete(f"{USERS}/nobody")).status == 404
    answer = await api.put(
        f"{USERS}/nobody/password", json={"password": "correct horse"}
    )
    assert answer.status == 404
    assert (await api.delete(f"{TOKENS}/nothing")).status == 404


async def test_a_token_s_text_is_only_in_the_answer_that_made_it(api):
    made = await (await api.post(TOKENS, json={"name": "erp"})).json()
    assert len(made["token"]) >= 27
    assert made["token"] not in await (await api.get(TOKENS)).text()


async def test_a_token_has_its_role_until_it_is_revoked(api):
    body = {"name": "erp", "role": "AUDITOR", "expiresInDays": 1}
    made = await (await api.post(TOKENS, json=body)).json()
    headers = {"Authorization": f"Bearer {made['token']}"}
    assert (await api.get("/api/v1/mailboxes", headers=headers)).status == 200
    assert (await api.get(USERS, headers=headers)).status == 403
    assert (await api.delete(f"{TOKENS}/{made['uuid']}")).status == 204
    assert (await api.get("/api/v1/mailboxes", headers=headers)).status == 401


async def test_a_token_ends_with_its_days(api, clock):
    body = {"name": "erp", "expiresInDays": 1}
    made = await (await api.post(TOKENS, json=body)).json()
    clock.now = clock.now.replace(day=2, second=1)
    headers = {"Authorization": f"Bearer {made['token']}"}
    assert (await api.get("/api/v1/mailboxes", headers=headers)).status == 401


@pytest.mark.parametrize("name", ["", " ", "a\nb"])
async def test_a_token_needs_a_name(api, name):
    assert (await api.post(TOKENS, json={"name": name})).status == 422


async def test_the_first_start_makes_the_administrator_once(desk):
    kept = []
    password = await desk.people.ensure_admin(kept.append)
    assert kept == [password]
    assert await desk.people.ensure_admin(kept.append) is None
    token = await desk.sign_in.login("admin", password, Origin(address="::1"))
    actor = await desk.sign_in.actor(token)
    assert (actor.login, actor.role) == ("admin", PersonRole.OWNER)


async def test_a_person_without_a_password_gets_one_for_one_sign_in(api, desk):
    made = await (await api.post(USERS, json={"login": "otto"})).json()
    assert made["mustChange"] is True
    token = await desk.sign_in.login("otto", made["password"], Origin(address="::1"))
    assert (await desk.sign_in.actor(token)).must_change
    listed = await (await api.get(f"{USERS}/otto")).json()
    assert "password" not in listed
    assert listed["lastLoginAt"] is not None


async def test_a_role_is_changed(api, audited):
    await api.post(USERS, json=ANNA)
    answer = await api.patch(f"{USERS}/anna", json={"role": "AUDITOR"})
    assert (answer.status, (await answer.json())["role"]) == (200, "AUDITOR")
    assert (await audited())[0] == "role-changed"


async def test_a_password_is_reset_and_the_waiting_are_let_in(api):
    await api.post(USERS, json=ANNA)
    for _ in range(5):
        await api.post("/api/login", json={**ANNA, "password": "wrong horse"})
    assert (await (await api.get(f"{USERS}/anna")).json())["lockedUntil"]
    assert (await api.post(f"{USERS}/anna/unlock")).status == 204
    reset = await (await api.post(f"{USERS}/anna/password/reset")).json()
    assert (await api.post("/api/login", json=ANNA)).status == 401
    answer = await api.post("/api/login", json={"login": "anna", **reset})
    assert answer.status == 200
    assert (await api.delete(f"{USERS}/anna/second-factor")).status == 409


async def test_a_login_with_a_second_factor_needs_its_code(api, desk, clock):
    await api.post(USERS, json=ANNA)
    token = (await (await api.post("/api/login", json=ANNA)).json())["token"]
    actor = await desk.sign_in.actor(token)
    await desk.accounts.begin_second_factor(actor, ANNA["password"], "::1")
    secret = await desk.accounts.new_secret(actor)
    await desk.accounts.confirm_second_factor(actor, code_of(secret, clock))
    answer = await api.post("/api/login", json=ANNA)
    assert answer.status == 401
    assert (await answer.json())["code"] == "second-factor-needed"
    clock.tick(timedelta(seconds=30))
    body = {**ANNA, "code": code_of(secret, clock)}
    assert (await api.post("/api/login", json=body)).status == 200
    again = await api.post("/api/login", json=body)
    assert (again.status, (await again.json())["code"]) == (401, "wrong-code")
    assert (await api.delete(f"{USERS}/anna/second-factor")).status == 204
    assert (await api.post("/api/login", json=ANNA)).status == 200
