"""Every page there is: for everybody, on every screen, and alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from as2_builders import Person
from axe_playwright_python.sync_playwright import Axe
from drive.showroom import LONG, Showroom, furnish
from drive.world import World
from playwright.sync_api import Page, Request

WIDTHS, HEIGHT = (1280, 768, 360), 900
BUDGET = 250_000
# what a script measures with and takes away moved nothing that anybody saw; nor does
# less than a hundredth: a row whose end arrives later (a shift is bad from a tenth on)
SHIFTS = """
window.shifted = [];
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) {
    const moved = each.sources.flatMap(({node}) => node ?? []);
    const told = moved.map((it) => (it.outerHTML ?? it.textContent).slice(0, 120));
    if (!told.length || each.value < 0.01) continue;
    window.shifted.push(`${each.value} ${told.join(' and ')}`);
  }
}).observe({type: 'layout-shift', buffered: true});
"""
LOOKS = Path(__file__).with_name("looks.js").read_text()
# the page's own style sheet and scripts stay; only what the server says is exchanged
TRANSLATED = """async () => {
  const answer = await fetch(location.href);
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  document.body.replaceWith(document.adoptNode(page.body));
  return page.documentElement.lang;
}"""
TOO_WIDE = """() => [document.documentElement, ...document.querySelectorAll('.cards')]
  .filter((it) => it.scrollWidth > (it.parentElement ?? it).clientWidth)
  .map((it) => `${it.tagName.toLowerCase()} of ${it.scrollWidth} px`)"""


@pytest.fixture(scope="module")
def showroom(world: World, bob: Person) -> Showroom:
    return furnish(world, bob, LONG)


@dataclass
class Visitor:
    """Looks at one page after the other and writes down what is wrong."""

    page: Page
    home: str
    wrong: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    looks: set[int] = field(default_factory=set)

    def visit(self, path: str) -> None:
        """Open the page if it is one, and look at it in every way."""
        answer = self.page.request.get(path, max_redirects=0)
        html = "text/html" in answer.headers.get("content-type", "")
        if answer.status == 303 or not html or "<!doctype" not in answer.text()[:99]:
            return  # a file, a part of a page, or the way to another
        if answer.status != 200:
            self.wrong.append(f"{path}: {answer.status}")
            return
        self.page.set_viewport_size({"width": WIDTHS[0], "height": HEIGHT})
        self.page.goto(path)
        self.seen.append(path)
        for about, found in (
            ("layout shift", self.page.evaluate("window.shifted")),
            ("axe", self.axe()),
            ("scrolls sideways at", self.too_wide(WIDTHS)),
            ("scrolls sideways in Ukrainian at", self.too_wide_in("uk")),
        ):
            self.wrong += [f"{path}: {about}: {each}" for each in found]

    def axe(self) -> list[str]:
        """Return what axe finds, in the light and, as far as colours go, the dark."""
        self.page.evaluate(Axe().axe_script)
        found, news = self.page.evaluate(LOOKS, list(self.looks))
        self.looks.update(news)
        return list(found)

    def too_wide(self, widths: Sequence[int]) -> list[str]:
        """Return what is wider than the screen, or than the card it stands in."""
        found = []
        for width in widths:
            if self.page.viewport_size != {"width": width, "height": HEIGHT}:
                self.page.set_viewport_size({"width": width, "height": HEIGHT})
            wide = self.page.evaluate(TOO_WIDE)
            found += [f"{width} px: {each}" for each in wide]
        return found

    def too_wide_in(self, language: str) -> list[str]:
        """Return the same for the narrowest screen in this language."""
        cookie = {"name": "language", "value": language, "url": self.home}
        self.page.context.add_cookies([cookie])
        try:
            assert self.page.evaluate(TRANSLATED) == language
        finally:
            self.page.context.clear_cookies(name="language")
        return self.too_wide(WIDTHS[-1:])

    def heard(self, request: Request) -> None:
        """Every request goes to the gateway itself."""
        if not request.url.startswith((self.home, "data:", "blob:")):
            self.wrong.append(f"{self.page.url} asks {request.url}")


@pytest.fixture
def visit_of(world: World) -> Callable[[Page], Visitor]:
    """Return what makes a visitor of a page."""
    home = world.process.endpoints["admin"]["url"]

    def of(page: Page) -> Visitor:
        found = Visitor(page, home)
        page.context.add_init_script(SHIFTS)
        page.on("request", found.heard)
        return found

    return of


@pytest.mark.timeout(240)
def test_each_page_is_for_everybody_on_every_screen_and_stands_still(
    admin: Page, visit_of: Callable[[Page], Visitor], showroom: Showroom
):
    visitor = visit_of(admin)
    for path in showroom.stops():
        visitor.visit(path)
    assert not visitor.wrong, "\n".join(visitor.wrong)
    assert len(visitor.seen) > 1


def test_the_sign_in_is_for_everybody_too(
    page: Page, visit_of: Callable[[Page], Visitor]
):
    visitor = visit_of(page)
    visitor.visit("/login")
    assert (visitor.seen, visitor.wrong) == (["/login"], [])


def test_the_first_page_is_light_on_the_wire(admin: Page, showroom: Showroom):
    session = admin.context.new_cdp_session(admin)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    sizes: list[float] = []

    def arrived(event: dict[str, float]) -> None:
        sizes.append(event["encodedDataLength"])

    session.on("Network.loadingFinished", arrived)
    admin.goto("/")
    admin.wait_for_load_state("networkidle")
    assert len(sizes) > 3
    assert sum(sizes) < BUDGET
