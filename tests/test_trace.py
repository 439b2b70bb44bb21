"""Traces: recorded traffic keeps its totals, a file that is wrong is refused at its line, and one that lies elsewhere is not looked for."""

from __future__ import annotations

import csv
import hashlib
import itertools
import json
import math
import os
import pickle
import shutil
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet
from typer.testing import CliRunner

from simulator.cli import app
from simulator.document import written
from simulator.experiment import Experiment
from simulator.folder import RunFolder
from simulator.polyline import Polyline
from simulator.problems import Problem, ScenarioError
from simulator.report import write
from simulator.run import simulate
from simulator.scenario import Scenario
from simulator.scenario_file import load, loads, reread
from simulator.traffic.trace import Trace

SHARED = Path(__file__).parents[2] / "shared" / "data" / "traffic"
WEB = "policies: {p: {web: {kind: cattle, replicas: 3}}}"
NOTHING = Polyline([(0.0, 0.0)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a scenario lies."""
    (tmp_path / "here").mkdir()
    return tmp_path / "here"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What reads a scenario does so from another folder."""
    monkeypatch.chdir(tmp_path)


def table(times: Iterable[float], values: Iterable[float]) -> str:
    return "t,n\n" + "".join(f"{time!r},{value!r}\n" for time, value in zip(times, values, strict=True))


def trace(rows: str | pa.Table, **fields: object) -> Trace:
    """A trace as a program makes it, of a file in the current folder."""
    if isinstance(rows, str):
        Path("t.csv").write_text(rows, encoding="utf-8", newline="")
    else:
        parquet.write_table(rows, "t.parquet")
    return Trace(file="t.csv" if isinstance(rows, str) else "t.parquet", **{"beyond": "zero", **fields})  # type: ignore[arg-type]


def case(folder: Path, text: str | bytes | None = None, rest: str = "", file: str = "t.csv", horizon: str = "1m", data: Sequence[Path] = ()) -> Scenario:
    """One with a single trace, which the third line of its file names."""
    if text is not None:
        (folder / file).write_bytes(text if isinstance(text, bytes) else text.encode())
    config = folder / "case.yaml"
    config.write_text(f"horizon: {horizon}\ntraffic:\n  - {{kind: trace, file: {json.dumps(file)}{', ' if rest else ''}{rest}}}\n{WEB}\n", encoding="utf-8")
    return load(config, data=data)


def refused(*given: object, **more: object) -> Problem:
    """The one thing that is wrong in such a scenario, which is said in one line."""
    with pytest.raises(ScenarioError) as error:
        case(*given, **more)  # type: ignore[arg-type]
    (problem,) = error.value.problems
    assert "\n" not in problem.text("x") and len(problem.text("x")) < 600
    return problem


def line(source: Trace, horizon: float = 60.0) -> Polyline:
    return source.shape(NOTHING, horizon)


# What the rates are


def test_a_value_counts_the_requests_of_its_row():
    """60 requests in 10 s are 6/s, 30 are 3/s; the last lasts as long as the one before, and then there is nothing."""
    with_rows = trace(table([0, 10], [60, 30]))
    assert (line(with_rows, 20).times, line(with_rows, 20).rates) == ([0, 10, 10, 20, 20], [6, 6, 3, 3, 0])


def test_a_value_is_a_rate_where_per_is_not_the_step():
    """60 per minute is 1/s, whatever the ten seconds between rows; so 30 requests in all."""
    shape = line(trace(table([0, 10, 20], [60, 60, 60]), per="1m"), 30)
    assert (shape.times, shape.rates) == ([0, 30, 30], [1, 1, 0])


def test_a_row_about_as_long_as_per_counts_its_own_requests():
    """Rows of 40, 60 and 89 s have 120 requests each, whatever their length; those of 20 s and of 2 min say that 120 come in a minute."""
    rows = trace(table([0, 40, 100, 189, 209, 329], [120] * 6), per="1m").rows
    assert list(rows.rates) == pytest.approx([120 / 40, 120 / 60, 120 / 89, 120 / 60, 120 / 60, 120 / 60])


def test_per_as_long_as_the_step_keeps_totals_where_rows_are_not_quite_regular():
    """Rows at 0, 10, 21 and 30 s with 5 requests each: 20 in all, though a fixed ten seconds would count 19.5 or 20.5."""
    assert line(trace(table([0, 10, 21, 30], [5, 5, 5, 5]), per="10s"), 40).integral(0, 40) == pytest.approx(20, rel=1e-12)


def test_each_stamp_is_one_request():
    """Two in the first ten seconds, none in the second, one at the edge of the third: 0.2/s, 0, 0.1/s."""
    shape = line(trace("when\n100.5\n100.5\n120.5\n", per="10s"), 30)
    assert [shape(second) for second in (5, 15, 25, 31)] == pytest.approx([0.2, 0, 0.1, 0])
    assert shape.integral(0, 30) == pytest.approx(3, rel=1e-12)


def test_a_stamp_at_the_edge_of_an_interval_belongs_to_the_next():
    """0.3 / 0.1 is a little less than 3 to a computer; ten stamps 0.1 s apart are one in each interval."""
    rows = trace("when,who\n" + "".join(f"{1700000000 + k / 10},x\n" for k in range(10)), stamps=True, per="100ms").rows
    assert (len(rows.starts), rows.total) == (10, pytest.approx(10))


def test_what_was_not_recorded_is_not_made_up():
    """The rows at 0, 10 and 50 s last ten seconds each; from 20 to 50 s there is nothing."""
    source = trace(table([0, 10, 50], [10, 10, 20]))
    assert (source.rows.gaps, source.rows.length, source.rows.step) == ([(20, 50)], 60, 10)
    assert (line(source).times, line(source).rates) == ([0, 20, 20, 50, 50, 60, 60], [1, 1, 0, 0, 2, 2, 0])


def test_a_row_that_is_half_a_step_late_leaves_no_gap():
    """15 s after the one before it where ten are usual: the row lasts these 15 s, and counts all of them."""
    source = trace(table([0, 10, 25, 35], [10, 30, 10, 10]))
    assert (source.rows.gaps, line(source)(20)) == ([], 2)


@pytest.mark.parametrize(
    "steps",
    [
        [300] * 144 + [60] * 720,
        [60] * 720 + [300] * 144,
        [300] * 144 + [60] * 20,
        [60] * 20 + [300] * 144,
        [60] * 9 + [300, 300] + [60] * 9,
        [300] * 9 + [60, 60] + [300] * 9,
        [60] * 99 + [300, 310, 290, 400, 300, 300] + [60] * 99,
    ],
    ids=itertools.count(),
)
def test_a_constant_rate_stays_constant_where_the_recorder_changes_its_step(steps):
    """10/s, whether a row counts those of five minutes or of one; the last row is as long as the one before it."""
    times = [0, *itertools.accumulate(steps)]
    source = trace(table(times, [10 * step for step in [*steps, steps[-1]]]))
    assert (source.rows.gaps, set(source.rows.rates), source.rows.length) == ([], {10}, times[-1] + steps[-1])


def test_a_row_before_a_gap_is_as_long_as_those_beside_it():
    """Ten rows of 5 min, half an hour of nothing, ten more; then fifty of a minute each: always 10/s but for the 25 min."""
    steps = [300] * 10 + [1800] + [300] * 10 + [60] * 50
    counts = [3000] * 21 + [600] * 51
    source = trace(table([0, *itertools.accumulate(steps)], counts[: len(steps) + 1]))
    assert (source.rows.gaps, source.rows.step, set(source.rows.rates)) == ([(3300, 4800)], 60, {10})


def test_a_horizon_within_a_gap_is_without_traffic():
    shape = line(trace(table([0, 10, 90, 100], [10, 10, 10, 10])), 60)
    assert (shape(30), shape.integral(0, 60)) == (0, 20)


@pytest.mark.parametrize(("beyond", "total"), [("zero", 60), ("hold", 60 + 40 * 4), ("repeat", 180)])
def test_what_comes_after_the_end(beyond, total):
    """20 requests at 2/s and 40 at 4/s, over 20 s; of a minute 40 s are left: nothing, 4/s, or the same twice more."""
    assert line(trace(table([0, 10], [20, 40]), beyond=beyond)).integral(0, 60) == pytest.approx(total, rel=1e-12)


def test_a_repeated_trace_keeps_its_total_and_its_gap():
    """4,321 repeats of 0.7 requests in 0.7 s, in which times of no exact binary fraction must still not decrease."""
    source = trace(table([0, 0.1, 0.5, 0.6], [0.1, 0.2, 0.3, 0.1]), beyond="repeat")
    horizon = 4321 * source.rows.length
    assert line(source, horizon).integral(0, horizon) == pytest.approx(4321 * 0.7, rel=1e-9)


def test_a_trace_is_drawn_no_further_than_the_horizon():
    """A row a second: of an hour's 3,600 the ten that begin before the horizon are drawn."""
    source = trace(table(range(3600), [second % 2 for second in range(3600)]))
    assert (len(line(source, 10).times), source.knots(10)) == (20, 20)


def test_rows_of_one_rate_are_drawn_as_one():
    assert line(trace(table(range(1000), [7] * 1000), beyond="hold"), 1000).times == [0, 1000]


@pytest.mark.parametrize(("fields", "mean"), [({"mean": "400/s"}, 400), ({"scale": 2.5}, 2.5), ({"mean": "0/s"}, 0), ({}, 1)])
def test_a_trace_is_scaled_to_a_mean_or_by_a_factor(fields, mean):
    """60 requests in 60 s, half of them a gap: 1/s as recorded."""
    assert line(trace(table([0, 10, 50], [10, 10, 40]), **fields)).mean(0, 60) == pytest.approx(mean, rel=1e-12)


def test_a_trace_adds_to_what_stands_before_it_and_is_multiplied_by_what_follows(folder):
    """(1 + 6) times 3 in the middle of the spike."""
    (folder / "t.csv").write_text("t,n\n0,60\n10,60\n20,60\n30,60\n40,60\n50,60\n")
    (folder / "case.yaml").write_text(
        f"horizon: 1m\ntraffic: [{{kind: steady, rate: 1/s}}, {{kind: trace, file: t.csv}}, {{kind: spike, at: 20s, factor: 3, hold: 10s}}]\n{WEB}\n"
    )
    assert [load(folder / "case.yaml").offered("p")["web"](second) for second in (10, 25)] == [7, 21]


def test_a_trace_begins_with_the_run_whatever_the_calendar_says():
    source = trace("t,n\n1998-06-10T00:00Z,60\n1998-06-10T00:01Z,120\n", beyond="hold")
    assert (line(source)(0), line(source, 90)(60)) == (1, 2)


def test_every_arrival_of_a_run_comes_from_the_trace(folder):
    """150 requests, and three containers that can serve ten times as many."""
    assert simulate(case(folder, "t,n\n0,60\n20,60\n40,30\n")).record.frame("windows")["offered"].sum() == pytest.approx(150)


def test_a_note_says_what_was_read():
    """Of 1.17 minutes ten seconds are a gap; 10, 20, 10, 5, 5 and 10 requests in ten seconds each are 60, at most 2/s."""
    rows = table([0, 10, 20, 40, 50, 60], [10, 20, 10, 5, 5, 10])
    assert trace(rows).note == "6 rows of 10s over 1.17m, 1 gap (14 % of the time), 60 requests, mean 0.86/s, peak 2.0/s"
    assert trace(rows, scale=1.6).note.endswith("peak 2.0/s; times 1.6")
    assert trace(rows, mean="6/s").note.endswith("; times 7.0")
    assert trace(table([0], [60000]), per="1m").note == "1 row of 1m over 1m, no gaps, 60,000 requests, mean 1,000/s, peak 1,000/s"
    assert trace(table([0, 1e-200, 2e-200, 1, 2, 3, 4], [1] * 7)).note == "7 rows of 1s over 5s, no gaps, 7 requests, mean 1.4/s, peak 1e+200/s"
    assert trace("t\n0\n1\n50\n", per="10s").note == "stamps in intervals of 10s over 1m, 3 requests, mean 0.050/s, peak 0.20/s"


def test_a_trace_that_was_not_read_has_no_note(folder):
    document = written(case(folder, ROWS).dump())
    config = folder / "dumped.yaml"
    config.write_text(document)
    (source,) = reread(config, []).traffic
    assert isinstance(source, Trace)
    assert source.note == ""


# How it is read


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("t,n\n0,1\n1,2\n", {}),
        ("t;n\n0;1\n1;2\n", {}),
        ("t\tn\n0\t1\n1\t2\n", {}),
        ("\ufefft,n\r\n0,1\r\n1,2", {}),
        ("\n\nt , n\n\n0, 1\n1 , 2\n\n", {}),
        ('"t","n"\n"0","1"\n"1","2"\n', {}),
        ("n,t\n1,0\n2,1\n", {"time": "t"}),
        ("n,t\n1,0\n2,1\n", {"column": "n"}),
        ("t,m,n\n0,x,1\n1,,2\n", {"column": "n"}),
        ("t,m,n\n0,x,1\n1,,2\n", {"time": "t", "column": "n"}),
        ("t,n,\n0,1,\n1,2,\n", {}),
        (",n\n0,1\n1,2\n", {}),
        ('"t;u;v",n\n0,1\n1,2\n', {}),
        ('t,"a, b [c]: {d}\n"\n0,1\n1,2\n', {}),
        ("t,n\n1.7e9,1\n1700000001.0,2\n", {}),
        ("t,n\n1998-06-10 23:59:59,1\n19980611T000000,2\n", {}),
        ("t,n\n2026-06-01T09:00:00+09:00,1\n2026-06-01T00:00:01Z,2\n", {}),
    ],
)
def test_a_table_is_read_as_people_write_it(text, fields):
    """One request in the first second and two in the next."""
    rows = trace(text, **fields).rows
    assert (list(rows.starts), list(rows.rates)) == ([0, 1], [1, 2])


def test_any_text_may_name_a_column():
    assert list(trace("t,a: b,c\n0,1,2\n1,1,2\n", column="a: b").rows.rates) == [1, 1]


COUNTS = pa.array([1, 2, 3, 4])
STAMPS = ["2026-06-01T00:00:00", "2026-06-01T00:00:10", "2026-06-01T00:01:00.5", "2026-06-01T00:01:10.5"]


@pytest.mark.parametrize(
    "times",
    [
        pa.array(STAMPS).cast(pa.timestamp("us")),
        pa.array(STAMPS).cast(pa.timestamp("ns")),
        pa.array(STAMPS).cast(pa.timestamp("ms")).cast(pa.timestamp("ms", "Asia/Seoul")),
        pa.array(STAMPS),
        pa.array(STAMPS).dictionary_encode(),
        pa.array([1.7e9, 1.7e9 + 10, 1.7e9 + 60.5, 1.7e9 + 70.5]),
    ],
    ids=lambda times: str(times.type),
)
@pytest.mark.parametrize("values", [COUNTS, COUNTS.cast(pa.float32()), COUNTS.cast(pa.decimal128(21, 2))], ids=lambda values: str(values.type))
def test_parquet_says_the_same_as_text(times, values):
    text = "t,n\n" + "".join(f"{stamp},{n}\n" for n, stamp in enumerate(STAMPS, 1))
    assert trace(pa.table({"x.y": times, "more": values, "n": values}), column="n").rows == trace(text).rows


@pytest.mark.parametrize(
    "rows", ["t,n\n20260601,1\n20260602,2\n20260603,4\n", pa.table({"t": [20260601, 20260602, 20260603], "n": [1, 2, 4]})], ids=["text", "parquet"]
)
def test_eight_digits_of_a_date_are_a_date(rows):
    assert list(trace(rows).rows.starts) == [0, 86400, 2 * 86400]


@pytest.mark.parametrize("first", [20261301, 18990101, 21010101, 2026060])
def test_digits_that_are_no_date_are_seconds(first):
    assert list(trace(table([first, first + 1], [1, 2])).rows.starts) == [0, 1]


def test_parquet_of_pandas_has_its_times_last():
    """The only column of that type; and the first that is not `column` where there is no such or several."""
    stamps = pa.array(STAMPS).cast(pa.timestamp("us"))
    assert trace(pa.table({"n": COUNTS, "t": stamps})).rows == trace(pa.table({"n": COUNTS, "t": stamps}), time="t", column="n").rows
    assert trace(pa.table({"n": COUNTS, "m": COUNTS, "t": stamps}), column="m").rows == trace(pa.table({"t": stamps, "m": COUNTS})).rows
    assert list(trace(pa.table({"n": COUNTS, "t": [0, 1, 2, 3]}), column="n").rows.rates) == [1, 2, 3, 4]
    assert trace(pa.table({"n": COUNTS, "t": stamps, "u": stamps}), column="n").rows == trace(pa.table({"t": stamps, "n": COUNTS})).rows


def test_parquet_of_stamps_alone_counts_rows():
    days = pa.array(["2026-06-01", "2026-06-02", "2026-06-02"]).cast(pa.date32())
    assert [rate * 86400 for rate in trace(pa.table({"t": days}), per="1d").rows.rates] == [1, 2]


@pytest.mark.skipif(not SHARED.exists(), reason=f"no {SHARED}")
@pytest.mark.parametrize("file", sorted(SHARED.glob("*.csv")), ids=lambda file: file.stem)
def test_real_recordings_keep_their_totals(file):
    """The sum of the column, read here in another way; and three times that where it repeats."""
    config = f"horizon: 1s\ntraffic: [{{kind: trace, file: {file.name}}}]\n{WEB}\n"
    source = loads(config, data=[file.parent]).traffic[0]
    assert isinstance(source, Trace)
    with file.open() as opened:
        total = math.fsum(float(row[1]) for row in itertools.islice(csv.reader(opened), 1, None))
    length = source.rows.length
    assert line(source, length).integral(0, length) == pytest.approx(total, rel=1e-9)
    assert line(source.model_copy(update={"beyond": "repeat"}), 3 * length).integral(0, 3 * length) == pytest.approx(3 * total, rel=1e-9)


def test_a_trace_is_read_once_and_travels_with_its_scenario(folder):
    """Workers get it pickled, and the file may be gone by then."""
    scenario = case(folder, "t,n\n0,60\n20,60\n40,30\n")
    (folder / "t.csv").unlink()
    assert pickle.loads(pickle.dumps(scenario)).offered("p")["web"](10) == scenario.offered("p")["web"](10) == 3


def test_what_is_dumped_pins_what_was_read(folder, monkeypatch):
    scenario = case(folder, "t,n\n0,1\n1,2\n", "beyond: zero, mean: 5/s")
    monkeypatch.chdir(folder)
    assert scenario.dump()["traffic"][0]["sha256"] == hashlib.sha256((folder / "t.csv").read_bytes()).hexdigest()
    assert loads(written(scenario.dump())) == scenario
    (folder / "t.csv").write_text("t,n\n0,1\n1,3\n")
    with pytest.raises(ScenarioError, match="TraceChanged"):
        loads(written(scenario.dump()))


# What is refused


ROWS = "t,n\n" + "".join(f"{second},5\n" for second in range(60))  # lines 2 to 61


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        (ROWS.replace("\n5,5\n", "\n5,nan\n"), "TraceValue", "line 7: the value of 'n' should be a finite number, at least 0, not 'nan'; leave the row out"),
        (ROWS.replace("\n5,5\n", "\n5,inf\n"), "TraceValue", "line 7"),
        (ROWS.replace("\n5,5\n", "\n5,-1\n"), "TraceValue", "line 7"),
        (ROWS.replace("\n5,5\n", "\n5,\n"), "TraceValue", "line 7: the value of 'n' is empty; leave the row out where nothing was measured"),
        (ROWS.replace("\n5,5\n", "\n5,many\n"), "TraceValue", "line 7: the value of 'n' should be a number, not 'many'"),
        (ROWS.replace(",", ";").replace("\n5;5\n", "\n5;5,5\n"), "TraceValue", "decimal point"),
        ('t,n\n0,5\n1,"1,234"\n', "TraceValue", "not '1,234'; write it without thousands separators"),
        ('t,n\n0,5\n1,"1,234,567.5"\n', "TraceValue", "write it without thousands separators"),
        ("t,n\n0,5\n1,1_234\n", "TraceValue", "should be a number, not '1_234'"),
        ("t,n\n0,5\n1,\u0661\u0662\n", "TraceValue", "should be a number"),
        ("t,n\n0,5\n1_000,5\n", "TraceValue", "cannot read '1_000' as a time"),
        ("t,n\n20260601,5\n20260631,5\n", "TraceValue", "line 3: cannot read '20260631' as a time"),
        ("t,n\n0,5e-324\n100,0\n", "TraceValue", "fewer requests than a computer"),
        (ROWS.replace("\n5,5\n", "\nsoon,5\n"), "TraceValue", "line 7: cannot read 'soon' as a time"),
        (ROWS.replace("\n5,5\n", "\nnan,5\n"), "TraceValue", "line 7"),
        (ROWS.replace("\n5,5\n", "\n,5\n"), "TraceValue", "line 7: the time is empty"),
        ("t,n\n1700000000000,5\n1700000060000,5\n", "TraceValue", "line 2: cannot read '1700000000000' as a time"),
        ("t,n\n2026-06-01,5\n2026-06-01T00:01Z,5\n", "TraceValue", "line 3: '2026-06-01T00:01Z' and the first time should both have an offset"),
        ("t,n\n2026-06-01T00:00+09:00,5\n2026-06-01T00:01,5\n", "TraceValue", "line 3"),
        ("t,n\n0,1e300\n1e-9,1e300\n", "TraceValue", "more requests than a computer can hold"),
        (ROWS.replace("\n5,5\n", "\n3,5\n"), "TraceOrder", "line 7: '3' should come after '4', the time of the row before; sort the rows, and keep one"),
        (ROWS.replace("\n5,5\n", "\n4.0,5\n"), "TraceOrder", "line 7: '4.0' should come after '4'"),
        (ROWS.replace("\n5,5\n", "\r\n\r\n3,5\n"), "TraceOrder", "line 8"),
        ("t,n\n0,1\n" + '"1\n",1\n' + '"0\n",1\n', "TraceOrder", "line 5"),
        ("t,n\n2026-10-25T02:59,1\n2026-10-25T02:00,1\n", "TraceOrder", "or write the times with an offset from UTC, if clocks were set back"),
        ("n,t\n5,0\n3,1\n", "TraceOrder", "; name the times with `time: ...`"),
        (
            "n,t\nmany,0\n3,1\n",
            "TraceValue",
            "cannot read 'many' as a time; write all times like '2026-06-01T09:00:00', or all in seconds; name the times with",
        ),
        ("# of June\nt,n\n0,1\n", "TraceFormat", "line 1: '# of June' is a comment; begin with the line that names the columns, without `#`"),
        ("June\n\nt,n\n0,1\n", "TraceFormat", "line 3: the row has 2 cells, and the first line names 1 column; leave out the lines before the one that names"),
        ("t|n\n0|1\n", "TraceFormat", "line 1: 't|n' is a single column; write commas, semicolons or tabs between columns"),
        ("", "TraceEmpty", "is empty"),
        ("\ufeff\n\n", "TraceEmpty", "is empty"),
        ("t,n\n", "TraceEmpty", "no rows"),
        ("0,5\n1,5\n", "TraceFormat", "line 1: '0' is no name; name the columns in the first line"),
        ("1998-06-10 00:00:00,5\n", "TraceFormat", "name the columns in the first line"),
        (ROWS.replace("\n5,5\n", "\n5\n"), "TraceFormat", "line 7: the row has 1 cell, and the first line names 2 columns"),
        ("t\n0\n1,2\n", "TraceFormat", "line 3: the row has 2 cells, and the first line names 1 column"),
        (ROWS.replace("\n5,5\n", "\n5,5,000\n"), "TraceFormat", "line 7: the row has 3 cells"),
        (ROWS.replace("\n5,5\n", "\n5,5\0\n"), "TraceFormat", "line 7: is no text"),
        (ROWS.encode().replace(b"\n5,5\n", b"\n5,\xe9\n"), "TraceFormat", "line 7: is no text"),
        (ROWS.encode("utf-16"), "TraceFormat", "line 1: is no text"),
        (ROWS.replace("\n5,5\n", '\n"5,5\n'), "TraceFormat", "line 7"),
        (pickle.dumps([print] * 3), "TraceFormat", "line 1: is no text"),
        (os.urandom(64) + b"\0", "TraceFormat", "is no text"),
        (ROWS.replace("\n5,5\n", f"\n5,{'5' * 100_000}\n"), "TraceTooLarge", "line 7"),
        (ROWS.replace("\n5,5\n", '\n5,"' + ("5" * 99 + "\n") * 2000 + '"\n'), "TraceTooLarge", "line 7"),
    ],
    ids=itertools.count(),
)
def test_a_wrong_table_is_refused_with_its_line(folder, text, kind, said):
    problem = refused(folder, text)
    assert (problem.kind, problem.path, problem.place) == (kind, ("traffic", 0, "file"), (3, 25))
    assert "'t.csv'" in problem.message or "computer" in problem.message
    assert "name the times" not in problem.message or problem.message.endswith("; name the times with `time: ...`")
    assert said in problem.message


@pytest.mark.parametrize(
    ("text", "rest", "kind", "key", "said"),
    [
        (ROWS, "column: m", "ConfigChoice", "column", "no column 'm' in 't.csv'; it has 't', 'n'"),
        ("when,requests\n0,1\n", "column: request", "ConfigChoice", "column", "did you mean 'requests'?"),
        (ROWS, "time: T", "ConfigChoice", "time", "did you mean 't'?"),
        (",".join("abcdefghijkl"), "column: z", "ConfigChoice", "column", "'j' and 2 more"),
        ("when,Requests\n0,1\n", "column: request", "ConfigChoice", "column", "it has 'when', 'Requests'; did you mean 'Requests'?"),
        ("t,n,\n0,1,\n", "column: m", "ConfigChoice", "column", "it has 't', 'n'"),
        ("t,a,b,\n0,1,2,\n", "", "ConfigMissing", "column", "counts: 'a', 'b'"),
        ("t,\n0,\n1,\n", "per: 1s", "ConfigMissing", "column", "write `stamps: true`"),
        ("t\n0\n1\n", "column: t", "ConfigConflict", "column", "'t' is the only column of 't.csv', which has no times"),
        (ROWS, "column: t", "TraceOrder", "file", "; name the times with `time: ...`"),
        (ROWS, "time: t, column: t", "ConfigConflict", "column", "is the column of times; name the times with `time: ...`"),
        ("t,a,b\n0,1,2\n", "", "ConfigMissing", "column", "'a', 'b'"),
        ("t,a,a\n0,1,2\n", "column: a", "TraceFormat", "file", "several columns named 'a'"),
        ("t\n0\n0\n", "", "ConfigMissing", "per", "each row is one request"),
        ("t,n\n0,4\n", "stamps: true", "ConfigMissing", "per", "each row is one request"),
        ("t,n\n0,4\n", "", "ConfigMissing", "per", "a single row does not say how long it lasts"),
        ("t\n0\n5\n4\n", "per: 1s", "TraceOrder", "file", "line 4: '4' should not come before '5'"),
        (ROWS, "stamps: true, column: 'n', per: 1s", "ConfigConflict", "column", "each row is one request"),
        (ROWS, "mean: 1/s, scale: 2", "ConfigConflict", "scale", "not both"),
        (ROWS.replace(",5", ",0"), "mean: 1/s", "ConfigRange", "mean", "no requests"),
        ("t,n\n0,1e-320\n1,0\n", "mean: 1e300/s", "ConfigRange", "mean", "computer"),
        (ROWS, "scale: 1e308", "ConfigRange", "scale", "computer"),
        (ROWS, f"sha256: {'0' * 63}a", "TraceChanged", "sha256", hashlib.sha256(ROWS.encode()).hexdigest()),
        (ROWS, "sha256: abc", "ConfigType", "sha256", "64 hexadecimal digits"),
        (ROWS, "beyond: loop", "ConfigChoice", "beyond", "'repeat', 'hold' or 'zero'"),
        (ROWS, "stamps: 1, per: 1s", "ConfigType", "stamps", "boolean"),
        ("t,n\n0,4\n1,4\n", "", "TraceTooShort", "beyond", "the trace lasts 2s and `horizon` is 1m: say what comes after it (repeat, hold or zero)"),
    ],
)
def test_a_wrong_key_is_refused_at_its_place(folder, text, rest, kind, key, said):
    problem = refused(folder, text, rest)
    assert (problem.kind, problem.path) == (kind, ("traffic", 0, key))
    assert said in problem.message and "''" not in problem.message
    given = f'  - {{kind: trace, file: "t.csv", {rest}'.find(f"{key}: ")
    assert problem.place
    if given > 0:  # a conflict stands at the key, and what else is wrong at the value
        assert problem.place in ((3, given + 1), (3, given + len(key) + 3))


@pytest.mark.parametrize(("text", "rest"), [("t,n\n0,1\n1e-9,1\n2e-9,1\n1e9,1\n", ""), ("t\n0\n1e9\n", "per: 1e-9s"), ("t\n0\n1e9\n", "per: 1e-320s")])
def test_rows_shorter_than_numbers_can_tell_are_refused(folder, text, rest):
    """To a computer 1e9 s and 1e-9 s more are the same time."""
    problem = refused(folder, text, rest)
    assert (problem.kind, "too short" in problem.message) == ("TraceValue", True)


def test_a_digest_may_be_written_in_capitals():
    digest = hashlib.sha256(ROWS.encode()).hexdigest()
    assert trace(ROWS, sha256=digest.upper()).sha256 == digest


def test_a_trace_as_long_as_the_run_needs_nothing_beyond(folder):
    """Three steps of 0.1 s from 0 are 0.30000000000000004 s, or a little less."""
    (source,) = case(folder, "t,n\n1e9,1\n1000000000.1,1\n1000000000.2,1\n", horizon="300ms").traffic
    assert isinstance(source, Trace)
    assert source.rows.length == pytest.approx(0.3)


def test_more_knots_than_a_machine_could_hold_are_refused(folder):
    """Two a second, over a hundred years of repeats."""
    assert refused(folder, ROWS.replace("5,5", "5,6"), "beyond: repeat", horizon="100y").kind == "ConfigLimit"


def test_more_rows_than_the_limit_are_refused(folder, monkeypatch):
    monkeypatch.setattr("simulator.recorded.series.MOST_ROWS", 10)
    assert (refused(folder, ROWS).kind, refused(folder).message) == ("TraceTooLarge", "'t.csv', line 12: more than 10 rows; give sums over longer intervals")


@pytest.mark.parametrize("line", ["\n", "\r", ",,,,\n"])
def test_more_lines_than_the_limit_are_refused_though_they_are_empty(folder, monkeypatch, line):
    monkeypatch.setattr("simulator.recorded.text.MOST_ROWS", 100)
    problem = refused(folder, "t,n\n0,1\n" + line * 1000)
    assert (problem.kind, "line 201: more than 200 lines" in problem.message) == ("TraceTooLarge", True)
    assert refused(folder, "\n" * 1000).kind == "TraceTooLarge"


@pytest.mark.skipif(not os.path.exists("/proc/self/pagemap"), reason="no /proc")
def test_a_file_that_is_longer_than_its_size_is_not_read_for_ever(folder, monkeypatch):
    """What the kernel makes up has size 0."""
    monkeypatch.setattr("simulator.recorded.recording.LARGEST", 1 << 20)
    (folder / "t.csv").symlink_to("/proc/self/pagemap")
    assert refused(folder, data=[Path("/proc")]).kind == "TraceTooLarge"


def test_an_immense_file_is_refused_unread(folder):
    """Ten gigabytes of nothing."""
    with (folder / "t.csv").open("wb") as file:
        file.truncate(10 << 30)
    assert refused(folder).kind == "TraceTooLarge"


def test_what_is_no_file_is_refused_and_not_waited_for(folder):
    os.mkfifo(folder / "t.csv")
    (folder / "u.csv").mkdir()
    (folder / "v.csv").symlink_to("v.csv")
    assert [refused(folder, file=file).kind for file in ("t.csv", "u.csv")] == ["FileNotRegular"] * 2
    assert refused(folder, file="v.csv").kind in ("FileNotFound", "FileNotRegular")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_refused(folder):
    (folder / "t.csv").write_text(ROWS)
    (folder / "t.csv").chmod(0)
    assert (refused(folder).kind, "ermission" in refused(folder).message) == ("FileNotRegular", True)


@pytest.mark.parametrize(
    ("columns", "kind", "said"),
    [
        ({"t": [0, 1, 1], "n": [1, 2, 3]}, "TraceOrder", "row 3: 1 should come after 1"),
        ({"t": [0, 1, 2], "n": [1, None, 3]}, "TraceValue", "row 2: the value of 'n' is empty; leave the row out"),
        ({"t": [0, 1, 2], "n": [1.0, math.nan, 3]}, "TraceValue", "row 2"),
        ({"t": [math.nan, 1.0], "n": [1, 2]}, "TraceValue", "row 1: cannot read nan as a time"),
        ({"t": [math.inf, 1.0], "n": [1, 2]}, "TraceValue", "row 1: cannot read inf as a time"),
        ({"t": [0.0, math.nan], "n": [1, 2]}, "TraceValue", "row 2: cannot read nan as a time"),
        ({"t": [True, False], "n": [1, 2]}, "TraceValue", "should hold times, not bool; name the times with `time: ...`"),
        ({"t": [0, None, 2], "n": [1, 2, 3]}, "TraceValue", "row 2: the time is empty"),
        ({"t": ["2026-06-01", "soon"], "n": [1, 2]}, "TraceValue", "row 2: cannot read 'soon' as a time"),
        ({"t": ["x" * 200, "soon"], "n": [1, 2]}, "TraceValue", "more than 100 characters"),
        ({"t": [0, 1], "n": ["1", "2"]}, "TraceValue", "should hold numbers, not string"),
        ({"t": [[0], [1]], "n": [1, 2]}, "TraceValue", "should hold times, not list"),
        ({"t": [], "n": []}, "TraceValue", "should hold times, not null"),
        ({"t": pa.array([], pa.int64()), "n": pa.array([], pa.int64())}, "TraceEmpty", "no rows"),
        ({}, "TraceEmpty", "no columns"),
    ],
)
def test_wrong_parquet_is_refused_with_its_row(folder, columns, kind, said):
    parquet.write_table(pa.table(columns), folder / "t.parquet")
    problem = refused(folder, file="t.parquet")
    assert (problem.kind, problem.path, said in problem.message) == (kind, ("traffic", 0, "file"), True)


def test_parquet_of_two_columns_with_one_name_is_refused(folder):
    parquet.write_table(pa.Table.from_arrays([pa.array([0, 1])] * 3, names=["t", "t", "n"]), folder / "t.parquet")
    assert "several columns named 't'" in refused(folder, None, "column: 'n'", "t.parquet").message


def test_parquet_is_measured_before_it_is_read(folder, monkeypatch):
    """A hundred thousand rows of one value take a few bytes, and more when unpacked."""
    parquet.write_table(pa.table({"t": range(100_000), "n": [7.5] * 100_000}), folder / "t.parquet")
    monkeypatch.setattr("simulator.recorded.parquet.LARGEST", (folder / "t.parquet").stat().st_size)
    assert (refused(folder, file="t.parquet").kind, "unpacks to" in refused(folder, file="t.parquet").message) == ("TraceTooLarge", True)
    monkeypatch.undo()
    monkeypatch.setattr("simulator.recorded.parquet.MOST_ROWS", 99_999)
    assert (refused(folder, file="t.parquet").kind, "100,000 rows" in refused(folder, file="t.parquet").message) == ("TraceTooLarge", True)


def test_damaged_parquet_is_refused_wherever_the_damage_is(folder):
    """One byte of each forty is turned over; a file that can still be read may be wrong in its values alone."""
    parquet.write_table(pa.table({"t": [f"2026-06-01T00:{n // 60:02}:{n % 60:02}" for n in range(3000)], "n": range(3000)}), folder / "good.parquet")
    whole = (folder / "good.parquet").read_bytes()
    for place in range(0, len(whole), max(1, len(whole) // 40)):
        (folder / "t.parquet").write_bytes(whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :])
        try:
            case(folder, None, "beyond: zero", "t.parquet")
        except ScenarioError as error:
            assert {problem.kind for problem in error.problems} <= {"TraceFormat", "TraceTooLarge", "TraceValue", "TraceOrder", "ConfigChoice", "ConfigMissing"}
    assert refused(folder, whole[:-7], file="t.parquet").kind == "TraceFormat"
    assert refused(folder, ROWS, file="t.parquet").kind == "TraceFormat"


@pytest.mark.parametrize("file", ["t.xlsx", "t", "t.pkl", ".", ""])
def test_what_is_no_table_is_refused_with_those_that_are(folder, file):
    problem = refused(folder, file=file)
    assert (problem.kind, ".csv, .tsv, .parquet" in problem.message) == ("TraceFormat", True)


# Where it may lie


@pytest.mark.parametrize(
    "file", ["../secret.csv", "/etc/passwd", "/etc/nothing.csv", "sub/../../secret.csv", "http://example.com/t.csv", "file:///etc/t.csv", "a\0b.csv"]
)
def test_a_path_that_leads_elsewhere_is_refused_whether_there_is_something_or_not(folder, file):
    (folder / "sub").mkdir()
    before = refused(folder, file=file)
    (folder.parent / "secret.csv").write_text(ROWS)
    assert before == refused(folder, file=file)
    assert (before.kind, before.path, before.place) == ("PathNotAllowed", ("traffic", 0, "file"), (3, 25))


def test_a_link_that_leads_elsewhere_is_refused(folder):
    (folder.parent / "secret.csv").write_text(ROWS)
    (folder / "t.csv").symlink_to(folder.parent / "secret.csv")
    (folder / "sub").symlink_to(folder.parent)
    for file in ("t.csv", "sub/secret.csv"):
        problem = refused(folder, file=file)
        assert (problem.kind, "--data FOLDER" in problem.message) == ("PathNotAllowed", True)


@pytest.mark.parametrize("file", ["$HOME/t.csv", "~/t.csv", "t.csv", "sub/t.csv", "%TEMP%.csv"])
def test_a_name_is_taken_as_it_stands_and_missed_in_every_folder(folder, tmp_path, file):
    (tmp_path / "data").mkdir()
    problem = refused(folder, file=file, data=[tmp_path / "data"])
    assert (problem.kind, f"{folder} or {tmp_path / 'data'}; name its folder with `--data FOLDER`" in problem.message) == ("FileNotFound", True)


def test_a_folder_of_data_is_allowed_by_any_path_that_leads_there(folder, tmp_path):
    """As a name, up and down again, as a whole path, and by a link; what lies beside the scenario comes first."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "t.csv").write_text(ROWS)
    (folder / "link.csv").symlink_to(data / "t.csv")
    for file in ("t.csv", "../data/t.csv", str(data / "t.csv"), "link.csv"):
        assert case(folder, file=file, data=[data]).offered("p")["web"](10) == 5
    (folder / "t.csv").write_text(ROWS.replace(",5", ",7"))
    assert case(folder, data=[data]).offered("p")["web"](10) == 7


@pytest.mark.parametrize("file", ["t.zip", "t.tar", "t.csv.gz", "t.tgz", "t.ZIP"])
def test_an_archive_is_refused(folder, file):
    with zipfile.ZipFile(folder / file, "w") as archive:
        archive.writestr("../t.csv", ROWS)
    problem = refused(folder, file=file)
    assert (problem.kind, "unpack it" in problem.message) == ("PathNotAllowed", True)


def test_a_link_is_read_as_what_its_own_name_says(folder):
    """As a scheduler would put `latest.csv` before a file of another name."""
    (folder / "0001.data").write_text(ROWS)
    (folder / "latest.csv").symlink_to("0001.data")
    assert case(folder, file="latest.csv").offered("p")["web"](10) == 5


# Runs and reports


TINY = """
name: tiny
horizon: 20m
replications: 12
failures: [{kind: outage, zone: a, at: 5m, lasts: 5m}]
traffic: [{kind: trace, file: t.csv, beyond: repeat}]
"""


@pytest.fixture
def tiny(folder: Path, tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "t.csv").write_text("t,n\n" + "".join(f"{60 * minute},{600 + 60 * minute}\n" for minute in range(15)))
    (folder / "tiny.yaml").write_text(TINY + WEB)
    return folder / "tiny.yaml"


def test_a_run_of_two_workers_is_that_of_one_and_its_report_is_renewed_without_the_trace(tiny, tmp_path):
    """The same bytes; then without the trace, which is not looked for again."""
    pages = []
    for jobs in (1, 2):
        scenario = load(tiny, data=[tmp_path / "data"])
        kept = RunFolder.for_run(scenario, tiny.read_bytes(), [], [], tmp_path / f"out{jobs}")
        with kept.locked():
            results = Experiment(scenario).run(jobs, kept)
            pages.append(write(results, kept).read_bytes())
            kept.finish(results.tables)
    shutil.rmtree(tmp_path / "data")
    again = CliRunner().invoke(app, ["report", str(tmp_path / "out2"), "--quiet"])
    assert (again.exit_code, again.output) == (0, "")
    pages.append((tmp_path / "out2" / "report.html").read_bytes())
    assert pages[0] == pages[1] == pages[2]
    assert b"sha256" not in pages[0].split(b"traffic[0].file")[1][:2000]


def test_a_run_that_was_stopped_goes_on_with_the_same_trace_only(tiny, tmp_path):
    """What is in the trace decides what a run is: another one is another run."""
    first = load(tiny, data=[tmp_path / "data"])
    kept = RunFolder.for_run(first, tiny.read_bytes(), [], [], tmp_path / "out")
    Experiment(first.model_copy(update={"replications": 10})).run(folder=kept)
    again = RunFolder.for_run(load(tiny, data=[tmp_path / "data"]), tiny.read_bytes(), [], [], tmp_path / "out")
    assert (again.has_part("part-p-00000"), again.has_part("part-p-00010")) == (True, False)
    (tmp_path / "data" / "t.csv").write_text(ROWS)
    with pytest.raises(ScenarioError, match="OutputExists"):
        RunFolder.for_run(load(tiny, data=[tmp_path / "data"]), tiny.read_bytes(), [], [], tmp_path / "out")


def test_the_command_line_names_folders_of_data(tiny, tmp_path):
    said = CliRunner().invoke(app, ["validate", str(tiny), "--data", str(tmp_path), "--data", str(tmp_path / "data"), "--json"])
    assert json.loads(said.output)["traffic"][0]["file"] == "t.csv"


@pytest.mark.parametrize("command", ["run", "validate"])
def test_a_folder_of_data_that_is_not_there_is_a_usage_error(tiny, tmp_path, command):
    error = CliRunner().invoke(app, [command, str(tiny), "--data", str(tmp_path / "nope")]).exception
    assert isinstance(error, ScenarioError)
    assert (error.exit_code, error.lines()) == (2, [f"data folder {str(tmp_path / 'nope')!r}: no such folder; name one that holds traces [Usage]"])
