import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, counts, plural, tree } from '../src/findings/model.ts';
import { finding } from './support.ts';

test('the tree is scope, file, finding: worst scope first, lines in order', () => {
  const nodes = tree([
    finding({ scope: 'b', severity: 'warning', line: 9 }),
    finding({ scope: 'a', severity: 'warning' }),
    finding({ scope: 'c', line: 30, path: 'z/last.py', uri: 'file:///w/z/last.py' }),
    finding({ scope: 'c', line: 20, name: null }),
    finding({ scope: 'c', line: 2 }),
    finding({ scope: null, severity: 'info' }),
  ]);
  assert.deepEqual(
    nodes.map(node => [node.label, node.description]),
    [
      ['c', '3 errors'],
      ['a', '1 warning'],
      ['b', '1 warning'],
      ['No rule speaks of these', '1 hint'],
    ],
  );
  assert.deepEqual(
    nodes[0]?.children.map(file => [file.label, file.description, file.children.map(item => item.label)]),
    [
      ['a.py', 'service · 2 errors', ['nearest', 'line 21']],
      ['last.py', 'z · 1 error', ['nearest']],
    ],
  );
});

test('a node keeps its identity while others come and go', () => {
  const one = finding();
  const before = tree([one, finding({ line: 40 })])[0]?.children[0]?.children[0];
  const after = tree([finding({ line: 1 }), one])[0]?.children[0]?.children[1];
  assert.equal(before?.id, after?.id);
});

test('a finding is at each of its lines and nowhere else', () => {
  const gap = finding({
    ranges: [
      { start: { line: 3, character: 0 }, end: { line: 4, character: 9 } },
      { start: { line: 8, character: 0 }, end: { line: 8, character: 9 } },
    ],
  });
  const found = [...Array(11).keys()].filter(line => at([gap], gap.uri, line).length);
  assert.deepEqual(found, [3, 4, 8]);
  assert.deepEqual(at([gap], 'file:///w/other.py', 3), []);
});

test('figures are words', () => {
  assert.equal(counts([]), 'no findings');
  assert.equal(counts([finding(), finding({ severity: 'info' })]), '1 error, 1 hint');
  assert.equal(plural(1, 'line'), '1 line');
  assert.equal(plural(1200, 'line'), '1,200 lines');
});
