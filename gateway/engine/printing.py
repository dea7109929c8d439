"""Printable versions of envelopes, made by the conversion workers."""

from dataclasses import asdict, dataclass

from gateway.convert.pool import Converter
from gateway.convert.task import Task
from gateway.core.desk.printing import PrintForm, Surroundings
from gateway.core.errors import N_
from gateway.core.model import BlobRef, EnvelopeId, Problem
from gateway.core.ports import Blobs


@dataclass(frozen=True, slots=True)
class Printer:
    """Prints envelopes within the limits of a conversion."""

    blobs: Blobs
    converter: Converter

    async def printed(
        self, envelope: EnvelopeId, xml: BlobRef, around: Surroundings, form: PrintForm
    ) -> bytes | Problem:
        """Return the envelope in this form; a Problem if it needs too much."""
        task = Task(
            stylesheet="",
            source=self.blobs.path(xml),
            seed="",
            printable={
                "form": form.value,
                "envelope": envelope,
                "around": asdict(around),
            },
        )
        done = await self.converter.run(task, _nothing)
        if not isinstance(done, Problem):
            return done.output
        return Problem(
            done.code,
            done.message,
            "render",
            remedy=N_(
                "Choose an archive without the printable version, or raise the limits "
                "of conversions in the configuration."
            ),
        )


async def _nothing(wanted: object) -> list[None]:
    raise TypeError(f"a printable version looks nothing up: {wanted}")
