"""In which language and time zone a page is written."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from aiohttp.test_utils import make_mocked_request

from admin_web.pages import formats
from admin_web.pages.reader import READER, Reader, reader_of, zone_of

AT = datetime(2026, 11, 23, 22, 10, 5, 7999, tzinfo=UTC)


@pytest.fixture
def read_by():
    """Return what sets who reads, until the test ends."""
    before = READER.set(Reader())

    def be(language, zone):
        READER.set(Reader(language, ZoneInfo(zone)))

    yield be
    READER.reset(before)


def who(cookie="", wanted=""):
    headers = {"Cookie": cookie, "Accept-Language": wanted}
    return reader_of(make_mocked_request("GET", "/", headers=headers))


@pytest.mark.parametrize(
    ("cookie", "wanted", "language"),
    [
        ("", "", "en"),
        ("", "uk-UA,uk;q=0.9,en;q=0.8", "uk"),
        ("", "de-DE,en;q=0.7,uk;q=0.6", "en"),
        ("", "en;q=0.5, uk ; q=0.51", "uk"),
        ("", "uk;q=0", "en"),
        ("", "fr", "en"),
        ("", "uk;q=9,;;,*", "en"),
        ("language=uk", "en", "uk"),
        ("language=en", "uk", "en"),
        ("language=xx", "uk", "uk"),
    ],
)
def test_the_language_is_the_choice_or_what_the_browser_wants(cookie, wanted, language):
    assert who(cookie, wanted).language == language


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("Europe/Kyiv", "Europe/Kyiv"),
        ("Europe/Kiev", "Europe/Kiev"),  # what Chromium says
        ("Asia/Calcutta", "Asia/Calcutta"),
        ("Etc/GMT+3", "Etc/GMT+3"),
        *((name, "UTC") for name in ("", "Nowhere", "../../etc/passwd", "/etc/passwd")),
        *((name, "UTC") for name in ("Europe", "Europe/../UTC", "A" * 64, "A" * 999)),
    ],
)
def test_the_zone_is_what_the_browser_told_or_utc(name, zone):
    assert who(f"zone={name}").zone.key == zone
    assert zone_of(name).key == zone


@pytest.mark.parametrize(
    ("language", "zone", "shown"),
    [
        ("en", "UTC", "23 Nov 2026, 22:10:05 UTC"),
        ("en", "Europe/Kyiv", "24 Nov 2026, 00:10:05 UTC+2"),
        ("uk", "Europe/Kyiv", "24 лист. 2026, 00:10:05 UTC+2"),
        ("en", "America/St_Johns", "23 Nov 2026, 18:40:05 UTC-3:30"),
        ("en", "Asia/Kathmandu", "24 Nov 2026, 03:55:05 UTC+5:45"),
    ],
)
def test_a_moment_has_the_readers_date_seconds_and_zone(read_by, language, zone, shown):
    read_by(language, zone)
    assert formats.moment(AT) == (
        f'<time datetime="2026-11-23T22:10:05.007Z">{shown}</time>'
    )


def test_the_clock_shows_milliseconds_and_tells_the_whole_time(read_by):
    read_by("en", "Europe/Kyiv")
    assert formats.clock(AT) == (
        '<time datetime="2026-11-23T22:10:05.007Z" '
        'title="24 Nov 2026, 00:10:05 UTC+2">00:10:05.007</time>'
    )


def test_a_day_is_the_readers(read_by):
    read_by("uk", "Europe/Kyiv")
    assert ">24 лист. 2026</time>" in formats.day(AT)
    assert formats.day(date(2026, 11, 2)) == (
        '<time datetime="2026-11-02">2 лист. 2026</time>'
    )


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (1_249_999, "1.2 MB"),
        (7_300_000_000, "7.3 GB"),
        (2 * 10**16, "20,000 TB"),
    ],
)
def test_sizes_are_short(read_by, count, shown):
    assert formats.size(count) == shown


def test_numbers_are_grouped_as_the_reader_does(read_by):
    assert formats.number(1234567) == "1,234,567"
    read_by("uk", "UTC")
    assert formats.number(1234567) == "1\xa0234\xa0567"
    assert formats.size(1_249_999) == "1,2 МБ"
