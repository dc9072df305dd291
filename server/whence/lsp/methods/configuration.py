"""`workspace/didChangeConfiguration` and `workspace/configuration`: settings pulled where that is possible."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from lsprotocol import types

from whence.lsp import settings
from whence.lsp.server import WhenceServer

log = logging.getLogger(__name__)


def register(ls: WhenceServer) -> None:
    if ls.session.client.registers_configuration:
        options = types.DidChangeConfigurationRegistrationOptions(section=settings.SECTION)
        registration = types.Registration(
            "whence-configuration", types.WORKSPACE_DID_CHANGE_CONFIGURATION, options
        )
        ls.session.ask(types.CLIENT_REGISTER_CAPABILITY, types.RegistrationParams([registration]))


async def pull(ls: WhenceServer) -> None:
    """Ask for the settings; a client that refuses keeps what it had sent before."""
    if not ls.session.client.configuration:
        return
    params = types.ConfigurationParams([types.ConfigurationItem(section=settings.SECTION)])
    try:
        answer = await ls.workspace_configuration_async(params)
    except asyncio.CancelledError:
        raise
    except Exception as error:
        log.info("the client gave no settings: %s", error)
        return
    if answer:
        take(ls, answer[0])


async def did_change_configuration(ls: WhenceServer, params: types.DidChangeConfigurationParams) -> None:
    if ls.session.client.configuration:
        await pull(ls)
    else:
        take(ls, params.settings)


def take(ls: WhenceServer, raw: Any) -> None:
    before = ls.session.settings
    after, wrong = settings.read(raw, before)
    for text in wrong:
        log.warning("%s", text)
        ls.window_log_message(types.LogMessageParams(types.MessageType.Warning, f"Whence: {text}"))
    if after == before:
        return
    ls.session.settings = after
    if after.policy != before.policy:
        ls.session.replace_roots()
    elif (after.attributed, after.finding_pages) != (before.attributed, before.finding_pages):
        ls.session.retell()
    elif after.code_lens != before.code_lens and ls.session.client.lens_refresh:
        ls.session.ask(types.WORKSPACE_CODE_LENS_REFRESH)
