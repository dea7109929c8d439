import asyncio

from account_drive import code_of

from gateway.app.foundation import foundation
from gateway.config import load
from gateway.core.desk.accounts import Origin
from gateway.engine.desk.accounts import Accounts
from gateway.engine.desk.sign_in import SignIns

HOME = Origin(address="::1")


def test_a_lost_second_factor_is_reset_on_the_machine_itself(data, run):
    password = (data / "admin-password").read_text().strip()

    async def turn_on():
        async with foundation(load(data=data, environ={})) as base:
            accounts, door = Accounts(base.credentials), SignIns(base.credentials)
            actor = await door.actor(await door.login("admin", password, HOME))
            await accounts.begin_second_factor(actor, password, "::1")
            secret = await accounts.new_secret(actor)
            code = code_of(secret, base.credentials.clock)
            await accounts.confirm_second_factor(actor, code)

    async def log_in():
        async with foundation(load(data=data, environ={})) as base:
            return await SignIns(base.credentials).login("admin", password, HOME)

    asyncio.run(turn_on())
    code, out, _ = run("user", "reset-second-factor", " Admin ", "--data", data)
    assert (code, out) == (0, "admin signs in by the password alone now.\n")
    assert asyncio.run(log_in())
    code, _, err = run("user", "reset-second-factor", "admin", "--data", data)
    assert (code, err.count("admin has no second factor")) == (1, 1)
    code, _, err = run("user", "reset-second-factor", "nobody", "--data", data)
    assert (code, err.count("no user nobody")) == (1, 1)
