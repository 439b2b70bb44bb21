"""Image-pull back-off: how long the kubelet waits before it tries again to pull an image for a pod."""

from __future__ import annotations

FIRST, MOST = 10.0, 300.0  # seconds: pkg/kubelet/kubelet.go, imageBackOffPeriod and MaxImageBackOff
DOUBLED = 5  # times, until the most is reached: days of failures stay within what a float holds


def pause(failures: int) -> float:
    """Seconds after so many failed pulls in a row: 10, 20, 40, 80, 160, and 300 from then on."""
    return min(FIRST * 2.0 ** min(failures - 1, DOUBLED), MOST)
