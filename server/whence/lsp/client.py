"""What the client can do, resolved once into a small value. No other module looks into `ClientCapabilities`."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from lsprotocol import types
from pygls.capabilities import get_capability

from whence.quick import dataclass


@dataclass(frozen=True, slots=True)
class Client:
    """Flags; every one is False for a client that states nothing."""

    name: str = ""
    pull: bool = False
    """It asks for diagnostics and can be told to ask again. One that cannot be told (Neovim 0.11) gets them pushed:
    a review or a new policy takes findings back without an edit, and its list would stay as it was."""
    related_information: bool = False
    diagnostic_data: bool = False
    code_descriptions: bool = False
    markdown: bool = False
    action_literals: bool = False
    action_data: bool = False
    resolves_command: bool = False
    """Actions may come without their command and get it from `codeAction/resolve`."""
    resolves_edit: bool = False
    """Actions may come without what they change and get it from `codeAction/resolve`."""
    applies_edits: bool = False
    """It can be asked to change a text, outside of a code action."""
    versioned_edits: bool = False
    """It takes the version that an edit is for, and refuses one for another."""
    shows_documents: bool = False
    completion_markdown: bool = False
    registers_completion: bool = False
    """It can be told later for which files it should ask for completions."""
    lens_refresh: bool = False
    configuration: bool = False
    registers_configuration: bool = False
    registers_watchers: bool = False
    relative_patterns: bool = False
    progress: bool = False

    def __str__(self) -> str:
        on = [field.name for field in fields(self) if getattr(self, field.name) is True]
        return f"{self.name or 'a client without a name'}: {', '.join(on) or 'no capabilities'}"


def resolve(params: types.InitializeParams) -> Client:
    capabilities = params.capabilities

    def has(path: str) -> bool:
        return bool(get_capability(capabilities, path, False))

    def holds(path: str, value: Any) -> bool:
        return value in (get_capability(capabilities, path, None) or ())

    return Client(
        name=params.client_info.name if params.client_info else "",
        pull=capabilities.text_document is not None
        and capabilities.text_document.diagnostic is not None
        and has("workspace.diagnostics.refresh_support"),
        related_information=has("text_document.publish_diagnostics.related_information"),
        diagnostic_data=has("text_document.publish_diagnostics.data_support"),
        code_descriptions=has("text_document.publish_diagnostics.code_description_support"),
        markdown=holds("text_document.hover.content_format", types.MarkupKind.Markdown),
        action_literals=has("text_document.code_action.code_action_literal_support"),
        action_data=has("text_document.code_action.data_support"),
        resolves_command=has("text_document.code_action.data_support")
        and holds("text_document.code_action.resolve_support.properties", "command"),
        resolves_edit=has("text_document.code_action.data_support")
        and holds("text_document.code_action.resolve_support.properties", "edit"),
        applies_edits=has("workspace.apply_edit"),
        versioned_edits=has("workspace.workspace_edit.document_changes"),
        shows_documents=has("window.show_document.support"),
        completion_markdown=holds(
            "text_document.completion.completion_item.documentation_format", types.MarkupKind.Markdown
        ),
        registers_completion=has("text_document.completion.dynamic_registration"),
        lens_refresh=has("workspace.code_lens.refresh_support"),
        configuration=has("workspace.configuration"),
        registers_configuration=has("workspace.did_change_configuration.dynamic_registration"),
        registers_watchers=has("workspace.did_change_watched_files.dynamic_registration"),
        relative_patterns=has("workspace.did_change_watched_files.relative_pattern_support"),
        progress=has("window.work_done_progress"),
    )
