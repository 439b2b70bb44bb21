"""Announcements: all releases of a scenario in order, each with its version, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from functools import partial, reduce
from heapq import merge
from typing import NamedTuple

from simulator.component import meant
from simulator.problems import Path
from simulator.releases import Release
from simulator.versions import after, older

Uniform = Callable[[str, str, int], float]  # a number between 0 and 1 by purpose, entity and k
Items = Mapping[str, str]  # the versions of a fleet's items at the start
MOST_RELEASES = 100_000  # up to the horizon


class Announcement(NamedTuple):
    """A version of an item, wanted from a time on (seconds): the k-th of the release with this number in the scenario."""

    time_s: float
    number: int
    k: int
    item: str
    version: str

    @property
    def name(self) -> str:
        """What a reader would mark on a chart."""
        return f"release {self.version}" if self.item == "app" else f"release {self.item} {self.version}"


def announcements(releases: Sequence[Release], fleets: Mapping[str, Items], horizon: float, uniform: Uniform | None = None) -> Iterator[Announcement]:
    """Up to the horizon, in order of time and then of the scenario; without draws, those that are known before the run."""
    newest = {item: newest_of(item, fleets) for item in {item for items in fleets.values() for item in items}}
    drawn = drawn_items(releases) if uniform is None else set()
    for time_s, number, k in merge(*(_moments(number, release, horizon, uniform) for number, release in enumerate(releases))):
        item, named = releases[number].item, releases[number].named(k)
        if not named and item in drawn:
            continue
        version = named[1] if named else after(newest[item]) or newest[item]
        if after(version) and not older(version, newest[item]):
            newest[item] = version
        yield Announcement(time_s, number, k, item, version)


def _moments(number: int, release: Release, horizon: float, uniform: Uniform | None) -> Iterator[tuple[float, int, int]]:
    """When a release's own are announced: (seconds, the release, which of its own)."""
    if release.drawn and uniform is None:
        return
    for k, time in enumerate(release.times(partial(uniform or _undrawn, f"releases/{number}", "gap"))):
        if time > horizon:
            return
        yield time, number, k


def _undrawn(purpose: str, entity: str, k: int) -> float:
    raise AssertionError("what is known before the run draws nothing")


def newest_of(item: str, fleets: Mapping[str, Items]) -> str:
    """The newest version of an item that a fleet begins with."""
    versions = [items[item] for items in fleets.values() if item in items]
    return reduce(lambda newest, version: version if older(newest, version) else newest, versions)


def drawn_items(releases: Sequence[Release]) -> set[str]:
    """The items of which some releases come at random."""
    return {release.item for release in releases if release.drawn}


def mistakes(releases: Sequence[Release], fleets: Mapping[str, Items], horizon: float) -> Iterator[tuple[Path, str, str]]:
    """What is wrong with the releases, seen together with the fleets, by the places of these: where, class and sentence."""
    if (expected := sum(release.expected(horizon) for release in releases)) > MOST_RELEASES:
        yield (), "ConfigLimit", f"about {expected:.1e} releases up to the horizon; the limit is {MOST_RELEASES:,}"
        return
    unfit = [mistake for number, release in enumerate(releases) for mistake in _unfit(number, release, fleets)]
    yield from unfit or _backwards(releases, fleets, horizon)


def _unfit(number: int, release: Release, fleets: Mapping[str, Items]) -> Iterator[tuple[Path, str, str]]:
    known = sorted({item for items in fleets.values() for item in items})
    if release.item not in known and release.item == "config":
        yield (number,), "ConfigChoice", "no fleet has configuration of its own; give one an `env`"
    elif release.item not in known:
        hint = meant(release.item, known) or f"; known: {', '.join(known)}"
        yield (number, "item"), "ConfigChoice", f"no fleet has an item {release.item!r} in its `stack`{hint}"
    elif not release.named(0) and not after(newest := newest_of(release.item, fleets)):
        yield (number,), "ConfigMissing", f"{newest!r} has no number to count up from; give a `first_version`"


def _backwards(releases: Sequence[Release], fleets: Mapping[str, Items], horizon: float) -> Iterator[tuple[Path, str, str]]:
    """Versions older than the one before, or than what a fleet begins with, where that is not said to be meant."""
    drawn = drawn_items(releases)
    before: dict[str, list[tuple[str, str]]] = {}
    for place, items in fleets.items():
        for item, version in items.items():
            before.setdefault(item, []).append((version, f"{place} begins with"))
    at_any_time = [(number, release.item, release.named(0)) for number, release in enumerate(releases) if release.drawn]
    for number, item, named in (*at_any_time, *_planned(releases, fleets, horizon)):
        if not named:
            continue
        key, version = named
        since, whose = next((there for there in before[item] if older(version, there[0], item in drawn)), ("", ""))
        if since and not releases[number].goes_back:
            counted = ", and random releases count up from it" if item in drawn else ""
            remedy = "write `rollback: true` if that is meant" if key == "version" else "begin above it"
            yield (number, key), "ConfigConflict", f"{version} goes back behind {since}, which {whose}{counted}; {remedy}"
        before[item] = [(version, f"releases[{number}] announces")]


def unbuilt(releases: Sequence[Release], fleets: Mapping[str, Items], imaged: Set[str], horizon: float) -> Iterator[tuple[Path, str, str]]:
    """Releases that go back to a version of which no image was ever built, where those of these places have images: where, class and sentence."""
    built: dict[str, list[str]] = {}
    for items in (fleets[place] for place in imaged):
        for item, version in items.items():
            built.setdefault(item, []).append(version)
    for number, item, (key, version) in _planned(releases, fleets, horizon):
        if item not in built:
            continue
        if releases[number].goes_back and version not in built[item]:
            yield (number, key), "ConfigChoice", f"no image has the tag {version!r}; built by then: {', '.join(dict.fromkeys(built[item]))}"
        built[item].append(version)


def _planned(releases: Sequence[Release], fleets: Mapping[str, Items], horizon: float) -> Iterator[tuple[int, str, tuple[str, str]]]:
    """What is known before the run: the release, its item, and its version with the key that gives it, if any does."""
    for _, number, k, item, version in announcements(releases, fleets, horizon):
        yield number, item, releases[number].named(k) or ("", version)
