"""Drop a file on a page as from a file manager: the browser itself takes it."""

from pathlib import Path

from playwright.sync_api import Locator


def drop_file(place: Locator, file: Path) -> None:
    """Drag the file over the middle of the place and let go there."""
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    assert box
    middle = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    data = {"items": [], "files": [str(file)], "dragOperationsMask": 1}
    devtools = place.page.context.new_cdp_session(place.page)
    for kind in ("dragEnter", "dragOver", "drop"):
        event = {"type": kind, "data": data, **middle}
        devtools.send("Input.dispatchDragEvent", event)
    devtools.detach()
