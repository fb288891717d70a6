"""Time, progress and the wish to stop, shared by the steps of the chain."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from troth.core.decision import Stop

Tell = Callable[[float, str], None]
#: After a wish to stop each step that is still to come gets so many seconds, so that there is something of everything.
SHORT_S: Final = 5.0


class Watch:
    """Keeps the time of a chain of steps.

    Parameters
    ----------
    budget : seconds that the searches may take together.
    asked : tells whether somebody wishes to stop.
    on_progress : told the share done and the step.
    """

    def __init__(self, budget: float, asked: Callable[[], bool] | None, on_progress: Tell | None) -> None:
        self.budget, self.asked, self.on_progress = budget, asked, on_progress
        self.seconds: dict[str, float] = {}
        self.stopped = False
        self._last = time.monotonic()

    def done(self, step: str) -> None:
        """Note that a step is over."""
        now = time.monotonic()
        self.seconds[step], self._last = now - self._last, now

    def tell(self, share: float, *, step: str) -> None:
        """Tell how far it is."""
        if self.on_progress is not None:
            self.on_progress(share, step)

    def part(self, start: float, end: float, *, step: str) -> Callable[..., None]:
        """Return what tells of a step that is a part of the whole; more words are added to its name."""
        return lambda share, what="": self.tell(start + (end - start) * share, step=f"{step}: {what}" if what else step)

    def stop(self, share: float) -> Stop:
        """Return when a step is to end: its part of the time, or when somebody wishes so, or soon if they have."""
        if self._wished():
            return Stop(seconds=SHORT_S)
        return Stop(seconds=self.budget * share, asked=self._wished)

    def rest(self, share: float, *, after: tuple[str, ...]) -> Stop:
        """Return when the last step is to end: what earlier ones left of the time, at least its part."""
        left = self.budget - sum(self.seconds.get(step, 0.0) for step in after)
        return self.stop(max(share, left / self.budget))

    def _wished(self) -> bool:
        self.stopped |= self.asked is not None and self.asked()
        return self.stopped
