"""Options that are shares or times, written as people write them."""

from __future__ import annotations

from typing import Any, Final

import click

from troth.core.lengths import parse_length


class Share(click.ParamType[float]):
    """A share: ``80%`` or ``0.8``; 80 alone is refused, for it may mean either."""

    name = "share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the share as a number from 0 to 1."""
        text = str(value).strip()
        try:
            share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            self.fail(f"{value!r} is not a share such as 80% or 0.8", param, ctx)
        if not 0 <= share <= 1:
            self.fail(f"{value!r} is not between 0 and 1; maybe {text}% was meant", param, ctx)
        return share


class Seconds(click.ParamType[float]):
    """A length of time: ``180``, ``180s``, ``3min``, ``1.5h``."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the time in seconds."""
        try:
            found = parse_length(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if found < 0:
            self.fail(f"{value!r} is negative; maybe drop the minus", param, ctx)
        return found


SHARE: Final = Share()
SECONDS: Final = Seconds()
