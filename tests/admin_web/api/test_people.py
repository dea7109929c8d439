import pytest

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
