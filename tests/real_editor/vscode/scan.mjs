// A workspace scan: with progress, stopped by its button, and then to its end.

import { visit } from './editor.mjs';

const TOAST = '.notifications-toasts';

await visit(async (editor, given, seen) => {
  const { page } = editor;
  await editor.open(given.workspace, given.file);
  await editor.command('Whence: Focus on Findings View');
  await editor.command('Whence: Scan Workspace');
  seen.progress = await editor.sees(TOAST, /\d+ of \d+ files/);
  await editor.shot('vscode-scan');
  await page.locator(`${TOAST} .monaco-button`, { hasText: 'Cancel' }).first().click();
  await editor.lacks(TOAST, 'scanning the workspace');
  await page.keyboard.press('Control+Shift+M');
  seen.stopped = await editor.text('.markers-panel-container');
  await editor.command('Whence: Scan Workspace');
  seen.problems = await editor.sees('.markers-panel-container', given.message, 180);
  seen.tree = await editor.sees('[id="workbench.view.extension.whence"] .monaco-list-row', given.region);
});
