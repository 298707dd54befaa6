"""`claif embed` from end to end."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from claif.testing import vector_of

from .conftest import HERE, Cli

METADATA = "Metadata-Version: 2.1\nName: claif-vectors\nVersion: 1.0\nRequires-Dist: claif>=2.0.0.dev0,<3\n"
ENTRY_POINTS = """\
[claif.providers]
fake = claif.testing.fake:FakeProvider
scripted = scripted_plugin:ScriptedProvider
"""


@pytest.fixture
def vectors(tmp_path: Path) -> Cli:
    folder = tmp_path / "plugins"
    info = folder / "claif_vectors-1.0.dist-info"
    info.mkdir(parents=True)
    shutil.copy(HERE / "scripted_plugin.py", folder)
    (info / "METADATA").write_text(METADATA)
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    cli = Cli(tmp_path, folder)
    cli.env["CLAIF_DEFAULT_PROVIDER"] = "fake"
    return cli


def rows(done) -> list[dict[str, object]]:
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_each_word_is_a_text_and_has_a_line_of_json(vectors):
    found = rows(vectors.run("embed", "one two", "three", "--json"))
    assert found == [
        {"index": 0, "text": "one two", "vector": list(vector_of("one two"))},
        {"index": 1, "text": "three", "vector": list(vector_of("three"))},
    ]


def test_for_people_there_is_a_table_and_beside_it_who_was_asked(vectors):
    done = vectors.run("embed", "one two", "evil\x1b[2J", "-m", "m-7")
    assert done.returncode == 0, done.stderr
    header, first, second = done.stdout.decode().splitlines()
    assert header.split("  ")[0] == "text"
    assert first.split()[:4] == ["one", "two", "8", "1.414"]
    assert "\x1b" not in second
    assert b"2 texts by fake, model m-7, 3 tokens" in done.stderr


def test_standard_input_is_one_text_or_with_lines_many(vectors):
    piped = b"one two\r\n\n  \nthree\n"
    assert [row["text"] for row in rows(vectors.run("embed", "--json", stdin=piped))] == ["one two\r\n\n  \nthree\n"]
    found = rows(vectors.run("embed", "--json", "--lines", stdin=piped))
    assert [(row["index"], row["text"]) for row in found] == [(0, "one two"), (1, "three")]


def test_words_come_before_files_and_standard_input_where_it_is_named(vectors):
    (vectors.folder / "b.txt").write_text("from b\nagain")
    (vectors.folder / "a.txt").write_text("from a")
    asked = ("embed", "word", "-f", "-", "-f", "*.txt", "--json")
    found = rows(vectors.run(*asked, stdin=b"piped"))
    assert [row["text"] for row in found] == ["word", "piped", "from a", "from b\nagain"]
    found = rows(vectors.run(*asked, "--lines", stdin=b"piped"))
    assert [row["text"] for row in found] == ["word", "piped", "from a", "from b", "again"]


def test_standard_input_is_left_alone_where_there_is_another_text(vectors):
    assert [row["text"] for row in rows(vectors.run("embed", "word", "--json", stdin=b"piped"))] == ["word"]


def test_texts_are_ranked_by_likeness_to_one(vectors):
    asked = ("embed", "--lines", "--similar", "one two three")
    piped = b"nine\none two\none two three\n"
    done = vectors.run(*asked, stdin=piped)
    assert done.returncode == 0, done.stderr
    lines = [line.split(maxsplit=1) for line in done.stdout.decode().splitlines()]
    assert [line[1] for line in lines] == ["text", "one two three", "one two", "nine"]
    assert [line[0] for line in lines[:2]] == ["similarity", "1.000"]
    found = rows(vectors.run(*asked, "--json", stdin=piped))
    assert [(row["index"], row["text"]) for row in found] == [(2, "one two three"), (1, "one two"), (0, "nine")]
    assert [set(row) for row in found] == [{"index", "text", "similarity"}] * 3
    assert found[0]["similarity"] == pytest.approx(1.0)


def test_dimensions_and_the_provider_are_as_asked(vectors):
    [row] = rows(vectors.run("embed", "a", "--dimensions", "3", "-p", "fake/m-1", "--json"))
    assert row["vector"] == list(vector_of("a", 3))


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "There is no text to embed."),
        (("--lines",), 2, "There is no text to embed."),
        (("a", ""), 2, "Text 2 of 2 is blank."),
        (("a", "-f", "absent.txt"), 2, "There is no file 'absent.txt'."),
        (("-f", "-", "-f", "-"), 2, "Standard input can be read only once."),
        (("-f", "picture.png"), 2, "'picture.png' is no text."),
        (("a", "--dimensions", "0"), 2, "'0' is no number of dimensions."),
        (("a", "--timeout", "0"), 2, "The option timeout takes a number of seconds above 0"),
        (("a", "-p", "scripted"), 2, "The provider scripted makes no embeddings."),
        (("a", "-p", "nobody"), 4, "The provider nobody is not known."),
    ],
)
def test_what_cannot_be_done_is_said_with_its_exit_code(vectors, arguments, code, said):
    (vectors.folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    done = vectors.run("embed", *arguments, stdin=b"")
    assert (done.returncode, done.stdout) == (code, b"")
    assert said in done.stderr.decode()


def test_an_error_is_json_where_json_was_wished(vectors):
    done = vectors.run("embed", "a", "-p", "scripted", "--json")
    assert done.returncode == 2
    error = json.loads(done.stdout)
    assert (error["error"], error["provider"]) == ("InvalidQueryError", "scripted")
    assert "claif providers status" in error["hint"]


def test_providers_that_can_are_found_by_their_capabilities(vectors):
    listed = json.loads(vectors.run("providers", "status", "--json").stdout)
    able = {one["name"] for one in listed if "embeddings" in one["capabilities"]}
    assert "fake" in able
    assert "scripted" not in able


def test_help_teaches(vectors):
    text = vectors.run("embed", "--help").stdout.decode()
    for taught in ("--similar", "cosine", "--lines", "embedding_model", '"vector"'):
        assert taught in text


def test_on_a_terminal_json_lines_stay_lines(vectors):
    with vectors.terminal("embed", "one two", "three", "--json", columns=400) as terminal:
        assert terminal.end() == 0
        assert [json.loads(line)["index"] for line in terminal.text.splitlines()] == [0, 1]
