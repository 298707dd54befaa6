"""What is shown has no secret in it, and a reference as it was written."""

from __future__ import annotations

from claif.config.show import as_text, nested, show, show_one

USER = """
[providers.a]
api_key = "sk-canary-1"
token = "sk-canary-2"
model = "${MODEL}"
options = {nested = {password = "sk-canary-3"}, list = [{secret = "sk-canary-4"}], user = "${USER_TOKEN}"}
[providers.b]
api_key = "${B_KEY}"
[providers.c]
api_key = "${C_KEY}"
"""
ENVIRON = {
    "MODEL": "m-1",
    "USER_TOKEN": "sk-canary-5",
    "B_KEY": "sk-canary-6",
    "CLAIF_PROVIDERS__D__API_KEY": "sk-canary-7",
}


def test_no_secret_is_shown_in_any_form(read):
    config = read(USER, environ=ENVIRON).build()
    rows = show(config)
    text = str([(row.name, row.value, row.text, row.to_dict()) for row in rows]) + str(nested(rows))
    text += str(
        [show_one(config, name) for name in ("providers", "providers.a", "providers.a.options.nested.password")]
    )
    assert "canary" not in text
    assert text.count("********") > 5


def test_a_reference_is_shown_as_written_and_a_missing_one_as_not_set(read):
    config = read(USER, environ=ENVIRON).build()
    assert show_one(config, "providers.a.model") == "${MODEL}"
    assert show_one(config, "providers.b.api_key") == "${B_KEY}"
    assert show_one(config, "providers.c.api_key") == "${C_KEY} (not set)"


def test_what_overrules_a_reference_is_shown_itself(read):
    config = read(USER, environ={**ENVIRON, "CLAIF_PROVIDERS__A__MODEL": "other"}).build()
    assert show_one(config, "providers.a.model") == "other"


def test_tables_come_back_as_in_the_file(read):
    rows = show(read('[providers."x.y"]\nmodel = "m"').build())
    assert nested(rows)["providers"] == {"x.y": {"model": "m"}}
    assert nested(rows)["general"]["timeout"] == 600.0


def test_values_are_written_for_people():
    assert [as_text(value) for value in (["a", "b"], True, 30.0, 0.25, None, {}, "x", 7)] == [
        "a, b",
        "true",
        "30",
        "0.25",
        "",
        "",
        "x",
        "7",
    ]
