"""Sentences with values in them: written in English, found again to be translated.

What is stored and what the API answers is English. A page has only the sentence: the
template that made it finds the values in it again, and puts them into its translation.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from gateway.core.errors import N_

LONGEST = 4000
"""Characters of a text that is looked at; a longer one is shown as it is."""
DEEPEST = 4
"""Texts of the gateway inside each other that are translated."""
_NAME = re.compile(r"{(\w+)}")
_SAID = {
    *("why", "by", "version", "warning", "hint", "what", "error", "where", "remedy"),
    *("allowed", "home"),
}
"""Names of values that are texts of the gateway; others are names and numbers."""
_MAYBE = {"hint"}
"""Names of values that may be empty."""


@dataclass(frozen=True)
class Sentence:
    """A template with {names}; calling it fills them in."""

    template: str

    def __call__(self, **values: object) -> str:
        return self.template.format(**values)

    @cached_property
    def _literal(self) -> Sequence[str]:
        words = _NAME.split(self.template)[::2]
        return [word.replace("{{", "{").replace("}}", "}") for word in words]

    @property
    def weight(self) -> int:
        """Characters that are the template's own: who has more says more."""
        return sum(map(len, self._literal))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        found = _NAME.findall(self.template)
        names = [f"(?P<{n}>.{'*' if n in _MAYBE else '+'}?)" for n in found]
        pairs = zip(map(re.escape, self._literal), [*names, ""], strict=True)
        return re.compile("".join(part for pair in pairs for part in pair), re.DOTALL)

    def values(self, text: str) -> Mapping[str, str] | None:
        """Return what *text* has in the places of the names; None: it says no such."""
        if not all(word in text for word in self._literal):
            return None
        found = self._pattern.fullmatch(text)
        return found.groupdict() if found else None


def sentences_of(templates: Iterable[str]) -> Sequence[Sentence]:
    """Return those with values among the texts, who says most first."""
    found = [
        Sentence(each)
        for each in templates
        if len(set(names := _NAME.findall(each))) == len(names) > 0
    ]
    return sorted(found, key=lambda each: (-each.weight, each.template))


NO_RULE_OF_ONE = Sentence(
    N_("no OUT rule matches {file} in {folder}/ (1 enabled OUT rule tried)")
)
NO_RULE = Sentence(
    N_("no OUT rule matches {file} in {folder}/ ({tried} enabled OUT rules tried)")
)
NO_SUCH_TEMPLATE = Sentence(N_("there is no template {template}, {version}"))
ANY_VERSION = N_("any version")
NOT_FITTING = Sentence(N_("the envelope does not fit its template: {places}"))
NO_ENVELOPE = Sentence(N_("the conversion rule's result is no envelope: {why}"))
TOO_LARGE = Sentence(
    N_("{file} has {bytes} bytes; native envelope XML may have {allowed}")
)

MISSED_OFF = N_("it is switched off")
MISSED_NO_PATTERN = N_("it has no pattern")
MISSED_NAME = Sentence(N_("the name {file} does not match {pattern}"))
MISSED_CONTENT = Sentence(N_("nothing in the content matches {pattern}"))
MISSED_NO_ATTRIBUTE = Sentence(N_("the transport gave no attribute {attribute}"))
MISSED_ATTRIBUTE = Sentence(
    N_("the attribute {attribute} is {value} and does not match {pattern}")
)
MISSED_TEMPLATE = Sentence(N_("it is for another template, {template}"))
MISSED_VERSION = Sentence(N_("it is for another version of the template, {version}"))
ABOVE = Sentence(N_("{rule} stands above it and takes the document first"))
MISSED_LATER = Sentence(N_("it matches, too, but {rule} stands above it"))

STYLESHEET_LINE = Sentence(N_("Stylesheet line {line}: {why}"))
STYLESHEET = Sentence(N_("Stylesheet: {why}"))
ATTRIBUTE = Sentence(N_("Attribute {name}: {why}."))
LOOKED_UP = Sentence(
    N_("The conversion looked more than {allowed} things up and was stopped.")
)
TOO_SLOW = Sentence(
    N_("The conversion took longer than {seconds} seconds and was stopped.")
)
TOO_BIG = Sentence(
    N_("The conversion needed more than {allowed} MB of memory and was stopped.")
)
CRASHED = Sentence(
    N_("The conversion worker ended by {how} in the middle of the conversion.")
)

ENDED = Sentence(N_("the envelope was {status} before it was delivered"))
NOTHING_SENT = Sentence(N_("nothing was sent to the remote server: {why}"))
CARRIED = N_("another transfer carries it already")
DECIDED = N_("the envelope was decided meanwhile")
HELD = N_("the archive goes when the envelope is completed")
NOW_NOTIFIES = N_("now the default rule notifies")
NOW_REJECTS = N_("now the default rule rejects")
INTERNAL = Sentence(
    N_("the gateway failed on this {times} times (job {job}, last at {at})")
)
INCIDENT = Sentence(
    N_("The gateway failed; its log says why under incident {incident}.")
)
NOTHING_AT = Sentence(N_("There is nothing at {path}."))
NO_TRANSFER = Sentence(N_("There is no transfer {id}."))
NO_ENVELOPE_THERE = Sentence(N_("There is no envelope {id} in the mailbox {mailbox}."))
NO_SUCH_ENVELOPE = Sentence(N_("There is no envelope {id}."))
NO_MAILBOX = Sentence(N_("There is no mailbox {id}."))
NO_SUCH_RULE = Sentence(N_("There is no rule {id}."))
NO_DICTIONARY = Sentence(N_("There is no dictionary {id}."))
NO_DIRECTORY = Sentence(N_("There is no directory {id}."))
NO_TEMPLATE = Sentence(N_("There is no template {id}."))
NO_USER = Sentence(N_("There is no user {login}."))

TOO_MANY_LOGINS = Sentence(N_("Too many failed logins; try again in {seconds} s."))
PASSWORD = Sentence(N_("The password {why}."))
TOO_UNIFORM = Sentence(N_("needs {count} different characters or more"))
TOO_SHORT = Sentence(N_("needs {count} characters or more"))
TOO_LONG = Sentence(N_("has more than {count} characters"))

DENIED = Sentence(N_("the partner did not take the message: {why}"))
UNPROVEN = Sentence(
    N_("the partner answered, but nothing proves that it has the message: {why}")
)
LEADS_ELSEWHERE = Sentence(
    N_("the partner's server answers HTTP {status}, which leads to {target}")
)
HTTP_STATUS = Sentence(N_("the partner's server answers HTTP {status}"))
NOT_MADE = Sentence(N_("the message could not be made: {why}"))
UNTRUSTED = Sentence(N_("the certificate of {host} is not trusted: {why}"))
UNKNOWN_HOST = Sentence(N_("the name in {host} is not known: {why}"))
PROXY_CLOSED = Sentence(N_("the proxy {proxy} does not let us through: {why}"))
SILENT = Sentence(N_("{host} did not answer in time ({seconds} s)"))
NOT_DIALLED = Sentence(N_("{host} cannot be dialled: {why}"))
CLOSED = Sentence(N_("{host} refuses connections"))
NO_ANSWER = Sentence(N_("no answer from {host}: {why}"))

FAILED = Sentence(N_("failed: {why}"))
RETRIED = Sentence(N_("attempt {attempts} failed: {why}; next at {at}"))
GIVEN_UP = Sentence(N_("given up after {attempts} attempts: {why}"))
AWAITED = Sentence(N_("sent as {message}; MDN due by {at}"))
BUILT = Sentence(N_("built as {message}, {bytes} bytes, MIC {mic}"))
MDN_SENT = Sentence(N_("MDN sent to {url}: {proof}"))
MDN_RETRIED = Sentence(N_("MDN attempt {attempts} failed: {why}; next at {at}"))
MDN_GIVEN_UP = Sentence(N_("MDN given up after {attempts} attempts: {why}"))
POSTED = Sentence(N_("{by}: envelope {envelopes}"))
NATIVE = N_("native envelope")
ARRIVED = Sentence(N_("{file}, {bytes} bytes, by {channel} into {folder}/"))
BY_RULE = Sentence(N_("rule {rule}"))

ACKNOWLEDGED = Sentence(N_("acknowledged with {file}, transfer {transfer}: {says}"))
ACKNOWLEDGES = Sentence(N_("acknowledges {file}, transfer {transfer}: {says}"))
UNACKNOWLEDGED = Sentence(N_("no acknowledgement could be made: {why}"))
NO_INTERCHANGE = N_("it has no header of EDIFACT or X12 that can be read")
NOTHING_TO_ACKNOWLEDGE = N_("it holds nothing that is acknowledged")
NUMBERS_USED_UP = N_("the control numbers of this relation are used up")
ANSWERED_YES = Sentence(N_("the partner acknowledged {number} with {file}"))
ANSWERED_NO = Sentence(N_("rejected by the partner with {file}: {what}"))
ANSWERS = Sentence(
    N_("answers {number} from {sender} to {receiver}, sent by transfer {transfer}")
)
ANSWERS_NOTHING = Sentence(
    N_(
        "answers {number} from {sender} to {receiver}, which was not sent to this"
        " mailbox"
    )
)
TORN_ANSWER = Sentence(
    N_("{file} is an acknowledgement (CONTRL, 997) that cannot be read to its end")
)
MANY_ANSWERS = Sentence(
    N_("{file} is an acknowledgement that answers more than {allowed} interchanges")
)
MANY_GROUPS = Sentence(N_("it has more than {allowed} functional groups"))
ANSWERS_NONE = N_("it is an acknowledgement that names no interchange")
CONSUMED = N_("an acknowledgement, and no OUT rule is for it: kept for the trace only")

NAME_OF_ACCOUNT = Sentence(N_("needs at most {most} printable characters"))

SET_BY = Sentence(N_("is set by {origin}"))
MUST_BE = Sentence(N_("must be {why}"))

SENTENCES = tuple(each for each in globals().values() if isinstance(each, Sentence))


def translated(
    text: str,
    translate: Callable[[str], str],
    known: Sequence[Sentence] = SENTENCES,
    depth: int = DEEPEST,
) -> str:
    """Return the text as *translate* says it; as it is, if that does not know it.

    *known* are the sentences that may be meant; of two that fit the first counts.
    """
    whole = translate(text) if text else text
    if whole != text or len(text) > LONGEST or not depth:
        return whole
    for sentence in known:
        values = sentence.values(text)
        if values is not None:
            inner = {
                name: translated(value, translate, known, depth - 1)
                if name in _SAID
                else value
                for name, value in values.items()
            }
            return translate(sentence.template).format(**inner)
    return text
