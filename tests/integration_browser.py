"""The form of an integration as a browser without script sends it: all as it stands."""

import html
import re

FRONT = "/admin/integrations/list"


def form_of(text, protocol):
    """Return the fields of the integration as a browser would send them."""
    form = text[text.index('<form class="stack" id="integration"') :]
    form = form[: form.index("</form>")]
    found = []
    for tag in re.findall(r"<input[^>]*>", form):
        parts = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if parts.get("type") in {"checkbox", "radio"} and " checked" not in tag:
            continue
        if "name" in parts and parts.get("type") != "file":
            value = parts.get("value", "on")
            found.append((parts["name"], html.unescape(value)))
    for name, value in re.findall(
        r'<textarea[^>]* name="(\w+)"[^>]*>\n?([^<]*)</textarea>', form
    ):
        found.append((name, html.unescape(value)))
    for name, options in re.findall(
        r'<select[^>]* name="(\w+)"[^>]*>(.*?)</select>', form, re.DOTALL
    ):
        if name != "mailbox":
            chosen = re.search(r'value="([^"]*)" selected', options)
            found.append((name, chosen[1]))
    return [pair for pair in found if pair[0] not in {"protocol", "csrf"}] + [
        ("protocol", protocol)
    ]
