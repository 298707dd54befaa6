"""Errors carry what a user and a program need, travel between processes, and never lose the partial answer."""

from __future__ import annotations

import builtins
import copy
import pickle

import pytest

from claif import errors
from claif.models import Message


def every_error() -> list[type[errors.ClaifError]]:
    found, todo = [], [errors.ClaifError]
    while todo:
        found.append(todo.pop())
        todo.extend(found[-1].__subclasses__())
    return [cls for cls in found if cls.__module__ == "claif.errors"]


@pytest.mark.parametrize("cls", every_error(), ids=lambda cls: cls.__name__)
def test_every_error_survives_pickle_and_copy_with_its_payload(cls: type[errors.ClaifError]) -> None:
    error = cls("it broke", hint="mend it")
    error.provider, error.status, error.retry_after = "p", 429, 1.5
    error.partial = Message.assistant("half an ans")
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(again) is cls
        assert str(again) == "it broke"
        assert again.__dict__ == error.__dict__


@pytest.mark.parametrize("cls", every_error(), ids=lambda cls: cls.__name__)
def test_every_error_has_a_json_form_and_an_exit_code(cls: type[errors.ClaifError]) -> None:
    data = cls("it broke").to_dict()
    assert data["type"] == "error"
    assert data["error"] == cls.__name__
    assert data["message"] == "it broke"
    assert 0 < cls.exit_code < 126
    assert data["exit_code"] == cls.exit_code


@pytest.mark.parametrize("name", ["ConnectionError", "TimeoutError", "PermissionError"])
def test_errors_with_a_builtin_name_are_caught_by_the_builtin(name: str) -> None:
    with pytest.raises(getattr(builtins, name)):
        raise getattr(errors, name)("gone", provider="p")


def test_the_json_form_has_only_what_is_known() -> None:
    assert "status" not in errors.ProviderError("x").to_dict()
    data = errors.RateLimitError("slow down", provider="p", status=429, retry_after=2.0, request_id="r1").to_dict()
    assert (data["provider"], data["status"], data["retry_after"], data["request_id"]) == ("p", 429, 2.0, "r1")
    assert data["retryable"] is True


def test_a_partial_answer_is_in_the_json_form() -> None:
    assert errors.TimeoutError("late", partial=Message.assistant("half")).to_dict()["partial"] == "half"


def test_a_configuration_error_lists_its_problems() -> None:
    error = errors.InvalidConfigError("bad", problems=("a: wrong", "b: wrong"))
    assert error.to_dict()["problems"] == ["a: wrong", "b: wrong"]
    assert pickle.loads(pickle.dumps(error)).problems == ("a: wrong", "b: wrong")


def test_the_class_decides_what_is_retryable_unless_the_error_knows_better() -> None:
    assert errors.ConnectionError("x").retryable
    assert not errors.ProtocolError("x").retryable
    assert errors.ProviderRuntimeError("x", retryable=True).retryable
