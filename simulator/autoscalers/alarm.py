"""Alarms: a measurement that is beyond a threshold for so many looks in a row."""

from __future__ import annotations

from collections import deque


class Alarm:
    """The last looks at a measurement; it rings when all of them are beyond the threshold."""

    def __init__(self, looks: int) -> None:
        self._seen: deque[bool] = deque(maxlen=looks)

    def rings(self, beyond: bool) -> bool:
        """What it says after one more look."""
        self._seen.append(beyond)
        return len(self._seen) == self._seen.maxlen and all(self._seen)

    def reset(self) -> None:
        """Begin to count anew."""
        self._seen.clear()
