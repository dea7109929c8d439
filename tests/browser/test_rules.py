"""A rule is written as an integrator does it: tried, corrected, saved, put in order."""

import re
from pathlib import Path

import pytest
from drive.dropping import drop_file
from drive.showroom import put
from drive.world import ORDER, Mailbox, World
from playwright.sync_api import FilePayload, Locator, Page, Response, Route, expect

XSD = b'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"/>'
LINE = 5


@pytest.fixture
def box(world: World) -> Mailbox:
    return world.mailbox("Writer")


@pytest.fixture
def form(admin: Page, world: World, box: Mailbox) -> Page:
    """Open the form of a new rule, with the template chosen."""
    template = world.template()
    admin.goto(f"/admin/integrations/list?mailbox={box.uuid}")
    admin.get_by_role("link", name="Add new rule").click()
    admin.get_by_label("Template UUID").fill(template)
    admin.keyboard.press("Tab")
    expect(text(admin)).to_have_value(re.compile('match="/"'))
    return admin


def save(page: Page) -> Locator:
    return page.get_by_role("button", name="Save")


def text(page: Page) -> Locator:
    """Return what holds the whole text: the editor draws only what is seen of it."""
    return page.locator("#stylesheet")


def execute(page: Page) -> None:
    """Execute well."""
    page.get_by_role("button", name="Execute").click()
    expect(page.get_by_text("Valid,")).to_be_visible()
    expect(save(page)).to_be_enabled()


def into(page: Page) -> None:
    """Turn the rule round."""
    page.get_by_text("In (My incoming envelopes)").click()
    expect(text(page)).to_have_value(re.compile('match="/envelope"'))


def type_into_line(page: Page, line: str) -> Locator:
    """Write at the beginning of line `LINE` of the editor, and return the editor."""
    editor = page.get_by_role("textbox", name="Conversion rule, XSLT")
    editor.click()
    page.keyboard.press("Control+Home")
    for _ in range(LINE - 1):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Home")  # where the click was may still count
    page.keyboard.type(line)
    return editor


def give_attribute(page: Page, name: str) -> None:
    """Write one attribute, and another that is removed again."""
    page.get_by_role("button", name="Attributes (0)").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Add attribute").click()
    page.keyboard.type("GONE")
    page.get_by_role("button", name="Remove this attribute").nth(1).click()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("button", name="Attributes (1)")).to_be_visible()


def insert_parameter(page: Page) -> None:
    """Take it from the help into line `LINE`."""
    page.get_by_role("button", name="Help: parameters").click()
    type_into_line(page, "")
    page.get_by_role("button", name="Insert xsl:param").click()
    page.get_by_role("button", name="Close help").click()


def downloaded(page: Page) -> str:
    """Return the file that the result is downloaded as."""
    with page.expect_download() as download:
        page.get_by_role("button", name="Download result").click()
    return download.value.path().read_bytes().decode()


def one_mailbox(xml: str) -> str:
    """Return it with one uuid for all: each example envelope has new ones."""
    return re.sub(r'mailbox="[^"]+"', 'mailbox="-"', xml)


def drag(page: Page, grip: Locator, onto: Locator) -> None:
    """Take the grip and let go below the middle of the other."""
    start, target = grip.bounding_box(), onto.bounding_box()
    assert start
    assert target
    page.mouse.move(start["x"] + 8, start["y"] + 8)
    page.mouse.down()
    page.mouse.move(target["x"] + 8, target["y"] + target["height"] - 2, steps=4)
    page.mouse.up()


def test_an_error_stands_at_its_line_until_it_is_corrected(form: Page):
    expect(save(form)).to_be_disabled()
    into(form)
    before = text(form).input_value()
    editor = type_into_line(form, "<xsl:nonsense/>")
    form.keyboard.press("Control+Enter")
    link = form.get_by_role("link", name=f"Line {LINE}")
    expect(link).to_be_visible()
    expect(form.locator(".cm-bad")).to_contain_text("xsl:nonsense")
    expect(form.locator(".cm-told")).to_contain_text("Unknown XSLT instruction")
    expect(form.locator(".cm-lint-marker-error")).to_be_visible()
    expect(save(form)).to_be_disabled()
    link.click()
    expect(editor).to_be_focused()
    for _key in "<xsl:nonsense/>":  # slow typing is undone in several steps
        if text(form).input_value() != before:
            form.keyboard.press("Control+z")
    expect(text(form)).to_have_value(before)
    execute(form)
    expect(form.locator(".cm-bad")).to_have_count(0)


def test_the_file_that_is_dropped_is_seen_as_the_stylesheet_sees_it(
    form: Page, tmp_path: Path
):
    (tmp_path / "note.txt").write_text("Only a note")
    (tmp_path / "order.edi").write_bytes(ORDER)
    choice = form.get_by_label("Choose another example file")  # than the template's
    drop_file(choice, tmp_path / "note.txt")
    expect(form.locator("#example-pane")).to_contain_text("Only a note")
    drop_file(form.locator("#example-pane .viewer"), tmp_path / "order.edi")
    expect(form.locator("#example-pane")).to_contain_text("<EDIFACT>")
    form.get_by_label("Matching pattern").fill(r".*\.edi")
    expect(form.get_by_text("Matches the example file")).to_be_visible()
    form.get_by_label("Matching pattern").fill(r".*\.xml")
    expect(form.get_by_text("Does not match the example file")).to_be_visible()


@pytest.fixture
def answered(form: Page) -> list[Response]:
    """Hold the form's first request for half a second; note what is answered."""
    noted: list[Response] = []

    def hold(route: Route) -> None:
        form.wait_for_timeout(500)  # whoever does not wait would be answered before
        route.continue_()

    def note(response: Response) -> None:
        noted.append(response)

    form.route("**/form", hold, times=1)
    form.on("response", note)
    return noted


def wait_for(form: Page, answered: list[Response], number: int) -> None:
    """Wait until so many answers are drawn."""
    while len(answered) < number:
        form.wait_for_timeout(50)
    form.wait_for_timeout(200)


def test_a_file_that_is_dropped_while_the_template_is_asked_for_is_shown(
    form: Page, tmp_path: Path, answered: list[Response]
):
    (tmp_path / "note.txt").write_text("Only a note")
    form.get_by_label("Template UUID").dispatch_event("change")
    drop_file(form.get_by_label("Choose another example file"), tmp_path / "note.txt")
    wait_for(form, answered, 2)
    expect(form.locator("#example-pane")).to_contain_text("Only a note")


def test_files_that_are_dropped_quickly_are_all_taken(
    form: Page, tmp_path: Path, answered: list[Response]
):
    for name in ("one.sch", "two.sch"):
        (tmp_path / name).write_text("<schema/>")
        drop_file(form.get_by_label("Add a validation file"), tmp_path / name)
    wait_for(form, answered, 2)
    expect(form.locator("#validations")).to_contain_text("one.sch")
    expect(form.locator("#validations")).to_contain_text("two.sch")


def test_what_the_help_tells_is_inserted_and_files_are_dropped(
    form: Page, tmp_path: Path
):
    form.get_by_role("button", name="Help: parameters").click()
    drawer = form.locator("#help")
    expect(drawer).to_be_visible()
    for button in drawer.locator("[data-insert-code]").all():
        sample = button.get_attribute("data-insert-code")
        assert sample
        before = text(form).input_value().count(sample)
        button.click()
        assert text(form).input_value().count(sample) == before + 1
    form.get_by_role("button", name="Close help").click()
    expect(drawer).to_be_hidden()
    (tmp_path / "mine.xsl").write_text("<mine/>")
    (tmp_path / "mine.sch").write_text("<mine/>")
    drop_file(form.get_by_label("Load an XSLT file"), tmp_path / "mine.xsl")
    expect(text(form)).to_have_value("<mine/>")
    drop_file(form.get_by_label("Add a validation file"), tmp_path / "mine.sch")
    expect(form.locator("#validations")).to_contain_text("mine.sch")
    form.get_by_role("button", name="Start again from the template").click()
    expect(text(form)).to_have_value(re.compile('match="/"'))


def test_the_help_covers_nothing_and_gives_the_focus_back(form: Page):
    opener = form.get_by_role("button", name="Help: parameters")
    opener.click()
    drawer = form.locator("#help")
    expect(drawer).to_be_visible()
    head = form.locator("#result-pane .head").bounding_box()
    place = drawer.bounding_box()
    assert head
    assert place
    assert head["x"] + head["width"] <= place["x"]
    form.get_by_role("button", name="Close help").click()
    expect(opener).to_be_focused()
    form.keyboard.press("Enter")
    expect(drawer).to_be_visible()
    form.keyboard.press("Tab")
    form.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(opener).to_be_focused()


def archive_and_back(form: Page) -> None:
    """Ask for an archive, and then not: what was executed is as good as before."""
    archive = form.get_by_label("Send .zip archive upon envelope completion")
    archive.check()
    expect(form.locator("#editor")).to_be_hidden()
    expect(form.get_by_label("Archive", exact=True)).to_be_visible()
    expect(form.locator("#w-pattern")).to_contain_text("Order number.zip")
    expect(save(form)).to_be_disabled()
    archive.uncheck()
    expect(form.locator("#editor")).to_be_visible()
    expect(save(form)).to_be_enabled()


def test_only_what_was_executed_is_saved(form: Page, world: World, box: Mailbox):
    into(form)
    form.get_by_label("File name", exact=True).fill("")
    form.get_by_role("button", name="{date YYYYMMDD}").click()
    form.get_by_label("Field of a document").select_option(label="Order: Order number")
    expect(form.locator("#w-pattern")).to_contain_text("Order number")
    execute(form)
    # what changes asks for another Execute, what changes back does not
    file = FilePayload(name="a.xsd", mimeType="text/xml", buffer=XSD)
    form.get_by_label("Add a validation file").set_input_files(file)
    expect(form.locator("#validations")).to_contain_text("a.xsd")
    expect(save(form)).to_be_disabled()
    form.get_by_role("button", name="Remove a.xsd").click()
    expect(save(form)).to_be_enabled()
    archive_and_back(form)
    give_attribute(form, "COST")
    expect(save(form)).to_be_disabled()
    form.get_by_label("Rule name").fill("Orders for the ERP")
    insert_parameter(form)
    execute(form)
    result = downloaded(form)
    form.keyboard.press("Control+s")
    expect(form.get_by_text("Saved.")).to_be_visible()
    (rule,) = world.api.get(f"/api/v1/mailboxes/{box.uuid}/rules")
    assert rule["name"] == "Orders for the ERP"
    assert rule["fileNamePattern"] == '{date YYYYMMDD}{"order": "number"}'
    assert rule["attributes"] == {"COST": ""}
    lines = rule["stylesheet"].splitlines()
    assert lines[LINE - 1].strip().startswith('<xsl:param name="SENDER_MAILBOX"/>')
    proved = ("direction", "templateUuid", "fileNamePattern", "stylesheet")
    again = world.execute(box, None, **{name: rule[name] for name in proved})
    assert one_mailbox(result) == one_mailbox(again["result"])


def test_leaving_asks_first_and_a_new_name_needs_no_execute(
    admin: Page, world: World, box: Mailbox
):
    world.order_in(box, name="Orders")
    admin.goto(f"/admin/integrations/list?mailbox={box.uuid}")
    admin.get_by_role("link", name="Orders", exact=True).click()
    expect(admin.locator(".cm-content")).to_be_visible()  # the script has begun
    admin.get_by_label("Rule name").fill("Renamed")
    asked: list[str] = []

    def stay(dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    admin.once("dialog", stay)
    with admin.expect_event("dialog"):
        admin.get_by_role("link", name="Writer").click(no_wait_after=True)
    save(admin).click()
    expect(admin.get_by_text("Saved.")).to_be_visible()
    assert asked == ["beforeunload"]
    admin.get_by_role("button", name="Clone").click()
    expect(admin.get_by_label("Rule name")).to_have_value("Copy of Renamed")
    admin.get_by_role("button", name="Delete", exact=True).click()
    admin.get_by_role("button", name="Delete rule").click()
    expect(admin.locator("#rules h3")).to_have_text(["Renamed"])


def test_rules_are_dragged_into_their_order(admin: Page, world: World, box: Mailbox):
    world.order_in(box, name="First")
    (rule,) = world.api.get(f"/api/v1/mailboxes/{box.uuid}/rules")
    for _ in range(2):
        world.api.post(f"/api/v1/rules/{rule['uuid']}/clone", {})
    admin.goto(f"/admin/integrations/list?mailbox={box.uuid}")
    grips = admin.locator("[data-grip]")
    drag(admin, grips.nth(0), admin.locator("#rules > li").nth(1))
    expect(admin.locator("#said")).to_have_text("First moved to position 2 of 3.")
    order = ["Copy of First", "First", "Copy of First"]
    expect(admin.locator("#rules h3")).to_have_text(order)
    found = world.api.get(f"/api/v1/mailboxes/{box.uuid}/rules")
    assert [each["name"] for each in found] == order
    # let go where it was taken: nothing is ordered
    drag(admin, grips.nth(0), admin.locator("#rules > li").nth(0))
    expect(admin.locator("#rules h3")).to_have_text(order)


def test_a_changed_rule_is_tried_on_past_documents_and_the_results_are_searched(
    admin: Page, world: World, box: Mailbox
):
    order = ORDER.replace(b"4829900003228", b"4829900007775")
    world.mailbox("Supplier of the past", "GLN::4829900007775")
    rule = world.order_out(box, order)
    put(box, "order.edi", order)
    put(box, "note.txt", b"no rule knows this")
    world.transfer(box, "order.edi", "PROCESSED")
    world.transfer(box, "note.txt", "FAILED")
    admin.goto(f"/admin/mailboxes/{box.uuid}/rules/{rule}")
    expect(admin.locator(".cm-content")).to_be_visible()  # the script has begun
    changed = text(admin).input_value().replace("<subject>", "<subject>New ")
    file = FilePayload(name="a.xsl", mimeType="text/xml", buffer=changed.encode())
    admin.get_by_label("Load an XSLT file").set_input_files(file)
    expect(text(admin)).to_have_value(re.compile("<subject>New "))
    admin.get_by_label("Documents of").select_option("all")
    admin.get_by_role("button", name="Try on past documents").click()
    results = admin.locator("#rehearsal")
    expect(results).to_contain_text("2 of 2")
    expect(admin.locator("#rehearsal-count")).to_have_text(
        "Different: 1 · Not concerned: 1"
    )
    results.get_by_text("What is different").click()
    expect(results.locator("ins")).to_contain_text("<subject>New ")
    expect(text(admin)).to_have_value(changed)  # what was typed stays
    admin.get_by_label("Search the results").fill("NOTE")
    expect(results.locator("[data-outcome]:visible")).to_have_count(1)
    admin.get_by_label("Outcome").select_option(label="Different")
    expect(results.locator("[data-outcome]:visible")).to_have_count(0)
