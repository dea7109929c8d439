"""A new colleague: a one-time password, a phone, and the phone lost."""

from datetime import UTC, datetime

from account_drive import code_of
from drive.world import World
from playwright.sync_api import Page

from admin_web.pages.session import HOST_COOKIE

PASSWORD = "a sentence of my own"


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the gateway's clock is the real one


def sign_in(page: Page, password: str) -> None:
    page.goto("/login")
    page.get_by_label("Login").fill("ines")
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


def choose_password(page: Page, given: str) -> None:
    page.get_by_label("One-time password").fill(given)
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_label("New password, again").fill(PASSWORD)
    page.get_by_role("button", name="Choose it").click()
    page.wait_for_url("**/admin/dashboard")


def set_up_phone(page: Page) -> tuple[str, list[str]]:
    """Return the key that the phone has now, and the recovery codes."""
    page.get_by_role("link", name="ines").click()
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Set it up").click()
    page.get_by_role("img", name="QR code").wait_for()
    page.get_by_text("It cannot be scanned").click()
    page.get_by_role("button", name="Copy key").click()
    page.get_by_text("Copied").wait_for()
    secret = page.evaluate("navigator.clipboard.readText()")
    page.get_by_label("Type the code").fill(code_of(secret, now))
    page.get_by_role("button", name="Turn it on").click()
    page.get_by_role("heading", name="The second factor is on").wait_for()
    return secret, page.locator(".codes code").all_inner_texts()


def sign_in_by_code(page: Page, code: str) -> None:
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login")
    sign_in(page, PASSWORD)
    page.get_by_role("textbox", name="Code").fill(code)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/admin/dashboard")


def test_a_colleague_chooses_a_password_sets_up_a_phone_and_loses_it(
    page: Page, world: World
):
    made = world.api.post("/api/v1/users", {"login": "ines", "role": "OPERATOR"})
    sign_in(page, made["password"])
    choose_password(page, made["password"])
    cookie = {each["name"]: each for each in page.context.cookies()}[HOST_COOKIE]
    flags = [cookie[name] for name in ("httpOnly", "secure", "sameSite", "path")]
    assert flags == [True, True, "Lax", "/"]

    secret, recovery = set_up_phone(page)
    assert len(recovery) == 10
    sign_in_by_code(page, code_of(secret, now, 1))  # a phone that is a little fast
    sign_in_by_code(page, recovery[0].upper())
    assert world.api.get("/api/v1/users/ines")["secondFactor"] is True
    world.api.delete("/api/v1/users/ines")
