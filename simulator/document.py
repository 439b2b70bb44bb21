"""Documents: YAML 1.2 files as plain data in which every value knows its line, and nothing is guessed."""

from __future__ import annotations

import re
import stat
from datetime import date, datetime
from io import StringIO
from itertools import accumulate
from pathlib import Path as File
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from simulator.problems import Path, Problem, ScenarioError

LARGEST = 1 << 18  # bytes; a scenario is a page or two
DEEPEST = 100  # brackets within brackets; the scanner takes the square of it
MOST_VALUES = 20_000
AMBIGUOUS = {"no", "yes", "on", "off", "n", "y"}  # a boolean to readers of YAML 1.1
LEADING_ZERO = re.compile(r"[-+]?0[0-9_]+")
PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]*|[0-9.]+(?:ms|[smhd%])|[0-9.]+/s")  # what nobody takes for a number or a boolean
NO_NAMES = {"bool": "boolean", "null": "null", "float": "number", "timestamp": "date"}
STANDARD = "tag:yaml.org,2002:"


class Document:
    """The plain data of one file, and where each key and value stands (line and column from 1)."""

    def __init__(self, source: str, data: Any, reader: _Reader) -> None:
        self.source, self.data, self.problems = source, data, reader.problems
        self._keys, self._values = reader.keys, reader.values

    def place(self, path: Path, of_key: bool = False) -> tuple[int, int] | None:
        """Where a value stands, or what holds it where it is missing."""
        while path:
            for steps in (path, tuple(step for step in path if step != 0)):  # one alone may stand without brackets
                found = (self._keys.get(steps) if of_key else None) or self._values.get(steps)  # an item of a list has no key
                if found:
                    return found
            path, of_key = path[:-1], True
        return None


def read(path: str | File) -> Document:
    """The document in a file; raises ScenarioError."""
    file, source = File(path), str(path)

    def refuse(kind: str, message: str) -> ScenarioError:
        return ScenarioError(source, [Problem(kind, message)])

    try:
        status = file.stat()
        regular, small = stat.S_ISREG(status.st_mode), status.st_size <= LARGEST
        raw = file.read_bytes() if regular and small else b""
    except FileNotFoundError:
        raise refuse("FileNotFound", "no such file") from None
    except (OSError, ValueError) as error:
        raise refuse("FileNotRegular", f"cannot be read: {error}") from None
    if not regular:
        raise refuse("FileNotRegular", "is not a regular file; give a scenario's .yaml file")
    if not small:
        raise refuse("ConfigTooLarge", f"has {status.st_size:,} bytes; a scenario may have {LARGEST:,}")
    try:
        text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise refuse("ConfigEncoding", f"is not UTF-8: {error.reason} at byte {error.start}") from None
    return parse(text, source)


def parse(text: str, source: str = "scenario") -> Document:
    """The document in a text, with the `problems` of single values; raises ScenarioError where it cannot be read as a whole."""
    if _depth(text) > DEEPEST:
        raise ScenarioError(source, [Problem("ConfigSyntax", "is nested too deeply")])
    try:
        root = YAML(typ="rt", pure=True).compose(text)
    except MarkedYAMLError as error:
        several = "single document" in f"{error.context}"
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else None
        message = "has several documents; keep one" if several else f"{error.problem or error.context} (line {mark.line + 1 if mark else '?'})"
        raise ScenarioError(source, [Problem("ConfigMultiDocument" if several else "ConfigSyntax", message, (), place)]) from None
    except YAMLError as error:
        raise ScenarioError(source, [Problem("ConfigSyntax", " ".join(str(error).split())[:200])]) from None
    except RecursionError:
        raise ScenarioError(source, [Problem("ConfigSyntax", "is nested too deeply")]) from None
    if root is None:
        raise ScenarioError(source, [Problem("ConfigEmpty", "is empty; `fleetsim run spike` shows what a scenario looks like")])
    if not isinstance(root, MappingNode):
        raise ScenarioError(source, [Problem("ConfigType", "the top level must be a mapping of keys to values", (), _place(root))])
    reader = _Reader(source)
    try:
        data = reader.plain(root, ())
    except RecursionError:
        raise ScenarioError(source, [Problem("ConfigSyntax", "is nested too deeply")]) from None
    return Document(source, data, reader)


class _Reader:
    """Turns nodes into plain data, and collects what is wrong on the way."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.problems: list[Problem] = []
        self.keys: dict[Path, tuple[int, int]] = {}
        self.values: dict[Path, tuple[int, int]] = {}

    def plain(self, node: Node, path: Path) -> Any:
        if len(self.values) >= MOST_VALUES:
            raise ScenarioError(self.source, [Problem("ConfigAlias", f"unfolds to more than {MOST_VALUES:,} values; do not nest aliases", (), _place(node))])
        self.values[path] = _place(node)
        tag = str(node.tag).removeprefix(STANDARD)
        if not str(node.tag).startswith(STANDARD) or tag.startswith("python"):
            self.report("ConfigUnsafeTag", f"the tag {str(node.tag)!r:.60} is not read; write the plain value", path, node)
            return None
        if isinstance(node, MappingNode):
            return self.mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self.plain(item, (*path, index)) for index, item in enumerate(node.value)]
        return self.scalar(node, tag, path) if isinstance(node, ScalarNode) else None

    def mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key, value in node.value:
            name = str(key.value) if isinstance(key, ScalarNode) else "?"
            here = (*path, name)
            if name in made:
                self.report("ConfigDuplicateKey", f"the key {name!r} stands here a second time", here, key)
                continue
            what = "boolean" if name.lower() in AMBIGUOUS else NO_NAMES.get(str(key.tag).removeprefix(STANDARD))
            if not isinstance(key, ScalarNode):
                self.report("ConfigType", "a key should be a name, not a list or a mapping", path, key)
            elif what and key.style is None and (path[:1], name) != (("steps",), "on"):  # a key of the format itself
                self.report("ConfigType", f"the key {name!r} is a {what} to many readers of YAML; quote it if it is a name", here, key)
            self.keys[here] = _place(key)
            made[name] = self.plain(value, here)
        return made

    def scalar(self, node: ScalarNode, tag: str, path: Path) -> Any:
        text = node.value
        if node.style is not None:  # quoted, or a block
            return text
        if text.lower() in AMBIGUOUS:
            self.report("ConfigType", f"{text!r} is a boolean to many readers of YAML: quote it, or write true or false", path, node)
        elif tag in ("int", "float") and LEADING_ZERO.fullmatch(text):
            self.report("ConfigType", f"{text!r} has a leading zero: drop it, or quote it if it is a name", path, node)
        elif tag == "bool":
            return text.lower() == "true"
        elif tag == "null":
            return None
        elif tag in ("int", "float"):
            try:
                return int(text.replace("_", ""), 0) if tag == "int" else _float(text)
            except ValueError:
                self.report("ConfigType", f"cannot read {text!r:.60} as a number", path, node)
        elif tag == "timestamp":
            try:
                return datetime.fromisoformat(text) if len(text) > 10 else date.fromisoformat(text)
            except ValueError:
                return text
        return text

    def report(self, kind: str, message: str, path: Path, node: Node) -> None:
        self.problems.append(Problem(kind, message, path, _place(node)))


def _depth(text: str) -> int:
    """How many brackets are open at most."""
    return max(accumulate((1 if bracket in "[{" else -1 for bracket in re.findall(r"[][{}]", text)), initial=0))


def _place(node: Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _float(text: str) -> float:
    plain = text.lower().replace("_", "").replace(".inf", "inf").replace(".nan", "nan")
    return float(plain)


def written(data: dict[str, Any]) -> str:
    """Plain data as a YAML text that `parse` reads back as the same."""
    yaml = YAML(typ="rt", pure=True)
    yaml.width = 150
    out = StringIO()
    yaml.dump(_quoted(data), out)
    return out.getvalue()


def _quoted(data: Any) -> Any:
    """Texts in quotes, where they could be anything else, and small things on one line."""
    if isinstance(data, dict):
        made = CommentedMap({_quoted(key): _quoted(value) for key, value in data.items()})
        if not any(isinstance(value, dict | list) for value in data.values()):
            made.fa.set_flow_style()
        return made
    if isinstance(data, list):
        return [_quoted(item) for item in data]
    if isinstance(data, str) and (not PLAIN.fullmatch(data) or data.lower() in AMBIGUOUS | {"true", "false", "null"}):
        return DoubleQuotedScalarString(data)
    return data
