import pytest

from admin_web.pages.agents import LONGEST, browser_name

CHROME = "Mozilla/5.0 (%s) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0"
PHONE = "iPhone; CPU iPhone OS 18_0 like Mac OS X"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (CHROME % "X11; Linux x86_64" + " Safari/537.36", "Chrome 156, Linux"),
        (CHROME % "Windows NT 10.0" + " Safari/537.36 Edg/150.0", "Edge 150, Windows"),
        (
            "Mozilla/5.0 (X11; Linux; rv:140.0) Gecko/1 Firefox/140.0",
            "Firefox 140, Linux",
        ),
        (
            f"Mozilla/5.0 ({PHONE}) Version/18.0 Mobile/15E148 Safari/604.1",
            "Safari 18, iPhone",
        ),
        ("Mozilla/5.0 Firefox/9", "Firefox 9"),
        ("curl/8.14.1", "curl/8.14.1"),
        ("x" * 300, "x" * LONGEST + "…"),
        ("", ""),
    ],
)
def test_browsers_are_named_as_people_know_them(agent, name):
    assert browser_name(agent) == name
