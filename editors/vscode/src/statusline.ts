// What the status item says. Pure.

import type { Finding, Status } from './contract.ts';
import { counts } from './findings/model.ts';
import { shown, type Version } from './server/version.ts';

export interface Situation {
  readonly trusted: boolean;
  readonly running: boolean;
  /** What is being done before there is a server, else empty. */
  readonly waiting: string;
  readonly trouble: string;
  readonly version: Version | undefined;
  readonly status: Status | undefined;
  readonly findings: readonly Finding[];
}

export interface Line {
  readonly text: string;
  readonly detail: string;
  readonly busy: boolean;
  readonly level: 'ok' | 'attention' | 'trouble';
  readonly action: { readonly title: string; readonly command: string };
}

const LOG = { title: 'Show log', command: 'whence.showLog' };

export function line({ trusted, running, waiting, trouble, version, status, findings }: Situation): Line {
  if (!trusted) {
    const action = { title: 'Manage trust', command: 'workbench.trust.manage' };
    return {
      text: 'Whence waits',
      detail: 'until you trust this workspace',
      busy: false,
      level: 'attention',
      action,
    };
  }
  if (waiting) return { text: 'Whence', detail: waiting, busy: true, level: 'ok', action: LOG };
  if (!running) {
    const action = { title: 'Install or repair', command: 'whence.installServer' };
    return {
      text: 'Whence is off',
      detail: trouble || 'there is no server',
      busy: false,
      level: 'trouble',
      action,
    };
  }
  const policy = status?.policies.length ? status.policies.join(', ') : 'no policy';
  const missing = status?.notMeasured.length
    ? `, ${status.notMeasured.length} kinds of evidence not measured`
    : '';
  const wanting = findings.some(finding => finding.severity !== 'info');
  return {
    text: `Whence: ${counts(findings)}`,
    detail:
      status?.trouble ?? status?.busy ?? `${version ? `version ${shown(version)}, ` : ''}${policy}${missing}`,
    busy: Boolean(status?.busy),
    level: status?.trouble ? 'trouble' : wanting ? 'attention' : 'ok',
    action: { title: 'Show findings', command: 'whence.findings.focus' },
  };
}
