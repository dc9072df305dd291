// Ask the reviewer: which finding, which answer, which words.

import * as vscode from 'vscode';
import type { Finding } from '../contract.ts';
import { plural } from '../findings/model.ts';
import { answers, request } from './answers.ts';

type Item<T> = vscode.QuickPickItem & { readonly value: T };

/** One of several findings; undefined when the user went away. */
export async function which(findings: readonly Finding[]): Promise<Finding | undefined> {
  if (findings.length < 2) return findings[0];
  const items: Item<Finding>[] = findings.map(finding => ({
    label: finding.name ?? 'these lines',
    description: `${finding.tool}: ${plural(finding.lineCount, 'line')}`,
    detail: finding.message,
    value: finding,
  }));
  const options = { title: 'Whence: which finding?', matchOnDetail: true };
  return (await vscode.window.showQuickPick(items, options))?.value;
}

/** The arguments of `whence.review`; undefined when the user went away. */
export async function answer(finding: Finding): Promise<Record<string, string> | undefined> {
  const items = answers(finding).map(value => ({ label: value.label, detail: value.detail, value }));
  const title = `Whence: ${plural(finding.lineCount, 'line')}${finding.name ? ` of ${finding.name}` : ''}, ${finding.tool}`;
  const placeHolder = 'What do you answer for exactly these lines?';
  const chosen = (
    await vscode.window.showQuickPick<Item<(typeof items)[0]['value']>>(items, { title, placeHolder })
  )?.value;
  if (chosen === undefined) return undefined;
  if (!chosen.needsNote) return request(finding, chosen, '');
  const note = await vscode.window.showInputBox({
    title: `Whence: ${chosen.label.toLowerCase()}`,
    prompt: chosen.result === 'disputed' ? 'Not AI-written, because ...' : 'Why not?',
    validateInput: text => (text.trim() ? undefined : 'Say why; others will read it.'),
    ignoreFocusOut: true,
  });
  return note === undefined ? undefined : request(finding, chosen, note.trim());
}
