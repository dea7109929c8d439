"""Every page there is: for everybody, on every screen, and alone."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from as2_builders import Person
from axe_playwright_python.sync_playwright import Axe
from drive.showroom import LONG, Showroom, furnish
from drive.world import World
from playwright.sync_api import Page, Request

WIDTHS, HEIGHT = (360, 768, 1280), 900
BUDGET = 250_000
# what a script measures with and takes away moved nothing that anybody saw
SHIFTS = """
window.shifted = [];
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) {
    const moved = each.sources.flatMap(({node}) => node ?? []);
    const told = moved.map((it) => (it.outerHTML ?? it.textContent).slice(0, 120));
    if (told.length) window.shifted.push(`${each.value} ${told.join(' and ')}`);
  }
}).observe({type: 'layout-shift', buffered: true});
"""
GRAVE = {"serious", "critical"}
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

    def visit(self, path: str) -> None:
        """Open the page if it is one, and look at it in every way."""
        answer = self.page.request.get(path, max_redirects=0)
        html = "text/html" in answer.headers.get("content-type", "")
        if answer.status == 303 or not html or "<!doctype" not in answer.text()[:99]:
            return  # a file, a part of a page, or the way to another
        if answer.status != 200:
            self.wrong.append(f"{path}: {answer.status}")
            return
        self.page.set_viewport_size({"width": WIDTHS[-1], "height": HEIGHT})
        self.page.goto(path)
        self.seen.append(path)
        for about, found in (
            ("layout shift", self.page.evaluate("window.shifted")),
            ("light", self.axe("light")),
            ("dark", self.axe("dark", "color-contrast")),
            ("scrolls sideways at", self.too_wide(*WIDTHS)),
        ):
            self.wrong += [f"{path}: {about}: {each}" for each in found]

    def visit_again(self, language: str, width: int) -> None:
        """Look whether what was seen is narrow enough in this language, too."""
        cookie = {"name": "language", "value": language, "url": self.home}
        self.page.context.add_cookies([cookie])
        for path in self.seen:
            self.page.set_viewport_size({"width": width, "height": HEIGHT})
            self.page.goto(path, wait_until="domcontentloaded")
            assert self.page.locator("html").get_attribute("lang") == language
            wide = self.too_wide(width)
            self.wrong += [f"{path} in {language} scrolls at {one}" for one in wide]

    def axe(self, theme: str, *only: str) -> list[str]:
        self.page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
        self.page.emulate_media(color_scheme=theme)
        options: dict[str, object] = {"resultTypes": ["violations"]}
        if only:
            options["runOnly"] = {"type": "rule", "values": only}
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(Axe().axe_script)
        ran = self.page.evaluate("options => axe.run(options)", options)
        return [
            f"{each['id']} {node['target']} {node.get('failureSummary', '')}"
            for each in ran["violations"]
            if each["impact"] in GRAVE
            for node in each["nodes"][:3]
        ]

    def too_wide(self, *widths: int) -> list[str]:
        """Return what is wider than the screen, or than the card it stands in."""
        found = []
        for width in widths:
            self.page.set_viewport_size({"width": width, "height": HEIGHT})
            wide = self.page.evaluate(TOO_WIDE)
            found += [f"{width} px: {each}" for each in wide]
        return found

    def heard(self, request: Request) -> None:
        """Every request goes to the gateway itself."""
        if not request.url.startswith((self.home, "data:", "blob:")):
            self.wrong.append(f"{self.page.url} asks {request.url}")


@pytest.fixture
def visit_of(world: World) -> Callable[[Page], Visitor]:
    """Return what makes a visitor of a page."""

    def of(page: Page) -> Visitor:
        found = Visitor(page, world.process.endpoints["admin"]["url"])
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
    visitor.visit_again("uk", min(WIDTHS))
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
