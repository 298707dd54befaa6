"""Tests of the project and of its plugins run under the test kit that Claif gives to plugin authors."""

from __future__ import annotations

pytest_plugins = ["claif.testing.pytest_plugin"]
