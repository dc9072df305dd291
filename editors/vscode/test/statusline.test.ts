import assert from 'node:assert/strict';
import { test } from 'node:test';
import { line, type Situation } from '../src/statusline.ts';
import { finding } from './support.ts';

const well: Situation = {
  trusted: true,
  running: true,
  waiting: '',
  trouble: '',
  version: [0, 1, 0],
  status: { busy: null, trouble: null, policies: ['whence.toml'], notMeasured: [] },
  findings: [],
};

test('the item says the state, and its action is the way out of it', () => {
  for (const [change, text, detail, level, command] of [
    [{}, 'Whence: no findings', 'version 0.1.0, whence.toml', 'ok', 'whence.findings.focus'],
    [
      { findings: [finding()] },
      'Whence: 1 error',
      'version 0.1.0, whence.toml',
      'attention',
      'whence.findings.focus',
    ],
    [
      { trusted: false },
      'Whence waits',
      'until you trust this workspace',
      'attention',
      'workbench.trust.manage',
    ],
    [
      { running: false, trouble: 'It ended.' },
      'Whence is off',
      'It ended.',
      'trouble',
      'whence.installServer',
    ],
    [{ running: false, waiting: 'installing' }, 'Whence', 'installing', 'ok', 'whence.showLog'],
  ] as const) {
    const found = line({ ...well, ...change });
    assert.deepEqual(
      [found.text, found.detail, found.level, found.action.command],
      [text, detail, level, command],
    );
  }
});

test('what is not measured is never silent, and trouble goes before work', () => {
  const status = { busy: 'reading sessions', trouble: null, policies: [], notMeasured: ['git notes'] };
  assert.match(
    line({ ...well, status: { ...status, busy: null } }).detail,
    /no policy, 1 kinds? of evidence not measured/,
  );
  const busy = line({ ...well, status });
  assert.deepEqual([busy.detail, busy.busy], ['reading sessions', true]);
  const broken = line({ ...well, status: { ...status, trouble: 'whence.toml:3: unknown key' } });
  assert.deepEqual([broken.detail, broken.level], ['whence.toml:3: unknown key', 'trouble']);
});
