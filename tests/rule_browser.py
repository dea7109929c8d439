"""The form of a rule as a browser without script sends it: all as it stands."""

from dataclasses import dataclass, field
from io import BytesIO

from lxml import html


class NamedFile(BytesIO):
    """A file of a form."""

    def __init__(self, name, data):
        super().__init__(data)
        self.name = name


@dataclass
class RuleBrowser:
    """The open form; `fields` are pairs, as they would be sent."""

    browser: object
    fields: list = field(default_factory=list)
    action: str = ""

    @property
    def text(self):
        return self.browser.text

    @property
    def page(self):
        return html.document_fromstring(self.browser.text)

    def part(self, where):
        """Return the words of the element with this id."""
        return " ".join(self.page.get_element_by_id(where).text_content().split())

    async def open(self, path, **more):
        await self.browser.get(path, **more)
        return self._take()

    def _take(self):
        found = [form for form in self.page.forms if form.get("id") == "rule"]
        if found:
            self.action = found[0].get("action")
            self.fields = [
                (name, value.removeprefix("\n"))
                for name, value in found[0].form_values()
                if name != "csrf"
            ]
        return self

    def __getitem__(self, name):
        return next(value for key, value in self.fields if key == name)

    def set(self, **values):
        """Write into fields; None unticks a box."""
        for name, value in values.items():
            self.fields = [pair for pair in self.fields if pair[0] != name]
            if value is not None:
                self.fields.append((name, value))
        return self

    async def do(self, what, *more, end="/form"):
        """Press a button that saves nothing; `more` are pairs, files among them."""
        pairs = [*self.fields, ("do", what), *more]
        await self.browser.post(self.action + end, pairs)
        return self._take()

    async def save(self):
        await self.browser.post(self.action, self.fields)
        return self._take()
