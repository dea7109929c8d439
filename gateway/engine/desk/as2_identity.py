"""A mailbox's own AS2 pairs: made, handed out, rolled over without a flag day."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from cryptography.x509 import Certificate, load_der_x509_certificate

from certs.identity import KEY_SIZES, MAX_DAYS, make_identity
from gateway.core.desk.actor import Actor
from gateway.core.desk.certificates import (
    CertificateForm,
    PairState,
    PairView,
    RollOver,
)
from gateway.core.desk.content import Content
from gateway.core.errors import N_, Conflict, Invalid, NotFound
from gateway.core.integration import AS2_DEFAULTS
from gateway.core.model import MailboxId
from gateway.core.ports import Clock, NewId, Vault
from gateway.engine.desk.certificate_files import as_file
from gateway.engine.desk.certificate_views import pairs, shown
from gateway.engine.desk.integration_merge import raise_if
from gateway.engine.desk.mailboxes import known
from gateway.store import as2_keys, audit, integrations
from gateway.store.as2_keys import KEY_PURPOSE, SealedKey
from gateway.store.database import Connection, Database

TODAY = timedelta(days=1)
MOST_OVERLAP = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyMaker:
    """Makes pairs, their private keys sealed from the start."""

    vault: Vault
    clock: Clock
    new_id: NewId

    async def make(
        self,
        mailbox: MailboxId,
        name: str,
        as2: Mapping[str, Any],
        *,
        bits: int | None = None,
        days: int | None = None,
    ) -> SealedKey:
        """Make a pair for the AS2 name; it takes a second or more, in a thread."""
        settings: Mapping[str, Any] = {**AS2_DEFAULTS, **as2}
        now = self.clock()
        made = await asyncio.to_thread(
            make_identity,
            name,
            now,
            bits=bits or settings["selfKeyBits"],
            days=days or settings["selfValidityDays"],
        )
        return SealedKey(
            uuid=self.new_id(),
            mailbox=mailbox,
            private_key=self.vault.seal(made.private_der, KEY_PURPOSE),
            certificate=made.der,
            created_at=now,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class As2Identities:
    """The As2IdentityDesk."""

    db: Database
    clock: Clock
    maker: KeyMaker

    async def download(
        self, mailbox: MailboxId, form: CertificateForm, pair: str | None
    ) -> Content:
        async with self.db.read() as conn:
            owner = await known(conn, mailbox)
            keys = await self._keys(conn, mailbox)
        return as_file(_chosen(keys, pair, self.clock()), owner.name, form)

    async def roll_over(
        self, actor: Actor, mailbox: MailboxId, wanted: RollOver
    ) -> Sequence[PairView]:
        _check_plan(wanted)
        async with self.db.read() as conn:
            owner = await known(conn, mailbox)
            as2 = (await integrations.get(conn, mailbox)).as2
            self._check(await self._keys(conn, mailbox), wanted.sign_from)
        name = str(as2.get("selfId") or owner.name)
        made = await self.maker.make(
            mailbox, name, as2, bits=wanted.bits, days=wanted.days
        )
        if wanted.sign_from and wanted.sign_from >= _end(made):
            raise _wrong_day(N_("lies after the new certificate's own end"))
        async with self.db.write() as conn:
            old = await self._keys(conn, mailbox)
            self._check(old, wanted.sign_from)
            await as2_keys.add(conn, made)
            keys: Sequence[SealedKey] = [*old, made]
            now = self.clock()
            at = now if wanted.now else wanted.sign_from
            if at is not None:
                overlap = timedelta(wanted.overlap_days)
                keys = _taken_over(keys, max(at, now), now, overlap)
                await _write(conn, keys)
            await self._book(conn, actor, "as2-rollover-begun", mailbox, (old, keys))
        return pairs(keys, now)

    async def activate(
        self, actor: Actor, mailbox: MailboxId, overlap_days: int
    ) -> Sequence[PairView]:
        _check_overlap(overlap_days)
        now = self.clock()
        async with self.db.write() as conn:
            old = await self._keys(conn, mailbox)
            _next(old, now)
            keys = _taken_over(old, now, now, timedelta(overlap_days))
            await _write(conn, keys)
            changed = (old, keys)
            await self._book(conn, actor, "as2-rollover-activated", mailbox, changed)
        return pairs(keys, now)

    async def cancel(self, actor: Actor, mailbox: MailboxId) -> Sequence[PairView]:
        now = self.clock()
        async with self.db.write() as conn:
            keys = await self._keys(conn, mailbox)
            gone = _next(keys, now)
            await as2_keys.remove(conn, gone.uuid)
            left = [
                replace(key, retired_at=None) if state is PairState.SIGNING else key
                for key, state in _states(keys, now)
                if key.uuid != gone.uuid
            ]
            await _write(conn, left)
            changed = (keys, left)
            await self._book(conn, actor, "as2-rollover-cancelled", mailbox, changed)
        return pairs(left, now)

    async def retire(
        self, actor: Actor, mailbox: MailboxId, pair: str
    ) -> Sequence[PairView]:
        now = self.clock()
        async with self.db.write() as conn:
            keys = await self._keys(conn, mailbox)
            state = {key.uuid: state for key, state in _states(keys, now)}.get(pair)
            if state is None:
                raise NotFound(
                    N_("This mailbox has no pair {pair}.").format(pair=pair),
                    "no-certificate",
                )
            if state is not PairState.OLD:
                raise Conflict(
                    N_(
                        "Only an old pair can be retired; this one signs, or waits to. "
                        "Begin a roll-over, or cancel the one that waits."
                    ),
                    "pair-in-use",
                )
            await as2_keys.remove(conn, pair)
            left = [key for key in keys if key.uuid != pair]
            changed = (keys, left)
            await self._book(conn, actor, "as2-pair-retired", mailbox, changed)
        return pairs(left, now)

    async def _keys(self, conn: Connection, mailbox: MailboxId) -> Sequence[SealedKey]:
        keys = await as2_keys.of(conn, mailbox, self.clock())
        if not keys:
            await known(conn, mailbox)
            raise NotFound(
                N_(
                    "This mailbox has no AS2 certificate yet; save its integration "
                    "with the protocol AS2 to get one."
                ),
                "no-certificate",
            )
        return keys

    def _check(self, keys: Sequence[SealedKey], sign_from: datetime | None) -> None:
        now = self.clock()
        states = _states(keys, now)
        if any(state is PairState.NEXT for _, state in states):
            raise Conflict(
                N_("A new pair waits already; activate it, or cancel it first."),
                "rollover-pending",
            )
        if sign_from is None:
            return
        if sign_from <= now - TODAY:
            raise _wrong_day(
                N_("lies in the past; leave it out and activate the new pair")
            )
        for key, state in states:
            if state is PairState.SIGNING and sign_from > _end(key):
                end = f"{_end(key):%Y-%m-%d}"
                raise _wrong_day(
                    N_("lies after the present certificate's end on {end}").format(
                        end=end
                    )
                )

    async def _book(
        self,
        conn: Connection,
        actor: Actor,
        action: str,
        mailbox: MailboxId,
        changed: tuple[Sequence[SealedKey], Sequence[SealedKey]],
    ) -> None:
        now = self.clock()
        before, after = ({"certificates": _facts(keys, now)} for keys in changed)
        await audit.add(
            conn, now, actor.login, action, mailbox, before=before, after=after
        )


def _facts(keys: Sequence[SealedKey], now: datetime) -> Sequence[Mapping[str, object]]:
    """Return what the audit log keeps of the pairs."""
    return [
        {
            "uuid": pair.uuid,
            "state": pair.state.value,
            "fingerprint": pair.certificate.fingerprint,
            "signsFrom": pair.signs_from and pair.signs_from.isoformat(),
            "retiredAt": pair.retired_at and pair.retired_at.isoformat(),
        }
        for pair in pairs(keys, now)
    ]


def _check_plan(wanted: RollOver) -> None:
    _check_overlap(wanted.overlap_days)
    wrong = {}
    if wanted.bits is not None and wanted.bits not in KEY_SIZES:
        wrong["keyBits"] = N_("must be one of {listed}").format(
            listed=", ".join(map(str, KEY_SIZES))
        )
    if wanted.days is not None and not 1 <= wanted.days <= MAX_DAYS:
        wrong["validityDays"] = N_("must be 1 to {most}").format(most=MAX_DAYS)
    if wanted.now and wanted.sign_from:
        wrong["signFrom"] = N_("is given, though the new pair is to sign at once")
    raise_if(wrong)


def _check_overlap(days: int) -> None:
    if not 0 <= days <= MOST_OVERLAP:
        raise_if({"overlapDays": N_("must be 0 to {most}").format(most=MOST_OVERLAP)})


def _taken_over(
    keys: Sequence[SealedKey], at: datetime, now: datetime, overlap: timedelta
) -> Sequence[SealedKey]:
    """Have the next pair sign from `at`; the one before it retires after the overlap.

    Pairs that are older still retire when they were to.
    """
    changed = []
    for key, state in _states(keys, now):
        if state is PairState.NEXT:
            changed.append(replace(key, signs_from=at))
        elif state is PairState.SIGNING or key.retired_at is None:
            changed.append(replace(key, retired_at=at + overlap))
        else:
            changed.append(key)
    return changed


def _states(
    keys: Sequence[SealedKey], now: datetime
) -> Sequence[tuple[SealedKey, PairState]]:
    views = pairs(keys, now)
    return [(key, view.state) for key, view in zip(keys, views, strict=True)]


def _next(keys: Sequence[SealedKey], now: datetime) -> SealedKey:
    for key, state in _states(keys, now):
        if state is PairState.NEXT:
            return key
    raise Conflict(N_("No new pair waits; begin a roll-over first."), "no-rollover")


async def _write(conn: Connection, keys: Sequence[SealedKey]) -> None:
    for key in keys:
        await as2_keys.schedule(
            conn, key.uuid, signs_from=key.signs_from, retired_at=key.retired_at
        )


def _chosen(keys: Sequence[SealedKey], pair: str | None, now: datetime) -> Certificate:
    own = pairs(keys, now)
    current = shown(own)
    wanted = pair or (current.uuid if current else "")
    for key in keys:
        if key.uuid == wanted:
            return load_der_x509_certificate(key.certificate)
    raise NotFound(
        N_("This mailbox has no pair {pair}.").format(pair=pair), "no-certificate"
    )


def _end(key: SealedKey) -> datetime:
    return load_der_x509_certificate(key.certificate).not_valid_after_utc


def _wrong_day(why: str) -> Invalid:
    return Invalid(f"signFrom {why}.", data={"signFrom": why})
