"""Debian's Chromium before a gateway of its own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from drive.browser import CHROMIUM
from drive.process import GatewayProcess
from drive.world import World
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

FLAGS = [
    "--no-sandbox",  # who runs the tests may be root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what is here, and nothing else, where there is no browser."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.acceptance)
            if CHROMIUM is None:
                reason = "no browser here (Debian: chromium-headless-shell)"
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("browser")
    process = GatewayProcess(folder / "data")
    try:
        process.start()
        yield World(process, folder)
        assert process.stop() == 0, process.log
    finally:
        process.clear()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start the browser; per module, because it holds the thread's event loop."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser, world: World) -> Iterator[Page]:
    """Open an empty page; fail if the browser complains of anything meanwhile."""
    context = chromium.new_context(
        base_url=world.process.endpoints["admin"]["url"],
        ignore_https_errors=True,
        permissions=["clipboard-read", "clipboard-write"],
        reduced_motion="reduce",
    )
    context.set_default_timeout(15_000)
    found = context.new_page()
    complaints: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        # the browser itself notes each answer 4xx, which a refused form is
        if message.type == "error" and "status of 422" not in message.text:
            complaints.append(message.text)

    found.on("console", heard)
    found.on("pageerror", lambda error: complaints.append(str(error)))
    yield found
    context.close()
    assert complaints == []


@pytest.fixture(scope="package")
def kept() -> list[Any]:
    """Hold the cookies of the administrator once somebody has signed in."""
    return []


@pytest.fixture
def admin(page: Page, world: World, kept: list[Any]) -> Page:
    """Open the first page as the first administrator; sign in if need be."""
    page.context.add_cookies(kept)
    page.goto("/")
    if "/login" in page.url:
        sign_in(page, world)
        kept[:] = page.context.cookies()
    return page


def sign_in(page: Page, world: World) -> None:
    """Sign in with the generated password."""
    password = (world.process.data / "admin-password").read_text().strip()
    page.get_by_label("Login").fill("admin")
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/admin/**")
