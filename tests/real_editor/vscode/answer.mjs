// A finding, its evidence, a review by quick fix, the view, an explanation, the other quick fixes, a broken policy.

import { until, visit } from './editor.mjs';

const PROBLEMS = '.markers-panel-container';
const VIEW = '[id="workbench.view.extension.whence"]';
const TEXT = '.part.editor .view-lines';
const TREE = `${VIEW} .monaco-list-row`;

await visit(async (editor, given, seen) => {
  const { page } = editor;
  await editor.open(given.workspace, given.file);
  await page.waitForSelector('.monaco-editor .squiggly-error', { timeout: 90_000 });
  await editor.goTo(given.file, given.line);
  await page.keyboard.press('Control+Shift+M');
  seen.problems = await editor.sees(PROBLEMS, given.message);
  await editor.shot('vscode-problems');

  seen.hover = await editor.brings('.monaco-hover:not(.hidden)', 'Next:', async () => {
    await page.mouse.move(0, 0);
    await page.locator('.monaco-editor .squiggly-error').first().hover({ force: true });
  });
  await editor.shot('vscode-hover');
  await page.keyboard.press('Escape');

  await editor.command('Whence: Focus on Findings View');
  await editor.goTo(given.forbidden.file, 1);
  await editor.goTo(given.file, given.line);
  await editor.sees(TREE, given.forbidden.region);
  seen.tree = await editor.sees(TREE, given.region);
  await editor.shot('vscode-findings');

  await editor.goTo(given.file, given.line);
  seen.actions = await editor.brings('.action-widget', 'Mark human-reviewed', () => page.keyboard.press('Control+.'));
  await editor.shot('vscode-quickfix');
  await page.locator('.action-widget .monaco-list-row', { hasText: 'Mark human-reviewed' }).first().click();
  await editor.lacks(PROBLEMS, given.message);
  await editor.lacks(TREE, given.region);
  await editor.shot('vscode-reviewed');

  await editor.goTo(given.file, given.line);
  await editor.command('Whence: Explain This Line');
  const frame = () => page.frames().map(item => item.locator('body.vscode-body').innerText({ timeout: 500 }).catch(() => ''));
  seen.explained = await until('the explanation', async () => {
    const texts = await Promise.all(frame());
    return texts.find(text => text.includes('A review covers this line.'));
  });
  await editor.shot('vscode-explain');

  const choose = async title => {
    await editor.goTo(given.forbidden.file, given.forbidden.line);
    await editor.brings('.action-widget', title, () => page.keyboard.press('Control+.'));
    await page.locator('.action-widget .monaco-list-row', { hasText: title }).first().click();
  };
  await choose('Show the evidence');
  seen.evidence = await editor.sees(TEXT, given.forbidden.evidence);
  await editor.shot('vscode-evidence');
  await choose('Remove');
  await editor.lacks(PROBLEMS, given.forbidden.message);
  seen.removed = await editor.text(TEXT);
  await page.keyboard.press('Control+Z');
  await editor.sees(PROBLEMS, given.forbidden.message);
  await choose('Draft an exception');
  seen.exception = await editor.sees(TEXT, '[[exception]]');
  await editor.shot('vscode-exception');

  await editor.goTo('whence.toml', 1);
  await page.keyboard.type('versoin = 1\n');
  await page.keyboard.press('Control+Shift+M');
  seen.policy = await editor.sees(PROBLEMS, 'versoin');
  await editor.shot('vscode-policy');
});
