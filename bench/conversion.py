"""An order of 20 lines to an envelope: what a document costs on a warm worker.

EDIFACT is read, the demo's stylesheet (XSLT 2.0) asks a dictionary five times and the
mailboxes once: a partner who orders the same products again, and one who orders others
each time. Beside it, on the same document as XML: Saxon bare with the look-ups
taken out, and lxml bare with an XSLT 1.0 of the same output. Exits 1 when the bound is
missed.
"""

import argparse
import asyncio
import re
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import paths

# isort: split

import saxonche
from as2 import cpu_seconds
from lxml import etree
from progress import Progress

from gateway.convert.pool import Converter
from gateway.convert.task import Converted, Task
from gateway.core.model import Problem

FILES = paths.ROOT / "gateway" / "demo" / "files"
XSLT_1 = Path(__file__).with_name("order-out-1.0.xsl")
LOOKUP = re.compile(r"wd:getValueFromDictionary\(.*?\$article\)", re.DOTALL)
LINES, PRODUCTS, FIRST = 20, 5, 4_800_000_000_000
BOUND = 0.006
"""CPU seconds for one document, the worker's and the gateway's own."""


def order(number: int, products: int = 0) -> bytes:
    """Return an order whose lines name five products in turn, from this one on."""
    head, first, *_ = (FILES / "order.edi").read_text().split("LIN+")
    body = first.partition("+")[2]
    articles = [FIRST + products + n % PRODUCTS for n in range(LINES)]
    lines = [
        f"LIN+{n}+{body.replace('4800000007919', str(article))}"
        for n, article in enumerate(articles, 1)
    ]
    text = head.replace("BGM+220+ORD1", f"BGM+220+ORD{number}") + "".join(lines)
    count = text.partition("UNH")[2].count("'\n") + 3
    return (text + f"UNS+S'\nCNT+2:{LINES}'\nUNT+{count}+1'\nUNZ+1+REF1'\n").encode()


async def answers(wanted: Sequence[tuple[str, Sequence[str]]]) -> list[str | None]:
    """Answer as fast as can be: the store is not what is measured."""
    return [
        f"{name}-{values[-2 if len(values) > 1 else -1]}" for name, values in wanted
    ]


async def ours(folder: Path, count: int, step: int) -> tuple[float, float, bytes]:
    """Return CPU seconds of worker and gateway for a document; one source's XML.

    Each order's products are *step* further on than those of the one before.
    """
    stylesheet = (FILES / "order-out.xsl").read_text()
    files = [folder / f"{number}.edi" for number in range(count)]
    for number, file in enumerate(files):
        file.write_bytes(order(number, number * step))

    async def one(file: Path) -> Converted:
        task = Task(
            stylesheet=stylesheet,
            source=file,
            seed=file.name,
            file_name=file.name,
            size=file.stat().st_size,
            parameters={"SENDER_MAILBOX": "s", "TEMPLATE_UUID": "t"},
            want_source=file is files[0],
        )
        done = await pool.run(task, answers)
        if isinstance(done, Problem):
            raise SystemExit(done.message)
        return done

    async with Converter(1) as pool:
        source = (await one(files[0])).source_xml
        for file in files[:20]:
            await one(file)
        progress = Progress("other products" if step else "gateway", count)
        (worker,) = pool.pids
        before, own = cpu_seconds(worker), time.process_time()
        for file in files:
            await one(file)
            progress.step()
        used = cpu_seconds(worker) - before, time.process_time() - own
        progress.end()
    return used[0] / count, used[1] / count, source


def saxon(source: bytes) -> Callable[[], object]:
    """Return what parses and transforms by Saxon and nothing else."""
    stylesheet = (FILES / "order-out.xsl").read_text()
    plain = LOOKUP.sub("concat('article-', $ean)", stylesheet)
    plain = plain.replace("wd:getMailboxUuidByAlias(", "string(")
    processor = saxonche.PySaxonProcessor(license=False)
    compiled = processor.new_xslt30_processor().compile_stylesheet(
        stylesheet_text=plain
    )
    text = source.decode()

    def run() -> object:
        executable = compiled.clone()
        document = processor.parse_xml(xml_text=text)
        return executable.transform_to_string(xdm_node=document).encode()

    return run


def lxml(source: bytes) -> Callable[[], object]:
    """Return what parses and transforms by lxml and nothing else."""
    transform = etree.XSLT(etree.parse(XSLT_1))
    return lambda: bytes(transform(etree.fromstring(source)))


def bare(title: str, run: Callable[[], object], count: int) -> float:
    """Return CPU seconds of one run, when it is warm."""
    for _ in range(20):
        run()
    progress, began = Progress(title, count), time.process_time()
    for _ in range(count):
        run()
        progress.step()
    used = time.process_time() - began
    progress.end()
    return used / count


def report(found: Mapping[str, float], parts: tuple[float, float]) -> bool:
    print(f"Order of {LINES} lines, {PRODUCTS} dictionary look-ups, CPU per document:")
    for title, seconds in found.items():
        print(f"  {title:14} {seconds * 1000:6.2f} ms")
    worker, own = (seconds * 1000 for seconds in parts)
    print(f"  of the gateway's: worker {worker:.2f}, itself {own:.2f}")
    good = found["gateway"] <= BOUND
    print(f"  bound {BOUND * 1000:.0f} ms: {'met' if good else 'MISSED'}")
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=500)
    count = parser.parse_args().documents
    with tempfile.TemporaryDirectory() as folder:
        worker, own, source = asyncio.run(ours(Path(folder), count, 0))
        others = asyncio.run(ours(Path(folder), count, PRODUCTS))
    found = {
        "gateway": worker + own,
        "other products": others[0] + others[1],
        "Saxon bare": bare("Saxon bare", saxon(source), count),
        "lxml bare": bare("lxml bare", lxml(source), count),
    }
    return 0 if report(found, (worker, own)) else 1


if __name__ == "__main__":
    sys.exit(main())
