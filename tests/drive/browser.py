"""The browser that the page is tested in and photographed with."""

import shutil

# the shell draws the same pages with half the work
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
