"""What a person does on the pages, one method for each errand."""

import re
from dataclasses import dataclass
from pathlib import Path

from drive.sftp import Partner
from drive.world import World
from playwright.sync_api import Locator, Page, expect

LIST = "/admin/integrations/list"
SIGNED = "Signed messages, each with a receipt"


@dataclass(frozen=True)
class Desk:
    """A person at a browser; what they do is checked where they see it."""

    page: Page
    world: World

    def sign_in(self) -> None:
        """Sign in with the generated password, as at the very first time."""
        password = (self.world.process.data / "admin-password").read_text().strip()
        self.page.goto("/")
        self.page.get_by_label("Login").fill("admin")
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url("**/admin/**")

    def make_mailbox(self, name: str) -> str:
        """Make it, switch its integration on, save; return its uuid."""
        self.page.goto(LIST)
        if self.page.get_by_text("No mailbox yet").count() == 0:
            self.page.get_by_role("button", name="New mailbox").click()
        self.page.get_by_label("Name of the mailbox").fill(name)
        self.page.get_by_role("button", name="Make the mailbox").click()
        form = self.page.get_by_role("form", name=f"Integration of {name}")
        expect(form).to_be_visible()
        self.page.wait_for_load_state()
        self.page.get_by_label("Integration on").check()
        self.save()
        return self.copied("mailbox UUID")

    def save(self) -> None:
        self.page.get_by_role("button", name="Save").click()
        expect(self.page.get_by_text("Saved", exact=True)).to_be_visible()

    def copied(self, what: str) -> str:
        """Press a copy button and return what is on the clipboard then."""
        self.page.evaluate("navigator.clipboard.writeText('')")
        self.page.get_by_role("button", name=f"Copy {what}", exact=True).click()
        expect(self.page.locator("#note")).to_contain_text("Copied")
        return str(self.page.evaluate("navigator.clipboard.readText()"))

    def connect_by_sftp(self, folder: Path) -> Partner:
        """Copy the credentials and log in with them by a real client."""
        self.page.get_by_text("known_hosts line and a command").click()
        known = folder / "known_hosts"
        known.write_text(self.copied("known_hosts line") + "\n")
        partner = Partner(
            login=self.copied("login"),
            password=self.copied("password"),
            host=self.copied("host"),
            port=int(self.copied("port")),
            known_hosts=known,
            key=folder / "none",
        )
        folders = ["cinbox", "coutbox", "error", "inbox", "outbox"]
        assert partner.listing(".") == folders
        return partner

    # --- rules -------------------------------------------------------------------

    def begin_rule(self, name: str, example: bytes) -> None:
        """Open the form and fill in everything but the stylesheet."""
        page = self.page
        page.get_by_role("link", name="Add new rule").first.click()
        page.get_by_label("Rule name").fill(name)
        page.get_by_text("Out (Envelopes I sent)").click()
        template = page.get_by_label("Template UUID")
        template.fill(self.world.template())
        template.blur()
        expect(page.locator("#w-templateUuid")).to_contain_text("Order")
        page.get_by_label("Pattern looks at").select_option("CONTENT")
        page.get_by_label("Matching pattern").fill(r"UNH\+[^']*ORDERS:D:96A")
        # the template brings one of its own
        page.get_by_label("Choose another example file").set_input_files(
            {"name": "order.edi", "mimeType": "text/plain", "buffer": example}
        )
        expect(page.locator("#w-pattern")).to_contain_text("Matches the example file")

    def execute_wrong(self, stylesheet: str, folder: Path) -> int:
        """Execute it with a broken end of a template; return the line told."""
        broken = stylesheet.replace(
            "</xsl:template>", "<xsl:nothing/></xsl:template>", 1
        )
        self._load(broken, folder)
        place = self.page.locator("#result-pane").get_by_role("link")
        expect(place).to_have_text(re.compile(r"Line \d+"))
        expect(self.page.locator("#save-rule")).to_be_disabled()
        return int(re.sub(r"\D", "", place.inner_text()))

    def execute_right(self, stylesheet: str, folder: Path) -> None:
        """Execute the mended one and save the rule."""
        self._load(stylesheet, folder)
        save = self.page.locator("#save-rule")
        expect(self.page.locator("#result-pane")).to_contain_text("Valid")
        expect(save).to_be_enabled()
        save.click()
        expect(self.page.locator("#why")).to_contain_text("Saved.")

    def _load(self, stylesheet: str, folder: Path) -> None:
        file = folder / "order.xsl"
        file.write_text(stylesheet)
        with self.page.expect_response("**/form"):
            self.page.get_by_label("Load an XSLT file").set_input_files(file)
        with self.page.expect_response("**/form"):
            self.page.get_by_role("button", name="Execute").click()

    def order_clone_and_delete_rules(self, mailbox: str) -> None:
        """Clone the only rule, move the copy up by keyboard, delete it."""
        page = self.page
        page.goto(f"{LIST}?mailbox={mailbox}")
        shown = page.locator("#rules h3")
        page.get_by_label("More for EDIFACT orders").click()
        page.get_by_role("button", name="Clone").click()
        expect(shown).to_have_text(["EDIFACT orders", "Copy of EDIFACT orders"])
        page.get_by_role("button", name="Move Copy of EDIFACT orders").focus()
        page.keyboard.press("ArrowUp")
        expect(shown).to_have_text(["Copy of EDIFACT orders", "EDIFACT orders"])
        page.get_by_label("More for Copy of EDIFACT orders").click()
        page.get_by_role("button", name="Delete", exact=True).click()
        page.get_by_role("button", name="Delete rule").click()
        expect(shown).to_have_text(["EDIFACT orders"])

    # --- envelopes ---------------------------------------------------------------

    def accept(self, mailbox: str, subject: str) -> None:
        """Open it in the inbox and accept it."""
        self._open(mailbox, subject)
        self.page.get_by_role("button", name="Accept").click()
        expect(self._state()).to_have_text("Completed")

    def reject(self, mailbox: str, subject: str, reason: str) -> None:
        """Open it in the inbox and reject it."""
        self._open(mailbox, subject)
        self.page.get_by_role("button", name="Reject…").click()
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_label("Reason").fill(reason)
        dialog.get_by_role("button", name="Reject").click()
        expect(self._state()).to_have_text("Cancelled")
        expect(self.page.get_by_text(reason).first).to_be_visible()

    def _open(self, mailbox: str, subject: str) -> None:
        self.page.goto(f"/admin/envelopes?mailbox={mailbox}&scope=inbox")
        self.page.get_by_role("link", name=subject).first.click()
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(subject)

    def _state(self) -> Locator:
        return self.page.locator(".page-head .pill").first

    # --- AS2, and how it looks ---------------------------------------------------

    def switch_to_as2(self, mailbox: str, certificate: Path) -> str:
        """Give the partner's certificate, save, download and return our own."""
        page = self.page
        page.goto(f"{LIST}?mailbox={mailbox}")
        page.get_by_text(SIGNED).click()
        page.get_by_label("Certificate file").set_input_files(certificate)
        expect(page.get_by_text("New, not saved yet")).to_be_visible()
        page.get_by_label("Recipient URL").fill("https://as2.juniper.example/in")
        page.get_by_label("Recipient ID").fill("JUNIPER")
        self.save()
        with page.expect_download() as download:
            page.get_by_role("link", name="PEM").click()
        return download.value.path().read_text()

    def darken_and_narrow(self) -> None:
        """Choose the dark theme; look at the page on a telephone."""

        def background() -> str:
            found = "getComputedStyle(document.body).backgroundColor"
            return str(self.page.evaluate(found))

        light = background()
        self.page.get_by_title("Dark").click()
        assert background() != light
        self.page.set_viewport_size({"width": 360, "height": 740})
        assert self.page.evaluate("document.documentElement.scrollWidth") <= 360
        self.page.get_by_role("button", name="Open menu").click()
        link = self.page.get_by_role("link", name="Transfers", exact=True)
        expect(link).to_be_visible()
