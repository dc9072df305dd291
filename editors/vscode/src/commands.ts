// What the commands do.

import * as vscode from 'vscode';
import type { Server } from './client.ts';
import { Command, type Finding, type Findings, type Recorded, type Scanned } from './contract.ts';
import type { Explanations } from './explain.ts';
import { at, type FindingNode, firstLine } from './findings/model.ts';
import type { FindingsView } from './findings/view.ts';
import * as policy from './policy.ts';
import * as ask from './review/ask.ts';

export interface Parts {
  readonly server: Server;
  readonly view: FindingsView;
  readonly explanations: Explanations;
  readonly log: vscode.LogOutputChannel;
  readonly restart: () => Promise<void>;
  readonly install: () => Promise<void>;
}

/** Register everything that package.json names. What goes wrong is said once, in the server's own words. */
export function register(parts: Parts): vscode.Disposable[] {
  const { server, view, explanations, log } = parts;
  const all: Record<string, (...words: never[]) => unknown> = {
    'whence.scan': () => scan(server, view),
    'whence.reviewHere': () => reviewHere(server),
    'whence.explainHere': () => explainHere(explanations),
    'whence.reviewFinding': (node: FindingNode) => review(server, node.finding),
    'whence.explainFinding': ({ finding }: FindingNode) =>
      explanations.show(vscode.Uri.parse(finding.uri), firstLine(finding)),
    'whence.openPolicy': () => policy.open(server),
    'whence.createPolicy': () => policy.create(server),
    'whence.refreshFindings': () => view.refresh(),
    'whence.restartServer': () => parts.restart(),
    'whence.installServer': () => parts.install(),
    'whence.showLog': () => log.show(true),
    'whence.showDebugInformation': () => debugInformation(server),
  };
  return Object.entries(all).map(([name, work]) =>
    vscode.commands.registerCommand(name, async (...words: never[]) => {
      try {
        return await work(...words);
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error);
        log.error(`${name}: ${text}`);
        void vscode.window.showErrorMessage(`Whence: ${text}`);
        return undefined;
      }
    }),
  );
}

async function scan(server: Server, view: FindingsView): Promise<void> {
  const done = await server.watched<Scanned>('Whence: scanning the workspace', Command.scan);
  await view.refresh();
  if (done !== undefined) void vscode.window.setStatusBarMessage(`Whence: ${done.message}`, 10_000);
}

async function findings(server: Server): Promise<readonly Finding[]> {
  return (await server.tryTo<Findings>(Command.findings)).findings;
}

async function reviewHere(server: Server): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) return;
  const here = at(await findings(server), editor.document.uri.toString(), editor.selection.active.line);
  const answerable = here.filter(finding => finding.reviewable || finding.disputable);
  if (!answerable.length) {
    const why = here.length
      ? 'A review settles nothing here; the policy forbids these lines.'
      : 'No finding is on this line.';
    void vscode.window.showInformationMessage(`Whence: ${why}`);
    return;
  }
  const finding = await ask.which(answerable);
  if (finding !== undefined) await review(server, finding);
}

async function review(server: Server, finding: Finding): Promise<void> {
  const words = await ask.answer(finding);
  if (words === undefined) return;
  const done = await server.tryTo<Recorded>(Command.review, words);
  void vscode.window.setStatusBarMessage(`Whence: recorded in ${done.recorded}`, 10_000);
}

async function explainHere(explanations: Explanations): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (editor !== undefined) await explanations.show(editor.document.uri, editor.selection.active.line);
}

async function debugInformation(server: Server): Promise<void> {
  const content = JSON.stringify(await server.tryTo(Command.debug), undefined, 2);
  await vscode.window.showTextDocument(
    await vscode.workspace.openTextDocument({ content, language: 'json' }),
  );
}
