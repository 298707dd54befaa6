"""`claif usage`, `--tag`, and costs in the footer and in tables."""

from __future__ import annotations

import csv
import io
import json
import resource
import time
from datetime import UTC, datetime

import pytest

from claif.cli import bars
from claif.cli.bars import bar
from claif.cli.money import dollars
from claif.cli.usage_table import budget_table, cost_text, sums_table, to_csv, unknown_line
from claif.cli.usage_time import time_of
from claif.errors import InvalidQueryError

USAGE = {"type": "usage", "usage": {"input_tokens": 1000, "output_tokens": 100}}
CONFIG = """\
[prices."scripted/small"]
input = 1.0
output = 100.0
[budget]
month = 20.0
"""
NOON = 1_795_780_800.0


def asked(cli):
    """A home with a call of known and one of unknown cost."""
    cli.config(CONFIG).script("Yes.", USAGE)
    for arguments in (("-m", "small", "--tag", "work"), ("-m", "large")):
        done = cli.run("query", "hi", "-v", *arguments)
        assert done.returncode == 0, done.stderr
    return done


def test_a_call_is_written_down_and_found_again(cli):
    done = asked(cli)
    assert "cost unknown" in done.stderr.decode()
    found = json.loads(cli.run("usage", "--by", "tag", "--json").stdout)
    assert [(row["name"], row["calls"], row["input_tokens"], row["unknown"]) for row in found["rows"]] == [
        ("work", 1, 1000, 0),
        (None, 1, 1000, 1),
    ]
    assert found["rows"][0]["cost"] == found["total"]["cost"] == pytest.approx(0.011)
    assert found["budgets"] == [
        {
            "scope": "all",
            "name": None,
            "period": "month",
            "setting": "budget.month",
            "spent": pytest.approx(0.011),
            "limit": 20.0,
        }
    ]


def test_the_table_says_what_is_known_and_what_is_not(cli):
    asked(cli)
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    done = cli.run("usage")
    lines = done.stdout.decode().splitlines()
    assert lines[0].split() == ["DAY", "CALLS", "IN", "OUT", "COST"]
    assert lines[1].split() == [today, "2", "2,000", "200", "≥", "$0.0110"]
    assert lines[2].split() == ["total", "2", "2,000", "200", "≥", "$0.0110"]
    assert lines[3:] == ["", "BUDGET    SPENT      OF", "month   $0.0110  $20.00  0 %"]
    assert done.stderr.decode() == "The cost of one call is not known, or not all of it.\n"


def test_the_footer_of_a_query_has_its_cost(cli):
    cli.config(CONFIG).script("Yes.", USAGE)
    done = cli.run("query", "hi", "-v", "-m", "small")
    assert "· $0.0110 ·" in done.stderr.decode()
    assert json.loads(cli.run("query", "hi", "--json", "-m", "small").stdout)["usage"]["cost"] == pytest.approx(0.011)


def test_calls_are_listed_with_the_latest_first(cli):
    asked(cli)
    rows = json.loads(cli.run("usage", "calls", "--json").stdout)
    assert [(row["model"], row["tag"], row["cost_known"], row["state"]) for row in rows] == [
        ("large", None, False, "done"),
        ("small", "work", True, "done"),
    ]
    assert len(json.loads(cli.run("usage", "calls", "-n", "1", "--json").stdout)) == 1
    lines = cli.run("usage", "calls").stdout.decode().splitlines()
    assert lines[0].split() == [
        *("TIME", "(UTC)", "PROVIDER", "MODEL", "IN", "OUT", "COST", "FIRST", "TOTAL", "TAG", "STATE"),
    ]
    assert lines[1].split()[2:7] == ["scripted", "large", "1,000", "100", "unknown"]
    assert lines[2].split()[2:7] == ["scripted", "small", "1,000", "100", "$0.0110"]


def test_a_table_for_spreadsheets(cli):
    asked(cli)
    rows = list(csv.DictReader(io.StringIO(cli.run("usage", "--by", "model", "--csv").stdout.decode())))
    assert [(row["model"], row["calls"], row["unknown"]) for row in rows] == [("small", "1", "0"), ("large", "1", "1")]


def test_the_path_is_that_of_the_file(cli):
    asked(cli)
    path = cli.run("usage", "path").stdout.decode().strip()
    assert path == str(cli.folder / "home" / "ledger.db")
    with open(path, "rb") as file:
        assert file.read(15) == b"SQLite format 3"


def test_a_call_beyond_the_budget_is_refused_with_what_to_do(cli):
    cli.config(CONFIG.replace("month = 20.0", "day = 0.001")).script("Yes.", USAGE)
    done = cli.run("query", "hi", "-m", "small")
    assert done.returncode == 13
    assert "the budget of a day" in done.stderr.decode()
    assert "claif config set budget.day" in done.stderr.decode()
    assert json.loads(cli.run("usage", "--json").stdout)["total"]["errors"] == 1


def test_budgets_and_prices_are_set_by_their_dotted_names(cli):
    cli.config("")
    for name, value in (
        ("budget.day", "5"),
        ("budget.tags.work.month", "2.5"),
        ('prices."openai/gpt-5-mini".input', "0.25"),
        ("ledger.keep", "30d"),
    ):
        done = cli.run("config", "set", name, value)
        assert done.returncode == 0, done.stderr
    text = (cli.folder / "home" / "config.toml").read_text()
    assert "day = 5\n" in text
    assert b"budget.tags.work.month" in cli.run("config", "show").stdout
    assert cli.run("config", "get", "budget.tags.work.month").stdout.decode().strip() == "2.5"
    assert cli.run("config", "get", "budget.warn").stdout.decode().strip() == "0.8"
    refused = cli.run("config", "set", "budget.day", "-1")
    assert refused.returncode == 3
    assert b"must be a number greater than 0" in refused.stderr
    assert cli.run("config", "set", "budget.dya", "1").returncode == 3


def test_nothing_is_written_down_where_the_user_wants_none(cli):
    cli.config("[ledger]\nenabled = false\n").script("Yes.", USAGE)
    assert cli.run("query", "hi").returncode == 0
    assert not (cli.folder / "home" / "ledger.db").exists()
    done = cli.run("usage")
    assert (done.returncode, done.stdout) == (0, b"")
    assert "no calls" in done.stderr.decode()
    done = cli.run("usage", "calls")
    assert (done.returncode, done.stdout) == (0, b"")


def test_a_time_that_is_none_is_said_so(cli):
    done = cli.run("usage", "--since", "yesterday")
    assert done.returncode == 2
    assert "'yesterday' is no time" in done.stderr.decode()


def test_bars_fit_the_terminal_and_colours_can_be_left_out(cli):
    asked(cli)
    for columns, env in ((60, {}), (120, {"NO_COLOR": "1"})):
        with cli.terminal("usage", columns=columns, **env) as terminal:
            assert terminal.end() == 0
            screen = terminal.seen.decode()
        assert "█" in screen
        assert ("\x1b[" in screen) is not bool(env)
        assert max(len(line) for line in terminal.text.splitlines()) <= columns


@pytest.mark.parametrize(
    ("share", "unicode", "expected"),
    [
        (0, True, ""),
        (-1, True, ""),
        (1, True, "█" * 10),
        (7, True, "█" * 10),
        (0.5, True, "█" * 5),
        (0.55, True, "█████▌"),
        (0.0001, True, "▏"),
        (0.0001, False, "#"),
        (0.5, False, "#####"),
        (1, False, "#" * 10),
    ],
)
def test_a_bar_is_as_long_as_its_share(share, unicode, expected):
    assert bar(share, 10, unicode=unicode) == expected


def test_bars_are_left_out_where_there_is_no_room(monkeypatch):
    monkeypatch.setattr(bars, "is_terminal", lambda _stream: True)
    monkeypatch.setenv("COLUMNS", "20")
    assert bars.with_bars(["x" * 14], [1.0]) == ["x" * 14]
    monkeypatch.setenv("COLUMNS", "30")
    (line,) = bars.with_bars(["x" * 14], [1.0])
    assert len(line) == 30


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "$0.00"),
        (0.00001, "<$0.0001"),
        (0.00005, "$0.0001"),
        (0.1234567, "$0.1235"),
        (1, "$1.00"),
        (1234.567, "$1,234.57"),
    ],
)
def test_amounts_are_as_exact_as_people_want_them(amount, text):
    assert dollars(amount) == text


@pytest.mark.parametrize(
    ("cost", "unknown", "calls", "text"),
    [(1.5, 0, 3, "$1.50"), (1.5, 1, 3, "$1.50"), (0, 3, 3, "unknown"), (0, 1, 3, "$0.00"), (0, 0, 3, "$0.00")],
)
def test_a_cost_of_which_a_part_is_unknown_is_at_least_so_much(cost, unknown, calls, text):
    found = cost_text(cost, unknown, calls)
    assert found.endswith(text)
    assert found.removesuffix(text) in ({"≥ ", ">= "} if unknown and text != "unknown" else {""})


def test_unknown_costs_are_counted():
    assert unknown_line({"unknown": 0}) is None
    assert unknown_line({"unknown": 1200}) == "The cost of 1,200 calls is not known, or not all of it."


def test_no_name_drives_the_terminal_or_a_spreadsheet():
    row = {"name": "\x1b[31m=evil", "calls": 1, "errors": 0, "cached": 0, "input_tokens": 1, "output_tokens": 1}
    row |= {"cached_tokens": 0, "cost": 1.0, "unknown": 0}
    assert "\x1b" not in sums_table("model", [row], row)
    assert "'=evil" in to_csv("model", [row])
    budget = {"name": "\x1b[2Jx", "scope": "tag", "period": "day", "spent": 1.0, "limit": 2.0}
    assert "\x1b" not in budget_table([budget])


@pytest.mark.parametrize(
    ("text", "end", "seconds"),
    [
        ("7d", False, NOON - 7 * 86_400),
        ("12h", True, NOON - 12 * 3600),
        ("2026-11-27", False, NOON - 12 * 3600),
        ("2026-11-27", True, NOON + 12 * 3600),
    ],
)
def test_times_are_days_or_how_long_ago(text, end, seconds):
    assert time_of(text, NOON, end=end) == seconds


@pytest.mark.parametrize("text", ["", "x", "2026-13-01", "9999-12-31", "7 weeks", "-1d"])
def test_other_texts_are_no_times(text):
    if text == "9999-12-31":
        with pytest.raises(InvalidQueryError):
            time_of(text, NOON, end=True)
        return
    with pytest.raises(InvalidQueryError):
        time_of(text, NOON)


def test_a_hundred_thousand_calls_are_added_up_within_a_second_or_so(cli):
    from ledger.support import a_call

    from claif.database.file import connect
    from claif.ledger.tables import LEDGER
    from claif.ledger.work import _PUT, row_of

    cli.config("")
    db = connect(cli.folder / "home" / "ledger.db", LEDGER)
    db.execute("BEGIN")
    for number in range(100_000):
        db.execute(_PUT, (*row_of(a_call(f"p{number % 3}", now=time.time() - number)), "o", 1))
    db.execute("COMMIT")
    db.close()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = cli.run("usage", "--by", "provider")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 3
    assert "100,000" in done.stdout.decode()
