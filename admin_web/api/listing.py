"""What lists of the API share: paging in, the totals out."""

from collections.abc import Sequence
from typing import Annotated, Generic, TypeVar

from pydantic import Field

from admin_web.api.models import Answer, Query

LIMIT_MAX = 500

Row = TypeVar("Row", bound=Answer)


class Paged(Query):
    """Which page of a list."""

    limit: Annotated[int, Field(ge=1, le=LIMIT_MAX)] = 50
    offset: Annotated[int, Field(ge=0, le=2**31)] = 0


class Listing(Answer, Generic[Row]):
    """One page: how many there are, were asked for, and are here."""

    total_elements: int
    size_requested: int
    number_of_elements: int
    data: Sequence[Row]


def listing(total: int, query: Paged, data: Sequence[Row]) -> Listing[Row]:
    """Return the page."""
    return Listing[Row](
        total_elements=total,
        size_requested=query.limit,
        number_of_elements=len(data),
        data=data,
    )
