"""The mail server as the settings page sets it: checked, tried, sealed, audited."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from pydantic import ValidationError

from gateway.adapters.mail import SmtpMailer, SmtpOptions
from gateway.config.sections import Smtp
from gateway.core.desk.actor import Actor
from gateway.core.desk.settings import MailAnswer, MailServerChange, MailServerView
from gateway.core.errors import N_, Conflict
from gateway.core.ports import (
    Clock,
    Letter,
    MailRefused,
    MailResult,
    MailSent,
    NewId,
    NoMailServer,
)
from gateway.engine.desk.integration_merge import raise_if
from gateway.engine.desk.sftp_checks import emails
from gateway.engine.mail_servers import LOST, PASSWORD, MailServers
from gateway.engine.parking import PARKED
from gateway.store import audit, settings
from gateway.store.jobs import Jobs
from gateway.store.mails import Mails, MailState

APPLIANCE = "appliance"
LONGEST = 255
PATIENCE = 10  # seconds for each step of a test: somebody waits for it


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """The MailServerDesk.

    *origin* is where the configuration sets a host, empty if it does not; *wake* has
    the jobs looked at that waited for a mail server.
    """

    servers: MailServers
    clock: Clock
    new_id: NewId
    origin: str = ""
    wake: Callable[[], None] = lambda: None

    async def get(self) -> MailServerView:
        server = await self.servers.now()
        options = server.options
        counts = await Mails(self.servers.db).counts()
        return MailServerView(
            host=options.host,
            port=options.port,
            username=options.username,
            password_set=bool(options.password),
            password_lost=LOST if server.lost else "",
            starttls=options.starttls,
            sender=options.sender,
            origin=self.origin,
            waiting=counts[MailState.WAITING],
        )

    async def save(self, actor: Actor, change: MailServerChange) -> MailServerView:
        if self.origin:
            raise Conflict(
                N_(
                    "The mail server is set by {origin}, which wins; change it there, "
                    "or take it out there to set it here."
                ).format(origin=self.origin),
                "configured-elsewhere",
            )
        now, db = self.clock(), self.servers.db
        async with db.write() as conn:
            old = (await self.servers.kept(conn)).options
            new = self._checked(change, old)
            sealed = new.password and self.servers.vault.seal(
                new.password.encode(), PASSWORD
            )
            kept = {
                "host": new.host,
                "port": new.port,
                "username": new.username,
                "password": b64encode(sealed).decode() if sealed else "",
                "starttls": new.starttls,
                "sender": new.sender,
            }
            await settings.set_value(conn, settings.MAIL_SERVER, kept)
            await audit.add(
                conn,
                now,
                actor.login,
                "mail-server-changed",
                APPLIANCE,
                before=_facts(old),
                after={**_facts(new), **_replaced(old, new)},
            )
        await Jobs(db).unpark(PARKED, now)
        self.wake()
        return await self.get()

    async def test(
        self, actor: Actor, to: str, change: MailServerChange | None = None
    ) -> MailAnswer:
        wrong: dict[str, str] = {}
        addresses = emails(to, wrong, "to")
        if not addresses:
            wrong.setdefault("to", N_("is empty; write the address to send to"))
        raise_if(wrong)
        server = await self.servers.now()
        options = server.options
        if change is None and server.lost:
            raise_if({"password": LOST})
        if change is not None and not self.origin:
            options = self._checked(change, _unless_elsewhere(options, change))
        now = self.clock()
        letter = Letter(
            id=self.new_id(),
            to=addresses.split(", "),
            kind="server-test",
            data={"who": actor.login, "at": now.isoformat()},
            at=now,
        )
        mailer = SmtpMailer(replace(options, timeout=PATIENCE), self.servers.texts)
        answer = _told(options, await mailer.send(letter))
        async with self.servers.db.write() as conn:
            await audit.add(
                conn,
                now,
                actor.login,
                "test-mail-sent",
                APPLIANCE,
                after={"to": addresses, "sent": answer.sent, "answer": answer.text},
            )
        return answer

    def _checked(self, change: MailServerChange, old: SmtpOptions) -> SmtpOptions:
        """Return the mail server as it will be; Invalid names every fault."""
        given = {
            "host": change.host.strip(),
            "port": change.port,
            "username": change.username.strip(),
            "starttls": change.starttls,
            "from": change.sender.strip(),
        }
        wrong = {}
        clean = Smtp()
        try:
            clean = Smtp.model_validate(given)
        except ValidationError as error:
            names = {each.alias: n for n, each in Smtp.model_fields.items()}
            for one in error.errors(include_url=False):
                place = str(one["loc"][0])
                name = names.get(place, place)
                wrong[name] = N_("must be {why}").format(
                    why=Smtp.model_fields[name].description
                )
        password = old.password if change.password is None else change.password
        for name, text in (("username", change.username), ("password", password)):
            if len(text) > LONGEST or not text.isprintable():
                wrong[name] = N_("needs one line of at most {most} characters").format(
                    most=LONGEST
                )
        if change.username.strip() and not password:
            wrong.setdefault("password", N_("is needed with a user name"))
        raise_if(wrong)
        return SmtpOptions(
            host=clean.host,
            port=clean.port,
            username=clean.username,
            password=password if clean.username else "",
            starttls=clean.starttls,
            sender=clean.sender or self.servers.configured.sender,
        )


def _unless_elsewhere(used: SmtpOptions, change: MailServerChange) -> SmtpOptions:
    """Keep the stored password from any server but the one it was stored for."""
    same = (used.host, used.username) == (change.host.strip(), change.username.strip())
    return used if same else replace(used, password="")


def _told(options: SmtpOptions, result: MailResult) -> MailAnswer:
    where = f"{options.host}:{options.port}"
    match result:
        case MailSent(note, answer):
            text = N_("{where} took the mail: {answer}").format(
                where=where, answer=answer
            )
            if note:
                text = N_("{why}; but not for {note}").format(why=text, note=note)
            return MailAnswer(sent=True, text=text)
        case MailRefused(reason):
            return MailAnswer(sent=False, text=reason)
        case NoMailServer():
            text = N_("No mail server is set, so all mails wait; write its host first.")
            return MailAnswer(sent=False, text=text)
        case _:
            assert_never(result)


def _facts(options: SmtpOptions) -> Mapping[str, object]:
    return {
        "host": options.host,
        "port": options.port,
        "username": options.username,
        "passwordSet": bool(options.password),
        "starttls": options.starttls,
        "from": options.sender,
    }


def _replaced(old: SmtpOptions, new: SmtpOptions) -> Mapping[str, object]:
    """Tell that the password is another one, which its mask would not."""
    return {"passwordReplaced": True} if old.password != new.password else {}
