// The view "Findings": asks the server and shows what it answers.

import * as vscode from 'vscode';
import type { Server } from '../client.ts';
import { Command, type Finding, type Findings } from '../contract.ts';
import { firstLine, type Node, type ScopeNode, tree } from './model.ts';

/** Milliseconds: findings of several files change at once. */
const SETTLE = 250;

const ICONS = {
  error: new vscode.ThemeIcon('error', new vscode.ThemeColor('list.errorForeground')),
  warning: new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground')),
  info: new vscode.ThemeIcon('info'),
};

export class FindingsView implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<undefined>();
  private readonly view: vscode.TreeView<Node>;
  private readonly parts: vscode.Disposable[];
  private roots: readonly ScopeNode[] = [];
  private timer: NodeJS.Timeout | undefined;
  readonly onDidChangeTreeData = this.changed.event;
  /** What the server knows of now. */
  findings: readonly Finding[] = [];

  constructor(private readonly server: Server) {
    this.view = vscode.window.createTreeView('whence.findings', {
      treeDataProvider: this,
      showCollapseAll: true,
    });
    this.parts = [
      this.changed,
      this.view,
      vscode.languages.onDidChangeDiagnostics(() => this.soon()),
      server.onChanged(() => this.soon()),
    ];
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const part of this.parts) part.dispose();
  }

  soon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.refresh(), SETTLE);
  }

  async refresh(): Promise<void> {
    clearTimeout(this.timer);
    const answer = this.server.running ? await this.server.ask<Findings>(Command.findings) : undefined;
    const findings = answer?.findings ?? [];
    const before = JSON.stringify(this.findings);
    this.findings = findings;
    if (JSON.stringify(findings) === before) return;
    this.roots = tree(findings);
    const wanting = findings.filter(finding => finding.severity !== 'info').length;
    this.view.badge = wanting ? { value: wanting, tooltip: `${wanting} findings of Whence` } : undefined;
    this.changed.fire(undefined);
  }

  getChildren(node?: Node): readonly Node[] & Node[] {
    const children: readonly Node[] =
      node === undefined ? this.roots : node.kind === 'finding' ? [] : node.children;
    return [...children];
  }

  getTreeItem(node: Node): vscode.TreeItem {
    const item = new vscode.TreeItem(
      node.label,
      node.kind === 'finding'
        ? vscode.TreeItemCollapsibleState.None
        : vscode.TreeItemCollapsibleState.Expanded,
    );
    item.id = node.id;
    item.description = node.description;
    item.contextValue = node.kind;
    if (node.kind === 'scope') item.iconPath = new vscode.ThemeIcon('law');
    if (node.kind === 'file') item.resourceUri = vscode.Uri.parse(node.uri);
    if (node.kind === 'file') item.iconPath = vscode.ThemeIcon.File;
    if (node.kind === 'finding') this.leaf(item, node.finding);
    return item;
  }

  private leaf(item: vscode.TreeItem, finding: Finding): void {
    const line = firstLine(finding);
    const at = new vscode.Range(line, 0, line, 0);
    item.iconPath = ICONS[finding.severity];
    item.tooltip = finding.message;
    item.contextValue = finding.reviewable ? 'finding reviewable' : 'finding';
    item.command = {
      command: 'vscode.open',
      title: 'Show',
      arguments: [vscode.Uri.parse(finding.uri), { selection: at } satisfies vscode.TextDocumentShowOptions],
    };
  }
}
