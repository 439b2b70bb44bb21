"""Documents: what YAML is read, where its values stand, and what is refused rather than guessed."""

from __future__ import annotations

import os
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.document import LARGEST, parse, read, written
from simulator.problems import Problem, ScenarioError


def refused(text: str) -> Problem:
    """The first problem of a text, whether it can be read otherwise or not."""
    try:
        return parse(text).problems[0]
    except ScenarioError as error:
        return error.problems[0]


def refused_file(path) -> Problem:
    with pytest.raises(ScenarioError) as error:
        read(path)
    return error.value.problems[0]


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))


def test_every_key_and_value_knows_its_line_and_column():
    document = parse("version: 1\nfailures:\n  - {kind: crash}\n  - {kind: outage, at: 4h}\n")
    assert document.place(("failures", 1, "at")) == (4, 24)
    assert document.place(("failures", 1, "at"), of_key=True) == (4, 20)


def test_what_is_missing_stands_where_its_holder_stands():
    document = parse("policies:\n  p:\n    web: {kind: pets}\n")
    assert document.place(("policies", "p", "web", "servers")) == (3, 5)


@pytest.mark.parametrize("word", ["no", "yes", "on", "off", "n", "y", "No", "OFF"])
def test_an_unquoted_word_that_may_be_a_boolean_is_refused(word):
    assert refused(f"zone: {word}")[::2] == ("ConfigType", ("zone",))
    assert parse(f"zone: '{word}'").data == {"zone": word}


@pytest.mark.parametrize("word", ["no", "true", "On", "2024-01-01"])
def test_an_unquoted_key_that_is_no_text_to_other_readers_is_refused(word):
    assert refused(f"{word}: 1").kind == "ConfigType"
    assert parse(f"'{word}': 1").data == {word: 1}


@pytest.mark.parametrize("number", ["017", "-08", "00", "0_7"])
def test_a_leading_zero_is_refused(number):
    assert refused(f"replicas: {number}").kind == "ConfigType"


def test_plain_values_are_what_yaml_1_2_says():
    text = "{a: 12, b: 1.5, c: true, d: null, e: text, f: '7', g: 1:30, h: 1e3, i: 1_000, j: 0x1f, k: 0}"
    assert parse(text).data == {"a": 12, "b": 1.5, "c": True, "d": None, "e": "text", "f": "7", "g": "1:30", "h": 1000.0, "i": 1000, "j": 31, "k": 0}


@pytest.mark.parametrize("tag", ["!weird 3", "!!python/object/apply:os.system ['true']", "!!python/name:os.system", "!<tag:example.org,2026:x> 3"])
def test_a_tag_is_refused(tag):
    assert refused(f"a: {tag}").kind == "ConfigUnsafeTag"


@pytest.mark.parametrize(
    "text", ["a: !!int abc", "a: !!float abc", "a: 0x_", "a: -_", "a: ._", "%YAML 1.1\n---\na: 1:30", "a: " + "9" * 5000, "? [a, b]\n: 1", "? {a: 1}\n: 2"]
)
def test_what_only_looks_like_a_number_or_a_key_is_text_or_refused(text):
    """YAML's patterns let through what Python cannot read; a person gets an error with its line, never a traceback."""
    try:
        parse(text)
    except ScenarioError as error:
        assert error.problems[0].place


def test_a_duplicate_key_is_refused_at_its_second_place():
    problem = refused("web:\n  replicas: 3\n  replicas: 5\n")
    assert (problem.kind, problem.path, problem.place) == ("ConfigDuplicateKey", ("web", "replicas"), (3, 3))


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n"])
def test_an_empty_document_is_refused(text):
    assert refused(text).kind == "ConfigEmpty"


@pytest.mark.parametrize("text", ["hello", "- 1", "5", "null", "---"])
def test_a_document_that_is_no_mapping_is_refused(text):
    problem = refused(text)
    assert (problem.kind, "top level must be a mapping" in problem.message) == ("ConfigType", True)


def test_two_documents_are_refused():
    assert refused("a: 1\n---\na: 2\n").kind == "ConfigMultiDocument"
    assert parse("---\na: 1\n...\n").data == {"a": 1}


@pytest.mark.parametrize("text", ["a: [1, 2\n", "a: *nope\n", "a:\n  - b: c\n   d: e\n", "\ta: 1", "a: 'b", "a\0: 1", "a: @x"])
def test_broken_syntax_is_refused(text):
    assert refused(text).kind == "ConfigSyntax"


def test_all_that_is_wrong_is_told_at_once_in_the_order_of_its_lines():
    problems = parse("a: no\nb: 017\nb: !x 1\n").problems
    assert [(problem.kind, problem.place[0]) for problem in problems] == [("ConfigType", 1), ("ConfigType", 2), ("ConfigDuplicateKey", 3)]


def test_an_alias_is_read_and_a_bomb_of_aliases_is_refused_at_once():
    """Nine levels of nine are 9^9 values: refused within a second."""
    assert parse("a: &x [1, 2]\nb: *x\n").data == {"a": [1, 2], "b": [1, 2]}
    began = time.process_time()
    assert refused(BOMB).kind == "ConfigAlias"
    assert time.process_time() - began < 1


def test_an_alias_of_itself_is_refused():
    assert refused("a: &a [*a]").kind in ("ConfigSyntax", "ConfigAlias")


@pytest.mark.parametrize("open_, close", [("[", "]"), ("{a: ", "}"), ("[", "")])
def test_deep_nesting_is_refused_at_once(open_, close):
    began = time.process_time()
    assert refused("a: " + open_ * 20_000 + close * 20_000).kind == "ConfigSyntax"
    assert time.process_time() - began < 1


def test_a_byte_order_mark_changes_nothing(tmp_path):
    (tmp_path / "bom.yaml").write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read(tmp_path / "bom.yaml").data == {"a": 1}


def test_utf_16_is_read(tmp_path):
    (tmp_path / "wide.yaml").write_bytes("a: 서울\n".encode("utf-16"))
    assert read(tmp_path / "wide.yaml").data == {"a": "서울"}


def test_another_encoding_is_refused(tmp_path):
    (tmp_path / "latin.yaml").write_bytes("a: Zürich\n".encode("latin-1"))
    assert refused_file(tmp_path / "latin.yaml").kind == "ConfigEncoding"


def test_a_file_that_is_too_large_is_refused_by_its_size_alone(tmp_path):
    """200 GB of nothing, which nobody could read in a second."""
    with open(tmp_path / "large.yaml", "wb") as file:
        file.truncate(200 << 30)
    began = time.perf_counter()
    assert refused_file(tmp_path / "large.yaml").kind == "ConfigTooLarge"
    assert time.perf_counter() - began < 1


def test_the_largest_file_that_is_read_may_be_refused_for_its_many_parts(tmp_path):
    (tmp_path / "many.yaml").write_text("".join(f"k{n}: [x]\n" for n in range(LARGEST // 12)))
    assert refused_file(tmp_path / "many.yaml").kind == "ConfigAlias"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    assert refused_file(tmp_path / "pipe.yaml").kind == "FileNotRegular"


def test_a_folder_a_missing_file_and_a_name_with_nul_are_refused(tmp_path):
    kinds = [refused_file(path).kind for path in (tmp_path, tmp_path / "nope.yaml", "a\0b.yaml")]
    assert kinds == ["FileNotRegular", "FileNotFound", "FileNotRegular"]


texts = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=20) | st.sampled_from(
    ["no", "Yes", "007", "1e3", "~", "null", "2024-01-01", "1:30", "<<", "=", "5", "a: b", "# x", "- a", "true"]
)
plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
data = st.dictionaries(
    texts, st.recursive(plain, lambda inside: st.lists(inside, max_size=3) | st.dictionaries(texts, inside, max_size=3), max_leaves=8), min_size=1, max_size=4
)


@given(data)
def test_what_was_written_reads_back_as_the_same(data):
    assert parse(written(data)).data == data
