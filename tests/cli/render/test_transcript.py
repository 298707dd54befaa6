"""Nothing is shown twice, and nothing that was withdrawn stays."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from claif.cli.render.transcript import Step, Transcript
from claif.models import Finished, Message, Role, Started, TextDelta, TextReset, ToolResult, ToolResultBlock

TEXTS = st.text("ab", max_size=3)
EVENTS = st.lists(
    st.one_of(
        TEXTS.map(TextDelta),
        TEXTS.map(TextReset),
        TEXTS.map(Message.assistant),
        st.just(Started("x")),
        st.just(Finished()),
        st.just(Message(Role.TOOL, "tool text")),
    )
)


def steps(*events):
    transcript = Transcript()
    return [step for event in events for step in transcript.take(event)]


def test_deltas_are_written_and_a_message_that_repeats_them_adds_nothing():
    assert steps(TextDelta("He"), TextDelta("llo"), Message.assistant("Hello")) == [
        Step("write", "He"),
        Step("write", "llo"),
        Step("end"),
    ]


def test_a_message_without_deltas_is_written():
    assert steps(Message.assistant("Hello")) == [Step("write", "Hello"), Step("end")]


def test_of_a_message_that_goes_on_only_the_rest_is_written():
    assert steps(TextDelta("He"), Message.assistant("Hello")) == [
        Step("write", "He"),
        Step("write", "llo"),
        Step("end"),
    ]


def test_a_message_that_says_something_else_supersedes_the_deltas():
    kinds = [step.kind for step in steps(TextDelta("secret"), Message.assistant("[redacted]"))]
    assert kinds == ["write", "withdraw", "write", "end"]


def test_a_message_without_text_withdraws_the_deltas():
    assert [step.kind for step in steps(TextDelta("secret"), Message.assistant(""))] == ["write", "withdraw"]


def test_a_reset_withdraws_what_was_shown_and_nothing_if_nothing_was():
    assert steps(TextReset("why")) == []
    assert steps(TextDelta("x"), TextReset("why"), TextReset("again")) == [
        Step("write", "x"),
        Step("withdraw", "why"),
    ]


def test_the_messages_of_tools_are_not_the_answer():
    assert steps(Message(Role.TOOL, "x"), ToolResult(ToolResultBlock("1", "x"))) == []


@given(EVENTS)
def test_what_stays_is_the_text_of_the_complete_messages_and_the_open_deltas(events):
    """A screen that obeys the steps shows what a reader of the events would collect."""
    shown, open_text = [], ""
    for step in steps(*events):
        if step.kind == "write":
            open_text += step.text
        elif step.kind == "withdraw":
            open_text = ""
        else:
            shown.append(open_text)
            open_text = ""
    expected, deltas = [], ""
    for event in events:
        if isinstance(event, TextDelta):
            deltas += event.text
        elif isinstance(event, TextReset):
            deltas = ""
        elif isinstance(event, Message) and event.role is Role.ASSISTANT:
            expected += [event.text] if event.text else []
            deltas = ""
    assert (shown, open_text) == (expected, deltas)


@given(TEXTS, TEXTS)
def test_a_partial_answer_is_shown_as_far_as_it_came(deltas, partial):
    transcript = Transcript()
    transcript.take(TextDelta(deltas))
    text = deltas
    for step in transcript.complete(partial):
        text = "" if step.kind == "withdraw" else text + step.text
    assert text == partial
