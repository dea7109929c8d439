from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from gateway.adapters.mail_texts import FOLDER, KINDS, SUBJECT_MAX, MailTexts

TEXTS = MailTexts()
FAILURE = {
    "mailbox": "Acme",
    "at": "2026-01-01T12:00:00+00:00",
    "file": "o.edi",
    "reference": "t1",
    "code": "stylesheet-error",
    "message": "XTDE0640: a template calls itself",
    "step": "convert",
    "line": 7,
    "remedy": "Mend the rule.",
    "rule": "Orders",
}
ENVELOPE = {
    "mailbox": "Acme",
    "at": "2026-01-01T12:00:00+02:00",
    "sender": "Beta",
    "recipient": "Beta",
    "subject": "Order 4711",
    "envelope": "e1",
    "reason": "not ordered",
    "expires": "2026-01-02T12:00:00+02:00",
}
CERTIFICATE = {
    "mailbox": "Acme",
    "at": "2026-01-01T12:00:00+00:00",
    "what": "the partner's certificate",
    "subject": "CN=Beta",
    "fingerprint": "AB:CD",
    "ends": "2026-01-08T12:00:00+00:00",
    "days": 7,
    "remedy": "Ask the partner for a new one.",
}
DIGEST = {
    "mailbox": "Acme",
    "at": "2026-01-01T12:00:00+00:00",
    "about": "failure",
    "count": 23,
    "items": [FAILURE] * 20,
}
DATA = {
    "failure": FAILURE,
    "delivery-failed": FAILURE,
    "envelope-arrived": ENVELOPE,
    "envelope-rejected": ENVELOPE,
    "envelope-expiring": ENVELOPE,
    "certificate-expiring": CERTIFICATE,
    "digest": DIGEST,
    "test": {"mailbox": "Acme", "at": "2026-01-01T12:00:00+00:00"},
    "server-test": {"who": "anna", "at": "2026-01-01T12:00:00+00:00"},
}
OF_MAILBOXES = sorted(set(KINDS) - {"server-test"})


class Words(HTMLParser):
    """What a reader sees, and which tags made it."""

    def __init__(self, html):
        super().__init__()
        self.seen, self.tags = [], set()
        self.feed(html)
        self.text = " ".join(" ".join(self.seen).split())

    def handle_data(self, data):
        self.seen.append(data)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)


def test_every_kind_has_both_templates_and_test_data():
    both = {f"{kind}.{suffix}" for kind in KINDS for suffix in ("txt", "html")}
    shared = {"base.txt", "base.html", "row.html"}
    assert {path.name for path in FOLDER.iterdir()} == both | shared
    assert set(DATA) == set(KINDS)


@pytest.mark.parametrize("kind", OF_MAILBOXES)
def test_every_kind_names_the_mailbox_and_has_tidy_text(kind):
    mail = TEXTS.render(kind, DATA[kind])
    assert mail.subject.startswith("Acme: ")
    assert "mailbox Acme" in mail.text
    assert "mailbox Acme" in Words(mail.html).text
    assert "\n\n\n" not in mail.text
    assert not mail.text.startswith("\n")
    assert max(len(line) for line in mail.text.splitlines()) < 120


def test_the_test_of_the_mail_server_names_who_asked_and_no_mailbox():
    mail = TEXTS.render("server-test", DATA["server-test"])
    assert mail.subject == "Envelope Gateway: mails arrive"
    for text in (mail.text, Words(mail.html).text):
        assert "asked for by anna on 2026-01-01 12:00:00 UTC" in text
        assert "mailbox" not in text
    assert not mail.text.startswith("\n")


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_name_is_an_error_and_not_a_gap(kind):
    with pytest.raises(UndefinedError):
        TEXTS.render(kind, {"at": "2026-01-01T12:00:00+00:00"})


@pytest.mark.parametrize("kind", ["failure", "delivery-failed"])
def test_a_failure_says_what_why_and_what_to_do(kind):
    mail = TEXTS.render(kind, FAILURE)
    for text in (mail.text, Words(mail.html).text):
        for part in ("o.edi", FAILURE["message"], "Mend the rule.", "t1"):
            assert part in text
        assert "2026-01-01 12:00:00 UTC" in text


@pytest.mark.parametrize(
    ("days", "when"),
    [(7, "ends in 7 days"), (1, "ends in 1 day"), (0, "ends today"), (-1, "has ended")],
)
def test_a_certificate_s_end_says_which_when_and_what_to_do(days, when):
    mail = TEXTS.render("certificate-expiring", {**CERTIFICATE, "days": days})
    assert mail.subject == f"Acme: the partner's certificate {when}"
    for text in (mail.text, Words(mail.html).text):
        for part in (when, "CN=Beta", "AB:CD", CERTIFICATE["remedy"]):
            assert part in text
        assert "2026-01-08 12:00:00 UTC" in text


def test_an_envelope_about_to_expire_says_when():
    mail = TEXTS.render("envelope-expiring", ENVELOPE)
    assert "Order 4711" in mail.subject
    for text in (mail.text, Words(mail.html).text):
        for part in ("2026-01-02 10:00:00 UTC", "Beta", "Order 4711", "e1"):
            assert part in text


def test_a_failure_names_rule_step_and_line_when_there_are_any():
    mail = TEXTS.render("failure", FAILURE)
    for part in ("Rule:      Orders\n", "Step:      convert\n", "Line:      7\n"):
        assert part in mail.text
    assert "Rule Orders Step convert Line 7" in Words(mail.html).text
    bare = TEXTS.render("failure", {**FAILURE, "rule": "", "line": None, "remedy": ""})
    for text in (bare.text, Words(bare.html).text):
        assert "Rule" not in text
        assert "Line" not in text
        assert "What to do" not in text


def test_a_digest_lists_what_it_has_and_counts_the_rest():
    mail = TEXTS.render("digest", DIGEST)
    assert mail.subject == "Acme: 23 more files could not be processed"
    for text in (mail.text, Words(mail.html).text):
        assert text.count("o.edi") == 20
        assert text.count("(line 7)") == 20
        assert "and 3 more, see the log" in text
    lines = mail.text.splitlines()
    assert sum(line.startswith("* o.edi at 2026") for line in lines) == 20
    assert lines.count("* and 3 more, see the log") == 1
    assert lines[lines.index("-- ") - 1] == ""
    one = {**DIGEST, "count": 1, "items": [FAILURE], "about": "delivery-failed"}
    mail = TEXTS.render("digest", one)
    assert mail.subject == "Acme: 1 more file could not be delivered"
    assert "see the log" not in mail.text + mail.html


def test_an_envelope_without_subject_is_an_envelope():
    bare = {**ENVELOPE, "subject": "", "reason": ""}
    assert (
        TEXTS.render("envelope-arrived", bare).subject == "Acme: an envelope from Beta"
    )
    mail = TEXTS.render("envelope-rejected", bare)
    assert mail.subject == "Acme: Beta rejected an envelope"
    assert "none was given" in mail.text
    assert "none was given" in mail.html


def test_times_are_shown_in_utc():
    assert "2026-01-01 10:00:00 UTC" in TEXTS.render("envelope-arrived", ENVELOPE).text


def test_a_partners_text_is_no_html():
    evil = {**ENVELOPE, "subject": "<script>x</script>", "sender": "<b>&"}
    mail = TEXTS.render("envelope-arrived", evil)
    words = Words(mail.html)
    assert not words.tags & {"script", "b"}
    assert "<script>x</script>" in words.text
    assert "<script>x</script>" in mail.text


@given(st.text(), st.text())
def test_whatever_a_partner_writes_the_subject_is_one_short_line(subject, sender):
    mail = TEXTS.render(
        "envelope-arrived", {**ENVELOPE, "subject": subject, "sender": sender}
    )
    assert len(mail.subject) <= SUBJECT_MAX
    assert mail.subject.isprintable()
    (mail.text + mail.html + mail.subject).encode()


def test_a_long_subject_is_cut_visibly():
    mail = TEXTS.render("envelope-arrived", {**ENVELOPE, "subject": "x" * 500})
    assert mail.subject.endswith("x…")
    assert len(mail.subject) == SUBJECT_MAX
