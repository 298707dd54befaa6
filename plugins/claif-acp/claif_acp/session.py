"""Sessions: a conversation of its own for each query, or one that is gone on with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import frozen

from claif.api import InvalidQueryError, Job, ProtocolError
from claif_acp.failures import AUTH_REQUIRED, no_conversation, reason
from claif_acp.mcp import mcp_servers
from claif_acp.parts import table, tables, text
from claif_acp.rpc import METHOD_NOT_FOUND
from claif_acp.usage import dollars

if TYPE_CHECKING:
    from claif_acp.agent import Agent
    from claif_acp.driver import AcpDriver
    from claif_acp.rpc import Answer


NEW = "session/new"


@frozen
class Session:
    """A session that is open.

    Args:
        id: its id.
        model: the model that answers in it, if the agent tells.
        wanted: the model that was chosen in it.
        spent: US dollars that it has cost already; `None` if that is not known.
    """

    id: str
    model: str | None
    wanted: str | None = None
    spent: float | None = 0.0


async def open_session(driver: AcpDriver, job: Job, agent: Agent, *, model: str | None) -> Session:
    """Begin or go on with the conversation of a query; what is told of the past is left out.

    https://agentclientprotocol.com/protocol/session-setup

    Args:
        driver: speaks with the agent.
        job: the query.
        agent: what the agent offers.
        model: the model to choose in the session; `None` leaves it as it is.

    Raises:
        ClaifError: the agent refuses, or has no such conversation or model.
    """
    params, conversation = session_params(driver, job, agent), job.query.conversation
    if conversation is None:
        return await begun_session(driver, await driver.request(NEW, params), model=model)
    answer = await _go_on(driver, agent, conversation, params)
    return await _set_up(driver, conversation, answer, model, spent=_spent(answer))


def session_params(driver: AcpDriver, job: Job, agent: Agent) -> dict[str, Any]:
    """What an agent is told of a session that it begins or goes on with; see `open_session`."""
    provider = driver.provider
    params: dict[str, Any] = {
        "cwd": str(job.directory),
        "mcpServers": mcp_servers(provider.settings.mcp_servers, agent, provider.preset.title),
    }
    if agent.folders and job.policy.more:
        params["additionalDirectories"] = [str(folder) for folder in job.policy.more]
    return params


async def begun_session(driver: AcpDriver, answer: Answer, *, model: str | None) -> Session:
    """The session that was begun with an answer to `session/new`; see `open_session`.

    Raises:
        ClaifError: it has no id, or the agent does not take the model.
    """
    number = text(answer.result.get("sessionId"))
    if not number:
        raise ProtocolError(f"{driver.provider.preset.title} began a session without an id.")
    return await _set_up(driver, number, answer, model)


async def _set_up(
    driver: AcpDriver, number: str, answer: Answer, model: str | None, *, spent: float | None = 0.0
) -> Session:
    driver.note(number, answer)
    await _ask_first(driver, number, answer.result)
    if model is not None:
        await _choose(driver, number, answer.result, model)
    return Session(number, model or _model(answer.result), model, spent)


async def _go_on(driver: AcpDriver, agent: Agent, conversation: str, params: dict[str, Any]) -> Answer:
    title = driver.provider.preset.title
    if not driver.provider.resumes(agent):
        raise InvalidQueryError(f"{title} does not go on with conversations by this protocol.")
    params = {**params, "sessionId": conversation}
    method = "session/resume" if agent.resume else "session/load"
    answer = await driver.ask(method, params)
    if agent.resume and agent.load and answer.error is not None and answer.error.get("code") == METHOD_NOT_FOUND:
        method = "session/load"  # Qwen Code 0.15.10 offers what it has not
        answer = await driver.ask(method, params)
    if method == "session/load" and answer.error is None and not _was_told_again(answer):
        # An agent has to; Qwen Code 0.15.10 begins a new conversation under an id that it does not know.
        raise no_conversation({"message": "it knows nothing of it"}, title)
    if answer.error is not None:
        raise (
            driver.failure(answer.error)
            if answer.error.get("code") == AUTH_REQUIRED
            else no_conversation(answer.error, title)
        )
    return answer


def told_commands(record: Mapping[str, Any]) -> str | None:
    """The session whose commands a record tells, which some agents do some time after it was begun."""
    if _update_of(record) != "available_commands_update":
        return None
    return text(table(record.get("params")).get("sessionId"))


def _update_of(record: Mapping[str, Any]) -> str:
    return text(table(table(record.get("params")).get("update")).get("sessionUpdate"))


def _spent(answer: Answer) -> float | None:
    """What a conversation that is gone on with has cost so far, if that is told with it."""
    told = [record for record in answer.late if _update_of(record) == "usage_update"]
    costs = [dollars(table(table(record.get("params")).get("update"))) for record in told]
    return costs[-1] if costs else None


def _was_told_again(answer: Answer) -> bool:
    return any(_update_of(record).endswith("_chunk") for record in answer.late)


async def _ask_first(driver: AcpDriver, session: str, result: Mapping[str, Any]) -> None:
    """Set the mode in which the agent asks before it acts; what it asks for is decided by Claif."""
    wanted = driver.provider.preset.mode
    modes = table(result.get("modes"))
    offered = [text(mode.get("id")) for mode in tables(modes.get("availableModes"))]
    if wanted and wanted in offered and modes.get("currentModeId") != wanted:
        await driver.request("session/set_mode", {"sessionId": session, "modeId": wanted})


async def _choose(driver: AcpDriver, session: str, result: Mapping[str, Any], model: str) -> None:
    option = _model_option(result)
    if option is not None:
        params = {"sessionId": session, "configId": text(option.get("id")), "value": model}
        answer = await driver.ask("session/set_config_option", params)
    elif "models" in result:
        answer = await driver.ask("session/set_model", {"sessionId": session, "modelId": model})
    else:
        raise InvalidQueryError(
            f"{driver.provider.preset.title} does not let its model be chosen.", hint="Choose it in its own settings."
        )
    if answer.error is not None:
        raise InvalidQueryError(
            f"{driver.provider.preset.title} does not take the model {model}: {reason(answer.error)}"
        )


def _model(result: Mapping[str, Any]) -> str | None:
    option = _model_option(result)
    current = option.get("currentValue") if option is not None else table(result.get("models")).get("currentModelId")
    return text(current) or None


def _model_option(result: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The option of a session that chooses its model (session-config-options of the protocol)."""
    options = [option for option in tables(result.get("configOptions")) if option.get("type") == "select"]
    return next((option for option in options if "model" in (option.get("category"), option.get("id"))), None)
