import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answers, request } from '../src/review/answers.ts';
import { finding } from './support.ts';

test('each purpose that the policy permits is an answer, and the promise stands beside it', () => {
  const text = 'I read every line and can explain it without the tool.';
  const asked = finding({ purposes: ['setup', 'tests'], criterion: { name: 'read', text } });
  const found = answers(asked);
  assert.deepEqual(
    found.map(item => [item.label, item.result, item.purpose, item.needsNote]),
    [
      ['Approve, for setup', 'approved', 'setup', false],
      ['Approve, for tests', 'approved', 'tests', false],
      ['Reject', 'rejected', '', true],
      ['Dispute', 'disputed', '', true],
    ],
  );
  assert.ok(found.slice(0, 2).every(item => item.detail === text));
  assert.ok(found.slice(0, 2).every(item => request(asked, item, '').promise === text));
  assert.ok(found.slice(2).every(item => !('promise' in request(asked, item, ''))));
});

test('what the policy forbids cannot be approved', () => {
  const found = answers(finding({ requirement: 'forbid', reviewable: false }));
  assert.deepEqual(
    found.map(item => item.result),
    ['disputed'],
  );
  assert.deepEqual(answers(finding({ reviewable: false, disputable: false })), []);
});

test('a request names the finding as it was shown, and says nothing that was not chosen', () => {
  const asked = finding();
  const [approve, reject] = answers(asked);
  assert.ok(approve && reject);
  assert.deepEqual(request(asked, approve, ''), { uri: asked.uri, fingerprint: 'f3', result: 'approved' });
  assert.equal(request(asked, reject, 'wrong sign').note, 'wrong sign');
});
