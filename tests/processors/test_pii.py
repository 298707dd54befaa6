"""Personal data is found wherever a person would see it, and what only looks like it stays."""

from __future__ import annotations

from itertools import pairwise
from time import process_time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from claif.processors.pii import LONGEST, Found, finder, undecided
from claif.processors.pii_forms import KINDS
from claif.processors.redact_pii import Redactor


def redacted(text: str, *kinds: str) -> str:
    redactor = Redactor(kinds or KINDS)
    return redactor.feed(text) + redactor.end()


EMAILS = [
    "jane@example.com",
    "jane.doe+news@mail.example.co.uk",
    "j_d%x@a-b.museum",
    "jöse@bücher.de",
    "josé@example.com",
    "x@xn--bcher-kva.xn--p1ai",
]
IBANS = ["DE89370400440532013000", "DE89 3704 0044 0532 0130 00", "GB82 WEST 1234 5698 7654 32", "nl91abna0417164300"]
CARDS = ["4111111111111111", "4111 1111 1111 1111", "5500-0000-0000-0004", "378282246310005", "3782 822463 10005"]
SSNS = ["123-45-6789", "123 45 6789"]
IPS = ["192.168.1.100", "8.8.8.8", "2001:db8::8a2e:370:7334", "fe80::1", "::ffff:192.0.2.1", "2001:0db8:0:0:0:0:0:0001"]
PHONES = [
    "+4917012345678",
    "+49 (0) 170 1234567",
    "+1 (415) 555-2671",
    "0044 20 7946 0958",
    "(212) 555-0123",
    "212-555-0123",
    "1-212-555-0123",
    "212.555.0123",
    "0170 1234567",
    "030/12345678",
    "06 12 34 56 78",
    "020 7946 0958",
    "(11) 91234-5678",
    "13812345678",
    "98765 43210",
    "+49\u00a0170\u00a01234567",
    "212\u2011555\u20110123",
]
ALL = [
    *((text, "email") for text in EMAILS),
    *((text, "iban") for text in IBANS),
    *((text, "card") for text in CARDS),
    *((text, "ssn") for text in SSNS),
    *((text, "ip") for text in IPS),
    *((text, "phone") for text in PHONES),
]


@pytest.mark.parametrize(("text", "kind"), ALL)
@pytest.mark.parametrize("around", ["{}", "It is {}.", "({})", "x: {},", "<{}>", "{}\n", "\t{} and"])
def test_it_is_found(text: str, kind: str, around: str) -> None:
    assert redacted(around.format(text)) == around.format(f"[{kind}]")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@handle and user@localhost, mail@",
        "2024-01-02 03:04:05.123456",
        "01.02.2024 12:30",
        "1,012,345,678",
        "3.14159265358979 and 0.1234567890123",
        "1700000000 and 1700000000000",
        "4111 1111 1111 1112",
        "DE88370400440532013000 and XX89 3704",
        "000-12-3456 and 123-00-4567 and 987-65-4321",
        "12:34:56 and a[1::2] and b[::2] and std::vector and 00:1b:44:11:3a:b7",
        "127.0.0.1:8080, 0.0.0.0, ::1 and 256.1.1.1 and 1.2.3.4.5",
        "+12345678901234567890",
        "12345678901234567890123",
        "1 2 3 4 5 6 7 8 9",
        "x = y + 3; C++20; 100-200",
    ],
)
def test_what_is_no_personal_data_stays(text: str) -> None:
    assert redacted(text) == text


def test_the_part_that_is_one_is_found_within_more() -> None:
    assert redacted("4111 1111 1111 1111 123") == "[card] 123"
    assert redacted("+49 170 1234567 2024") == "[phone] 2024"
    assert redacted("jane@example.com2nd") == "[email]2nd"
    assert redacted("....jane@example.com.") == "....[email]."
    assert redacted("https://x.example/?m=jane@example.com&y=1") == "https://x.example/?m=[email]&y=1"
    assert redacted("[2001:db8::1]:443, 10.0.0.0/8") == "[[ip]]:443, [ip]/8"
    assert redacted("DE89370400440532013000EUR") == "[iban]EUR"


def test_several_are_found_side_by_side() -> None:
    assert redacted("jane@example.com,joe@example.com 8.8.8.8 212-555-0123") == "[email],[email] [ip] [phone]"


@pytest.mark.parametrize("kind", KINDS)
def test_only_what_is_asked_for_is_found(kind: str) -> None:
    for sample, its in ALL:
        if its == kind:
            assert redacted(f"a {sample} b", kind) == f"a [{kind}] b"
        else:
            assert f"[{its}]" not in redacted(sample, kind)


@pytest.mark.parametrize("text", ["jane@e", "jane@example.", "jane@localhost"])
def test_an_address_that_the_end_of_the_text_cuts_off_is_found_too(text: str) -> None:
    assert redacted(f"to {text}") == "to [email]"
    assert redacted(f"to {text}", "ip") == f"to {text}"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("card 4111 1111 11", "card [cut off]"),
        ("IBAN DE89 37", "IBAN [cut off]"),
        ("at 2001:d", "at [cut off]"),
        ("to jane@exam", "to [email]"),
        ("just a wor", "just a wor"),
        ("it is 12, and", "it is 12, and"),
        ("", ""),
    ],
)
def test_of_a_text_that_an_error_cuts_off_no_begun_number_is_shown(text: str, shown: str) -> None:
    redactor = Redactor()
    assert redactor.feed(text) + redactor.end(cut=True) == shown


def test_where_it_begins_and_ends_is_told() -> None:
    find = finder(KINDS).find
    assert find("to jane@example.com", 0, 99) == Found(3, 19, "email")
    assert find("to jane@example.com", 0, 3) is None
    assert find("to jane@example.com", 4, 99) is None
    assert finder(("email",), addresses=False).find("to jane@example.com", 0, 99) is None


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("Hello there. ", ""),
        ("Hello there", "there"),
        ("call 0170 ", "0170 "),
        ("to jane@exam", "jane@exam"),
        ("DE89 3704", "DE89 3704"),
        ("x" * 65, ""),
        ("in 2024,", ""),
    ],
)
def test_only_what_may_become_something_is_undecided(text: str, held: str) -> None:
    assert text[undecided(text, 0) :] == held


SPICE = st.sampled_from([sample for sample, _ in ALL])
MESSY = st.text("aZ0123456789@.:-+() \n\u00a0_fF", max_size=12)
TEXTS = st.lists(st.one_of(SPICE, MESSY, st.text(max_size=5)), max_size=8).map("".join)


def chunks(text: str, cuts: list[int]) -> list[str]:
    places = sorted({0, len(text), *[cut % (len(text) + 1) for cut in cuts]})
    return [text[begin:end] for begin, end in pairwise(places)]


@given(TEXTS, st.lists(st.integers(0, 500), max_size=30))
@example("4111 1111 1111 1111 12", [*range(30)])
@example("jane@example.co.uk.", [*range(30)])
def test_the_result_does_not_depend_on_where_the_text_is_cut(text: str, cuts: list[int]) -> None:
    redactor = Redactor()
    pieces = [redactor.feed(piece) for piece in chunks(text, cuts)]
    assert "".join([*pieces, redactor.end()]) == redacted(text)


@given(TEXTS)
def test_letter_by_letter_it_is_the_same_and_little_is_held_back(text: str) -> None:
    redactor, held = Redactor(), 0
    out = ""
    for letter in text:
        out += redactor.feed(letter)
        held = max(held, len(redactor._held))
    assert held <= LONGEST
    assert out + redactor.end() == redacted(text)


WORDS = st.text("abc ", max_size=10)


@given(WORDS, st.sampled_from(ALL), WORDS, st.integers(1, 7))
def test_no_prefix_of_what_is_shown_has_it(before: str, sample: tuple[str, str], after: str, size: int) -> None:
    text, kind = sample
    whole = f"{before} {text}\n{after}"
    redactor, shown = Redactor(), ""
    for place in range(0, len(whole), size):
        shown += redactor.feed(whole[place : place + size])
        assert text[:-1] not in shown
    assert shown + redactor.end() == f"{before} [{kind}]\n{after}"


@given(TEXTS)
def test_what_was_redacted_stays_as_it_is(text: str) -> None:
    once = redacted(f"{text}\n")
    assert len(redacted(once)) <= len(once) + 8


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "a.",
        "a@",
        "x@a.",
        "(1",
        "+",
        ":",
        "ab:cd:",
        "1.2.3.",
        "1 ",
        "4111 1111 1111 1112 ",
        "DE88 3704 0044 0532 01 ",
        "ab12 ",
        "0_",
        "x@a.b.",
        ": 190::f0",
    ],
)
def test_hostile_text_takes_linear_time(unit: str) -> None:
    """Twice the text takes about twice the time, also in small pieces."""

    def seconds(length: int) -> float:
        text = unit * (length // len(unit))
        redactor, began = Redactor(), process_time()
        redactor.feed(text)
        redactor.end()
        for place in range(0, length // 10, 7):
            redactor.feed(text[place : place + 7])
        return process_time() - began

    small = min(seconds(30_000) for _ in range(3))
    assert min(seconds(120_000) for _ in range(3)) < 12 * small + 0.5
