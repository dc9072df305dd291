// The settings, read from one place.

import * as vscode from 'vscode';

export interface Settings {
  readonly enable: boolean;
  readonly path: string;
  readonly interpreter: string;
  readonly install: 'ask' | 'always' | 'never';
}

export function settings(): Settings {
  const all = vscode.workspace.getConfiguration('whence');
  return {
    enable: all.get('enable', true),
    path: all.get('path', ''),
    interpreter: all.get('interpreter', ''),
    install: all.get('install', 'ask'),
  };
}

/** What the server is told at its start. */
export function initializationOptions(): Record<string, unknown> {
  const all = vscode.workspace.getConfiguration('whence');
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  return {
    diagnosticMode: all.get('diagnosticMode'),
    codeLens: all.get('codeLens'),
    policy: vscode.workspace.getConfiguration('whence', folder).get('policy'),
    statusNotifications: true,
  };
}

/** Settings whose change means a new server. */
export const RESTART = ['enable', 'path', 'interpreter', 'install', 'diagnosticMode'].map(
  name => `whence.${name}`,
);
