"""Templates to HTML: escaped, translated, with what every page needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from admin_web.pages.assets import Asset
from admin_web.pages.byte_code import byte_code
from admin_web.pages.formats import FILTERS
from admin_web.pages.reader import LANGUAGES, READER, catalogue, known_to, reader_of
from admin_web.pages.session import Session
from gateway.core.desk.actor import PersonRole

THEMES = ("light", "dark")
THEME_COOKIE = "theme"


@dataclass(frozen=True, slots=True)
class Renderer:
    """The environment of the templates, the URLs of the assets, and who may see what.

    *roles* has the lowest role for each path that GET answers.
    """

    environment: Environment
    assets: Mapping[str, Asset]
    roles: Mapping[str, PersonRole | None] = field(default_factory=dict)

    def page(
        self,
        request: web.Request,
        template: str,
        session: Session | None,
        status: int = 200,
        **more: object,
    ) -> web.Response:
        """Return the template as an answer."""
        text = self.text(request, template, session, **more)
        # no header or path, however broken, keeps an answer from being sent
        body = text.encode(errors="replace")
        response = web.Response(
            body=body, status=status, content_type="text/html", charset="utf-8"
        )
        response.enable_compression()
        return response

    def text(
        self,
        request: web.Request,
        template: str,
        session: Session | None,
        **more: object,
    ) -> str:
        """Return the template as this reader reads it."""
        theme = request.cookies.get(THEME_COOKIE, "")
        reader = reader_of(request)
        before = READER.set(reader)
        try:
            return self.environment.get_template(template).render(
                asset={name: asset.url for name, asset in self.assets.items()},
                theme=theme if theme in THEMES else "auto",
                language=reader.language,
                languages=LANGUAGES,
                path=request.path,
                address=request.path_qs if request.method == "GET" else "",
                host=request.host,
                offered=self._offered(session),
                actor=session.actor if session else None,
                csrf=session.csrf if session else "",
                **more,
            )
        finally:
            READER.reset(before)

    def _offered(self, session: Session | None) -> set[str]:
        """Return the paths that the menu may show to this person."""
        if session is None:
            return set()
        role = session.actor.role
        return {
            path for path, least in self.roles.items() if least and role.covers(least)
        }


RENDERER = web.AppKey("renderer", Renderer)


@cache
def environment() -> Environment:
    """Return the environment: everything escaped, an unknown name is an error.

    Every template is loaded here, because that would hold the loop later.
    """
    made = Environment(
        loader=PackageLoader("admin_web"),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        bytecode_cache=byte_code(Path(__file__).parent / "__pycache__"),
    )
    made.install_gettext_callables(_text, _plural, newstyle=True)  # type: ignore[attr-defined] # the extension adds it
    made.filters.update(FILTERS)
    for language in LANGUAGES:
        catalogue(language)
        known_to(language)
    for name in made.list_templates():
        made.get_template(name)
    return made


def _text(text: str) -> str:
    return READER.get().texts.gettext(text)


def _plural(one: str, many: str, count: int) -> str:
    return READER.get().texts.ngettext(one, many, count)
