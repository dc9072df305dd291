// A workspace that nobody trusts yet: nothing runs. Then trust is given.

import { existsSync } from 'node:fs';
import { until, visit } from './editor.mjs';

await visit(async (editor, given, seen) => {
  const { page } = editor;
  await editor.open(given.workspace, given.file);
  await editor.sees('.part.banner, .part.statusbar', 'Restricted Mode');
  await editor.command('Whence: Focus on Findings View');
  seen.untrusted = await editor.sees('[id="workbench.view.extension.whence"]', 'when you trust this workspace');
  seen.startedUntrusted = existsSync(given.started);
  await editor.shot('vscode-untrusted');
  await editor.command('Workspaces: Manage Workspace Trust');
  await page.locator('.workspace-trust-editor .monaco-button', { hasText: /^Trust$/ }).first().click();
  seen.started = await until('the server started', () => existsSync(given.started));
});
