// No `whence` on this machine: the extension installs its own and shows a finding with it.

import { visit } from './editor.mjs';

await visit(async (editor, given, seen) => {
  await editor.open(given.workspace, given.file);
  seen.question = await editor.sees('.notifications-toasts', 'found no language server');
  await editor.shot('vscode-install');
  await editor.page.locator('.notifications-toasts .monaco-button', { hasText: 'Install' }).first().click();
  await editor.page.waitForSelector('.monaco-editor .squiggly-error', { timeout: 240_000 });
  await editor.page.keyboard.press('Control+Shift+M');
  seen.problems = await editor.sees('.markers-panel-container', given.message);
});
