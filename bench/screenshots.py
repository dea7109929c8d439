"""A picture of every page in both themes, with data as they come in a working week.

`make screenshots` runs it. It starts a gateway of its own, fills it, and writes WebP:
NAME-light.webp, NAME-dark.webp, and NAME-narrow.webp for a telephone.
"""

import base64
import re
import sqlite3
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

import paths

# isort: split

import gallery
from as2_builders import a_person
from drive.browser import CHROMIUM
from drive.process import GatewayProcess
from drive.showroom import Showroom, a_user, furnish, page_paths, put
from drive.world import ORDER, World, eventually
from playwright.sync_api import Browser, Page, sync_playwright

PER_DAY = (9, 14, 11, 3, 12, 17, 8)
"""Orders of the days before, the oldest first; then those of today."""
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
TALLEST = 1800
QUALITY = 62
MOVED = {
    "transfers": ("created_at", "finished_at"),
    "trace": ("at",),
    "envelopes": ("created_at", "completed_at"),
    "mailbox_entries": ("created_at", "status_at"),
    "conversions": ("at",),
}
PICTURES = paths.ROOT / "docs" / "screenshots"
"""Whose pictures the README shows."""
EXECUTED = "rule-out"
NARROW_TOO = ("dashboard", "integrations-sftp", "transfers", "envelopes-one")


def main(folder: Path) -> None:
    """Write the pictures anew."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.webp"):
        old.unlink()
    with _gateway() as world, sync_playwright() as playwright:
        room = fill(world)
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        written = sum(photograph(browser, world, room, folder))
        browser.close()
    if folder.resolve() == PICTURES:
        gallery.show(PICTURES, paths.ROOT / "README.md")
    print(f"{written} pictures in {folder}")


@contextmanager
def _gateway() -> Iterator[World]:
    with tempfile.TemporaryDirectory() as name:
        process = GatewayProcess(Path(name) / "data")
        try:
            process.start()
            yield World(process, Path(name))
            process.stop()
        finally:
            process.clear()


# --- What is on the pictures ---------------------------------------------------------


def fill(world: World) -> Showroom:
    """Make a week of orders, a few failures, people and a partner who is away."""
    room = furnish(world, a_person("as2.baltic-retail.example"))
    world.api.put("/api/v1/settings", {"accountName": "Alder & Finch Foods"})
    for login, role in (("iris", "AUDITOR"), ("marek", "OPERATOR")):
        a_user(world, login, role)
    world.api.post("/api/v1/tokens", {"name": "Warehouse robot", "role": "OPERATOR"})
    number = 4700
    for count in PER_DAY:
        for _ in range(count):
            number += 1
            put(room.shop, f"ORDERS_{number}.edi", order(number))
        if count % 2:
            put(room.shop, f"remittance_{number}.pdf", b"%PDF-1.7 " + b"." * 9000)
        _settled(world, room)
        _a_day_passes(world)
    for _ in range(6):
        number += 1
        put(room.shop, f"ORDERS_{number}.edi", order(number))
    put(room.shop, "ORDERS_unknown_supplier.edi", _of_nobody(number + 1))
    _settled(world, room)
    return room


def order(number: int) -> bytes:
    """Return the demo's order under another number."""
    return ORDER.replace(b"ORD1", b"PO-%d" % number).replace(b"REF1", b"%d" % number)


def _of_nobody(number: int) -> bytes:
    return order(number).replace(b"4829900003228", b"4829900009999")


def _settled(world: World, room: Showroom) -> None:
    def done() -> bool:
        busy = ("RECEIVED", "PROCESSING", "QUEUED")
        boxes = (room.shop, room.supplier)
        return not any(world.count(box, state=one) for box in boxes for one in busy)

    eventually(done, "every file done", seconds=120)


def _a_day_passes(world: World) -> None:
    """Make everything a day older: the pictures show a week."""
    with sqlite3.connect(world.process.data / "gateway.db", timeout=30) as db:
        for table, columns in MOVED.items():
            known = {row[1] for row in db.execute(f"PRAGMA table_info({table})")}
            for column in columns:
                if column not in known:
                    raise SystemExit(f"the table {table} has no column {column}")
                db.execute(  # both names are ours
                    f"UPDATE {table} SET {column} = "  # noqa: S608
                    f"strftime('%Y-%m-%d %H:%M:%f000', {column}, '-1 day') "
                    f"WHERE {column} IS NOT NULL"
                )


# --- The pictures --------------------------------------------------------------------


def photograph(
    browser: Browser, world: World, room: Showroom, folder: Path
) -> Iterator[int]:
    """Write every page; give 1 for each picture."""
    for theme in ("light", "dark"):
        context = browser.new_context(
            base_url=world.process.endpoints["admin"]["url"],
            ignore_https_errors=True,
            color_scheme="dark" if theme == "dark" else "light",
            viewport=WIDE,  # type: ignore[arg-type]
            timezone_id="Europe/Kyiv",
            reduced_motion="reduce",
        )
        page = context.new_page()
        page.goto("/login")
        yield _picture(page, folder / f"login-{theme}.webp")
        _sign_in(page, room)
        for name, path in album(page, room):
            page.set_viewport_size(WIDE)  # type: ignore[arg-type]
            page.goto(path)
            if name == EXECUTED:
                page.get_by_role("button", name="Execute").click()
                page.locator("#result-pane .viewer").wait_for()
            yield _picture(page, folder / f"{name}-{theme}.webp")
            if theme == "light" and name in NARROW_TOO:
                page.set_viewport_size(NARROW)  # type: ignore[arg-type]
                yield _picture(page, folder / f"{name}-narrow.webp")
        context.close()


def album(page: Page, room: Showroom) -> Sequence[tuple[str, str]]:
    """Return name and address of every page: what answers a whole page by itself."""
    found = []
    for each in page_paths():
        path = room.address(each)
        answer = page.request.get(path, max_redirects=0)
        if answer.status == HTTPStatus.OK and "<!doctype" in answer.text()[:99]:
            found.append((_slug(each), path))
    front = "/admin/integrations/list"
    found.append(("integrations-sftp", f"{front}?mailbox={room.shop.uuid}"))
    found.append(("integrations-as2", f"{front}?mailbox={room.retail}"))
    rule = f"/admin/mailboxes/{room.shop.uuid}/rules/{room.samples['out']}"
    inbox = f"/admin/envelopes?mailbox={room.supplier.uuid}&scope=inbox"
    return [*found, (EXECUTED, rule), ("envelopes", inbox)]


def _slug(path: str) -> str:
    words = path.removeprefix("/admin/").replace("mailboxes/{mailbox}/rules", "rules")
    words = words.replace("mailboxes/{mailbox}", "mailbox")
    return re.sub(r"\W+", "-", re.sub(r"{\w+}(/{\w+})*", "one", words))


def _sign_in(page: Page, room: Showroom) -> None:
    page.get_by_label("Login").fill(room.owner)
    page.get_by_label("Password", exact=True).fill(room.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/admin/**")


def _picture(page: Page, file: Path) -> int:
    """Write the page from its top to its end, but not more than can be looked at."""
    page.wait_for_load_state("load")
    height = int(page.evaluate("document.documentElement.scrollHeight"))
    size = dict(page.viewport_size or WIDE)
    # a window that high: what sticks to its edges is then where people see it
    size["height"] = min(max(height, size["height"]), TALLEST)
    page.set_viewport_size(size)  # type: ignore[arg-type]
    session = page.context.new_cdp_session(page)
    taken = session.send(
        "Page.captureScreenshot", {"format": "webp", "quality": QUALITY}
    )
    session.detach()
    file.write_bytes(base64.b64decode(taken["data"]))
    return 1


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else paths.ROOT / "docs" / "screenshots")
