// Open the policy, or write a first one with the server's own program.

import { access } from 'node:fs/promises';
import * as vscode from 'vscode';
import type { Server } from './client.ts';
import { reason } from './server/own.ts';
import { run } from './server/run.ts';

/** The folder that is meant: the active editor's, else the only one, else the one that the user picks. */
async function folder(): Promise<vscode.WorkspaceFolder | undefined> {
  const active = vscode.window.activeTextEditor?.document.uri;
  const around = active && vscode.workspace.getWorkspaceFolder(active);
  const all = vscode.workspace.workspaceFolders ?? [];
  return around ?? (all.length > 1 ? vscode.window.showWorkspaceFolderPick() : all[0]);
}

export async function open(server: Server): Promise<void> {
  const where = await folder();
  if (where === undefined) return;
  const set = vscode.workspace.getConfiguration('whence', where.uri).get<string>('policy');
  for (const name of set ? [set] : ['whence.toml', 'pyproject.toml']) {
    const file = vscode.Uri.joinPath(where.uri, name);
    const text = await vscode.workspace.fs.readFile(file).then(
      data => Buffer.from(data).toString('utf8'),
      () => undefined,
    );
    if (text === undefined || (name === 'pyproject.toml' && !/^\s*\[tool\.whence\b/m.test(text))) continue;
    await vscode.window.showTextDocument(file);
    return;
  }
  const create = 'Create One';
  const answer = await vscode.window.showInformationMessage('There is no policy in this folder yet.', create);
  if (answer === create) await init(server, where);
}

export async function create(server: Server): Promise<void> {
  const where = await folder();
  if (where !== undefined) await init(server, where);
}

async function init(server: Server, where: vscode.WorkspaceFolder): Promise<void> {
  const file = vscode.Uri.joinPath(where.uri, 'whence.toml');
  const there = await access(file.fsPath).then(
    () => true,
    () => false,
  );
  if (!there) {
    if (server.found === undefined) throw new Error('There is no server to write the policy with.');
    const { program } = server.found;
    const options = { location: vscode.ProgressLocation.Window, title: 'Whence: writing a first policy' };
    const done = await vscode.window.withProgress(options, () =>
      run([program, 'policy', 'init'], { cwd: where.uri.fsPath, timeout: 120_000 }),
    );
    if (done.code !== 0) throw new Error(`The policy could not be written: ${reason(done)}`);
  }
  await vscode.window.showTextDocument(file);
}
