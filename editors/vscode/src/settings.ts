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

/** Settings that are the server's; all others are this extension's own. */
const SERVER = ['codeLens', 'diagnosticMode', 'policy'] as const;

/** What the server is told of the section `whence` when it asks. */
export function forServer(section: unknown): Record<string, unknown> {
  const all = (section ?? {}) as Record<string, unknown>;
  return Object.fromEntries(SERVER.map(name => [name, all[name]]));
}

/** What the server is told at its start. */
export function initializationOptions(): Record<string, unknown> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  return { ...forServer(vscode.workspace.getConfiguration('whence', folder)), statusNotifications: true };
}

/** Settings whose change means a new server. */
export const RESTART = ['enable', 'path', 'interpreter', 'install', 'diagnosticMode'].map(
  name => `whence.${name}`,
);
