"""What a browser calls itself, in words that people know it by."""

import re

# the first that fits: each browser also names those it is like
BROWSERS = (
    ("Edge", r"\bEdg(?:e|A|iOS)?/(\d+)"),
    ("Opera", r"\bOPR/(\d+)"),
    ("Samsung Internet", r"\bSamsungBrowser/(\d+)"),
    ("Firefox", r"\b(?:Firefox|FxiOS)/(\d+)"),
    ("Chrome", r"\b(?:Chrome|HeadlessChrome|CriOS)/(\d+)"),
    ("Safari", r"\bVersion/(\d+)[\d.]* (?:Mobile/\w+ )?Safari/"),
)
SYSTEMS = (
    ("iPhone", r"\biPhone\b"),
    ("iPad", r"\biPad\b"),
    ("Android", r"\bAndroid\b"),
    ("Windows", r"\bWindows\b"),
    ("macOS", r"\bMac OS X\b"),
    ("Linux", r"\bLinux\b"),
)
LONGEST = 80


def browser_name(agent: str) -> str:
    """Return "Firefox 140, Linux"; of a program its own words, shortened."""
    for name, pattern in BROWSERS:
        if found := re.search(pattern, agent):
            system = next((os for os, like in SYSTEMS if re.search(like, agent)), "")
            return f"{name} {found[1]}, {system}" if system else f"{name} {found[1]}"
    return agent if len(agent) <= LONGEST else f"{agent[:LONGEST]}…"
