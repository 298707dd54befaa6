"""A program that measures writes its own section of the page of results and leaves the others as they are."""

from __future__ import annotations

from pathlib import Path

from section import other_sections, read_section, write_section

ABOVE = "# Results\n\n| a | b |\n\n## How\n\n- so\n"


def test_a_new_section_comes_last_and_an_old_one_is_replaced_where_it_stands(tmp_path: Path) -> None:
    page = tmp_path / "RESULTS.md"
    page.write_text(ABOVE)
    write_section("Fuzzing", "one", page)
    write_section("Mutation testing", "two", page)
    write_section("Fuzzing", "\nthree\n\n", page)
    assert page.read_text() == f"{ABOVE}\n## Fuzzing\n\nthree\n\n## Mutation testing\n\ntwo\n"
    assert read_section("Fuzzing", page).strip() == "## Fuzzing\n\nthree"
    assert read_section("How", page).strip() == "## How\n\n- so"
    assert read_section("Nothing", page) == ""


def test_a_blank_line_that_was_lost_before_the_next_section_comes_back(tmp_path: Path) -> None:
    page = tmp_path / "RESULTS.md"
    page.write_text(f"{ABOVE}\n## Fuzzing\n\none\n## Mutation testing\n\ntwo\n")
    assert other_sections(page) == "## Fuzzing\n\none\n\n## Mutation testing\n\ntwo"
    write_section("Fuzzing", "one", page)
    assert page.read_text() == f"{ABOVE}\n## Fuzzing\n\none\n\n## Mutation testing\n\ntwo\n"


def test_a_page_that_is_not_there_is_begun(tmp_path: Path) -> None:
    page = tmp_path / "RESULTS.md"
    assert (read_section("Fuzzing", page), other_sections(page)) == ("", "")
    write_section("Fuzzing", "one", page)
    assert page.read_text() == "# Benchmark results\n\n## Fuzzing\n\none\n"
