// The choices that a reviewer has for one finding, as the policy leaves them. Pure.

import type { Finding } from '../contract.ts';
import { plural } from '../findings/model.ts';

export interface Answer {
  readonly label: string;
  readonly detail: string;
  readonly result: 'approved' | 'rejected' | 'disputed';
  readonly purpose: string;
  /** The policy's words that were shown with it, handed back so that nothing else is recorded. */
  readonly promise: string;
  /** Whether a sentence of the reviewer's must go with it. */
  readonly needsNote: boolean;
}

/** The answers in the order in which they are offered; the promise stands in front of who makes it. */
export function answers(finding: Finding): Answer[] {
  const lines = plural(finding.lineCount, 'line');
  const found: Answer[] = [];
  if (finding.reviewable) {
    const promise = finding.criterion?.text ?? '';
    for (const purpose of finding.purposes.length ? finding.purposes : ['']) {
      found.push({
        label: purpose ? `Approve, for ${purpose}` : 'Approve',
        detail: promise || `I have read these ${lines} and answer for them.`,
        result: 'approved',
        purpose,
        promise,
        needsNote: false,
      });
    }
    found.push({
      label: 'Reject',
      detail: 'These lines should not stay as they are. Kept in the ledger; the finding remains.',
      result: 'rejected',
      purpose: '',
      promise: '',
      needsNote: true,
    });
  }
  if (finding.disputable) {
    found.push({
      label: 'Dispute',
      detail:
        'No AI tool wrote these lines, because ... Kept and counted; the reason is shown to whoever reads reports.',
      result: 'disputed',
      purpose: '',
      promise: '',
      needsNote: true,
    });
  }
  return found;
}

/** What `whence.review` is called with. */
export function request(finding: Finding, answer: Answer, note: string): Record<string, string> {
  const entries = {
    uri: finding.uri,
    fingerprint: finding.fingerprint,
    result: answer.result,
    purpose: answer.purpose,
    promise: answer.promise,
    note,
  };
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== ''));
}
