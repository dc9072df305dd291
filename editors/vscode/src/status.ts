// The language status item: state, counts, busy. One line, no pop-ups.

import * as vscode from 'vscode';
import type { Server } from './client.ts';
import type { FindingsView } from './findings/view.ts';
import { type Line, line } from './statusline.ts';

const SEVERITY = {
  ok: vscode.LanguageStatusSeverity.Information,
  attention: vscode.LanguageStatusSeverity.Warning,
  trouble: vscode.LanguageStatusSeverity.Error,
};

export class StatusItem implements vscode.Disposable {
  private readonly item: vscode.LanguageStatusItem;
  private readonly parts: vscode.Disposable[];

  constructor(
    private readonly server: Server,
    private readonly view: FindingsView,
  ) {
    this.item = vscode.languages.createLanguageStatusItem('whence.status', { scheme: 'file' });
    this.item.name = 'Whence';
    this.parts = [
      this.item,
      server.onChanged(() => this.show()),
      view.onDidChangeTreeData(() => this.show()),
    ];
    this.show();
  }

  dispose(): void {
    for (const part of this.parts) part.dispose();
  }

  show(waiting = ''): void {
    const { server, view } = this;
    const state: Line = line({
      trusted: vscode.workspace.isTrusted,
      running: server.running,
      waiting,
      trouble: server.trouble,
      version: server.found?.version,
      status: server.status,
      findings: view.findings,
    });
    this.item.text = state.text;
    if (state.detail) this.item.detail = state.detail;
    this.item.busy = state.busy;
    this.item.severity = SEVERITY[state.level];
    this.item.command = { title: state.action.title, command: state.action.command };
    const policies = server.status?.policies ?? [];
    void vscode.commands.executeCommand('setContext', 'whence.running', server.running);
    void vscode.commands.executeCommand('setContext', 'whence.hasPolicy', policies.length > 0);
    void vscode.commands.executeCommand('setContext', 'whence.stopped', !server.running && !waiting);
  }
}
