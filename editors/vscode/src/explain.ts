// "Explain": the server's account of one line, as a read-only document that the Markdown preview shows.

import * as vscode from 'vscode';
import type { Server } from './client.ts';
import { Command } from './contract.ts';

const SCHEME = 'whence-evidence';

export class Explanations implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly registration: vscode.Disposable;

  constructor(private readonly server: Server) {
    this.registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);
  }

  dispose(): void {
    this.registration.dispose();
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const { file, line } = JSON.parse(uri.query) as { file: string; line: number };
    return this.server.tryTo<string>(Command.explain, { uri: file, line });
  }

  /** `line` is counted from 0. */
  async show(file: vscode.Uri, line: number): Promise<void> {
    const name = file.path.slice(file.path.lastIndexOf('/') + 1);
    const query = JSON.stringify({ file: file.toString(), line });
    const page = vscode.Uri.from({ scheme: SCHEME, path: `/Why ${name} line ${line + 1}.md`, query });
    await vscode.commands.executeCommand('markdown.showPreviewToSide', page);
  }
}
