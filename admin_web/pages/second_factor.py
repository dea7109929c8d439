"""The second factor of one's own account: set up, confirm, recover, remove."""

from collections.abc import Sequence
from dataclasses import replace

from aiohttp import web

from admin_web.pages.account import ACCOUNT, account_page, errors_of, status_of
from admin_web.pages.page import Page, Visit, see
from admin_web.pages.qr import draw, key_uri
from admin_web.pages.session import Session, csrf_of, remember
from gateway.core.desk.actor import PersonRole
from gateway.core.errors import Conflict, Invalid, Refusal, TooManyAttempts

HERE = f"{ACCOUNT}/second-factor"
GROUP = 4  # letters of the key that are typed at once


async def begin(visit: Visit) -> web.StreamResponse:
    """Make a key; the next page shows it."""
    password, address = _proof(visit)
    try:
        await visit.desk.accounts.begin_second_factor(visit.actor, password, address)
    except (Invalid, Conflict, TooManyAttempts) as refusal:
        return await account_page(visit, form="begin", refusal=refusal)
    return see(HERE)


async def show_key(visit: Visit) -> web.StreamResponse:
    """Show the key that waits for its first code, as a picture and as letters."""
    return await _key(visit)


async def _key(visit: Visit, refusal: Refusal | None = None) -> web.StreamResponse:
    secret = await visit.desk.accounts.new_secret(visit.actor)
    if secret is None:
        return see(ACCOUNT)
    host = visit.request.url.host or ""
    return visit.render(
        "second_factor.html",
        status_of(refusal),
        qr=draw(key_uri(secret, visit.actor.login, host)),
        secret=secret,
        groups=[secret[at : at + GROUP] for at in range(0, len(secret), GROUP)],
        error="".join(errors_of(refusal).values()),
    )


async def confirm(visit: Visit) -> web.StreamResponse:
    """Turn it on with a first code; show the recovery codes, this once."""
    try:
        token, codes = await visit.desk.accounts.confirm_second_factor(
            visit.actor, visit.form.text("code")
        )
    except (Invalid, TooManyAttempts) as refusal:
        return await _key(visit, refusal)
    renewed = replace(visit, session=Session(visit.actor, csrf_of(token)))
    response = renewed.render("recovery_codes.html", codes=codes, fresh=True)
    remember(response, visit.request, token)
    return response


async def make_codes(visit: Visit) -> web.StreamResponse:
    """Replace the recovery codes and show the new ones, this once."""
    password, address = _proof(visit)
    try:
        codes = await visit.desk.accounts.new_recovery_codes(
            visit.actor, password, address
        )
    except (Invalid, Conflict, TooManyAttempts) as refusal:
        return await account_page(visit, form="codes", refusal=refusal)
    return visit.render("recovery_codes.html", codes=codes, fresh=False)


async def remove(visit: Visit) -> web.StreamResponse:
    """Turn it off."""
    password, address = _proof(visit)
    try:
        token = await visit.desk.accounts.remove_second_factor(
            visit.actor, password, address
        )
    except (Invalid, TooManyAttempts) as refusal:
        return await account_page(visit, form="remove", refusal=refusal)
    response = see(f"{ACCOUNT}?did=removed")
    remember(response, visit.request, token)
    return response


def _proof(visit: Visit) -> tuple[str, str]:
    return visit.form.raw("oldPassword"), visit.request.remote or ""


PAGES: Sequence[Page] = (
    Page(method="GET", path=HERE, handler=show_key, role=PersonRole.AUDITOR),
    *(
        Page(method="POST", path=path, handler=handler, role=PersonRole.AUDITOR)
        for path, handler in (
            (HERE, begin),
            (f"{HERE}/confirm", confirm),
            (f"{HERE}/codes", make_codes),
            (f"{HERE}/remove", remove),
        )
    ),
)
