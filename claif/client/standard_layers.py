"""Claif's own layers of a client; those that a configuration does not need are not loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..middleware.assemble import assemble_layer
from ..middleware.attempt import attempt_layer
from ..middleware.deadline import deadline_layer
from ..middleware.processors import processors_layer
from ..middleware.redact import redact_layer

if TYPE_CHECKING:
    from ..config import Config
    from ..pipeline.types import Layer
    from ..plugin.manager import PluginManager
    from .route import Router


def standard_layers(config: Config, plugins: PluginManager, router: Router) -> list[Layer]:
    """The layers of all queries of a client.

    Args:
        config: the client's.
        plugins: likewise.
        router: likewise; it knows what limits and budgets are kept by.
    """
    layers = [
        deadline_layer(router.watchdog, config.general.timeout),
        redact_layer(),
        assemble_layer(),
        attempt_layer(router.watchdog),
    ]
    if config.shared.store is not None:
        from ..middleware.limits import limits_layer

        layers.append(limits_layer(router.beside.turnstile))
    elif config.routing_tables.get("limits"):
        from ..middleware.limits import limits_layer, own_turnstiles

        layers.append(limits_layer(own_turnstiles(config.routing.limits)))
    if (accounts := router.beside.accounts) is not None:
        from ..middleware.spending import spending_layer

        layers.append(spending_layer(accounts))
        if accounts.ledger is not None:
            from ..middleware.ledger import ledger_layer

            layers.append(ledger_layer(accounts))
    if processors := plugins.processors(config):
        layers.append(processors_layer(processors))
    return layers
