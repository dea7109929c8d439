import pytest
from account_drive import actions, set_up, shown
from screenless import visitor

from admin_web.pages.login import FRONT
from gateway.core.desk.accounts import Origin
from gateway.core.desk.actor import COMMAND_LINE, PersonRole
from gateway.core.desk.people import User
from gateway.core.errors import NotFound, TooManyAttempts, Unauthenticated
from gateway.store import people as store

LIST = "/admin/users"
ANNA = "anna@example.org"
PAGE = f"{LIST}/{ANNA}"
HOME = Origin(address="192.0.2.1", agent="test")
PASSWORD = "correct horse"


@pytest.fixture
async def anna(desk):
    return await desk.people.add_user(COMMAND_LINE, ANNA, PersonRole.OPERATOR, PASSWORD)


async def fail(desk, times, login=ANNA):
    for _ in range(times):
        with pytest.raises(Unauthenticated):
            await desk.sign_in.login(login, "wrong horse", HOME)


async def test_a_person_is_added_with_a_password_for_one_sign_in(owner, desk):
    await owner.post(LIST, {"login": " Otto ", "role": "AUDITOR"})
    assert owner.status == 200
    password = shown(owner, r'data-copy="(\w{32})"')
    await owner.get(f"{LIST}/otto")
    assert password not in owner.text
    assert "One-time password" in owner.text
    token = await desk.sign_in.login("otto", password, HOME)
    actor = await desk.sign_in.actor(token)
    assert (actor.role, actor.must_change) == (PersonRole.AUDITOR, True)
    assert await actions(desk, "otto") == ["logged-in", "user-added"]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"login": "owner", "role": "AUDITOR"}, "Login is taken."),
        ({"login": "a b", "role": "AUDITOR"}, "Login must have 1 to 255 of a-z"),
        ({"login": "", "role": "AUDITOR"}, "Login must have 1 to 255 of a-z"),
        ({"login": "otto", "role": "KING"}, "Choose one of the four roles."),
        ({"login": "otto"}, "Choose one of the four roles."),
    ],
    ids=str,
)
async def test_a_wrong_person_is_told_beside_the_field(owner, desk, fields, told):
    await owner.post(LIST, fields)
    assert owner.status == 422
    assert told in owner.text
    assert 'id="new-dialog" aria-labelledby="new-h" data-open' in owner.text
    assert [user.login for user in await desk.people.users()] == ["owner"]


async def test_people_are_found_by_login_and_role_and_shown_in_pages(
    owner, desk, world
):
    async with world.db.write() as conn:
        for number in range(60):
            role = list(PersonRole)[number % 4]
            user = User(login=f"p{number:02}", role=role, created_at=world.clock())
            await store.add(conn, user, "no hash")
    await owner.get(LIST)
    assert "1 to 50 of 61" in owner.text
    await owner.get(f"{LIST}?page=2")
    assert "51 to 61 of 61" in owner.text
    assert ">p59<" in owner.text
    await owner.get(f"{LIST}?q=P5")
    assert "1 to 10 of 10" in owner.text
    await owner.get(f"{LIST}?q=auditor")
    assert "1 to 15 of 15" in owner.text
    await owner.get(f"{LIST}?q=nobody")
    assert "Nobody has this in their login or role" in owner.text
    await owner.get(f"{LIST}?page=9")
    assert "There is no such page" in owner.text


async def test_another_role_holds_at_once_and_ends_the_sessions(owner, desk, anna):
    token = await desk.sign_in.login(ANNA, PASSWORD, HOME)
    await owner.post(f"{PAGE}/role", {"role": "INTEGRATOR"})
    assert owner.url == PAGE
    assert (await desk.people.get_user(ANNA)).role is PersonRole.INTEGRATOR
    assert await desk.sign_in.actor(token) is None
    assert (await actions(desk, ANNA))[0] == "role-changed"


async def test_the_same_role_changes_nothing(owner, desk, anna):
    token = await desk.sign_in.login(ANNA, PASSWORD, HOME)
    await owner.post(f"{PAGE}/role", {"role": "OPERATOR"})
    assert await desk.sign_in.actor(token) is not None


@pytest.mark.parametrize("order", ["role", "password", "second-factor", "delete"])
async def test_nobody_does_to_themselves_what_another_owner_should(
    owner, desk, anna, order
):
    await desk.people.change_role(COMMAND_LINE, ANNA, PersonRole.OWNER)
    await owner.post(f"{LIST}/owner/{order}", {"role": "AUDITOR"})
    assert owner.status == 409
    assert "Nothing was changed." in owner.text
    user = await desk.people.get_user("owner")
    assert (user.role, user.must_change) == (PersonRole.OWNER, False)


async def test_the_last_owner_keeps_the_role_and_stays(api, owner, desk):
    answer = await api.delete("/api/v1/users/owner")
    assert answer.status == 409
    answer = await api.patch("/api/v1/users/owner", json={"role": "AUDITOR"})
    assert answer.status == 409
    assert "last OWNER" in (await answer.json())["message"]
    assert (await desk.people.get_user("owner")).role is PersonRole.OWNER


async def test_a_reset_password_ends_the_old_one_and_must_be_changed(owner, desk, anna):
    token = await desk.sign_in.login(ANNA, PASSWORD, HOME)
    await owner.post(f"{PAGE}/password")
    password = shown(owner, r'data-copy="(\w{32})"')
    assert await desk.sign_in.actor(token) is None
    await fail(desk, 1)
    with pytest.raises(Unauthenticated):
        await desk.sign_in.login(ANNA, PASSWORD, HOME)
    actor = await desk.sign_in.actor(await desk.sign_in.login(ANNA, password, HOME))
    assert actor.must_change


async def test_who_is_locked_out_is_let_in_by_an_owner(owner, desk, anna):
    await fail(desk, 5)
    with pytest.raises(TooManyAttempts):
        await desk.sign_in.login(ANNA, PASSWORD, HOME)
    await owner.get(LIST)
    assert "Has to wait" in owner.text
    await owner.get(PAGE)
    assert "has to wait until" in owner.text
    await owner.post(f"{PAGE}/unlock")
    assert "has to wait until" not in owner.text
    assert await desk.sign_in.login(ANNA, PASSWORD, HOME)
    assert "user-unlocked" in await actions(desk, ANNA)


async def test_a_lost_phone_is_forgotten_by_an_owner(owner, desk, anna, clock):
    async with visitor(desk) as theirs:
        await theirs.sign_in(ANNA, PASSWORD)
        await set_up(theirs, clock)
        await owner.get(PAGE)
        assert "Reset second factor" in owner.text
        await owner.post(f"{PAGE}/second-factor")
        assert owner.url == PAGE
        await theirs.get("/admin/account")
        assert theirs.url.startswith("/login")
        await theirs.sign_in(ANNA, PASSWORD)
        assert theirs.url == FRONT
    await owner.post(f"{PAGE}/second-factor")
    assert owner.status == 409


async def test_a_person_is_signed_out_everywhere(owner, desk, anna):
    tokens = [await desk.sign_in.login(ANNA, PASSWORD, HOME) for _ in range(2)]
    await owner.get(PAGE)
    assert owner.text.count("<b>192.0.2.1</b>") == 2
    await owner.post(f"{PAGE}/end-sessions")
    assert [await desk.sign_in.actor(token) for token in tokens] == [None, None]
    assert "Nowhere at the moment." in owner.text


async def test_a_person_is_deleted(owner, desk, anna):
    token = await desk.sign_in.login(ANNA, PASSWORD, HOME)
    await owner.post(f"{PAGE}/delete")
    assert owner.url == LIST
    assert await desk.sign_in.actor(token) is None
    with pytest.raises(NotFound):
        await desk.people.get_user(ANNA)
    await owner.get(PAGE)
    assert owner.status == 404


async def test_what_a_stranger_calls_their_browser_is_shown_as_text(owner, desk, anna):
    evil = Origin(address="192.0.2.1", agent="<img src=x onerror=alert(1)>")
    await desk.sign_in.login(ANNA, PASSWORD, evil)
    await owner.get(PAGE)
    assert "<img" not in owner.text
    assert "&lt;img src=x" in owner.text
