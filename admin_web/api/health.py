"""For watching programs, without a token: live, ready, numbers."""

from collections.abc import Sequence

from aiohttp import web

from admin_web.api.models import Answer
from admin_web.api.operation import Call, Operation
from gateway.core.desk.health import Sample

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
TAGS = ("health",)


class LiveAnswer(Answer):
    """The process answers."""

    status: str


class ReadyAnswer(Answer):
    """`status` is ready or not-ready; `checks` says ok or what is wrong."""

    status: str
    checks: dict[str, str]


async def live(_call: Call) -> LiveAnswer:
    return LiveAnswer(status="live")


async def ready(call: Call) -> web.Response:
    found = await call.desk.health.ready()
    wrong = any(found.values())
    answer = ReadyAnswer(
        status="not-ready" if wrong else "ready",
        checks={name: trouble or "ok" for name, trouble in found.items()},
    )
    return web.Response(
        status=503 if wrong else 200,
        text=answer.model_dump_json(by_alias=True),
        content_type="application/json",
    )


async def metrics(call: Call) -> web.Response:
    text = exposition(await call.desk.health.samples())
    return web.Response(body=text.encode(), headers={"Content-Type": PROMETHEUS})


def exposition(samples: Sequence[Sample]) -> str:
    """Return Prometheus' text format 0.0.4; samples of one name stand together."""
    lines: list[str] = []
    for name in dict.fromkeys(sample.name for sample in samples):
        mine = [sample for sample in samples if sample.name == name]
        lines += [f"# HELP {name} {mine[0].help}", f"# TYPE {name} {mine[0].kind}"]
        for sample in mine:
            labels = ",".join(f'{k}="{_escaped(v)}"' for k, v in sample.labels.items())
            lines.append(f"{name}{f'{{{labels}}}' if labels else ''} {sample.value}")
    return "\n".join(lines) + "\n"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


OPERATIONS: Sequence[Operation] = (
    Operation(
        method="GET",
        path="/healthz",
        handler=live,
        summary="Whether the process lives",
        role=None,
        tags=TAGS,
        answer=LiveAnswer,
    ),
    Operation(
        method="GET",
        path="/readyz",
        handler=ready,
        summary="Whether it can work; 503 says what is wrong",
        role=None,
        tags=TAGS,
        answer=ReadyAnswer,
    ),
    Operation(
        method="GET",
        path="/metrics",
        handler=metrics,
        summary="Numbers for Prometheus",
        role=None,
        tags=TAGS,
        produces="text/plain",
    ),
)
