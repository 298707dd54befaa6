"""Claif as in `claif_route`, with a route that also hedges."""

from __future__ import annotations

from functools import partial

from claif_route import ROUTE, opened
from on_trio import run

run(partial(opened, route={**ROUTE, "hedge_after": 30}))
