// Findings as the server sends them, folders and programs of the tests' own.

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import type { Finding } from '../src/contract.ts';

export function finding(given: Partial<Finding> & { line?: number } = {}): Finding {
  const { line = 3, ...rest } = given;
  const start = { line, character: 0 };
  const end = { line: line + 4, character: 1 };
  return {
    uri: 'file:///w/service/a.py',
    path: 'service/a.py',
    fingerprint: `f${line}`,
    code: 'review-missing',
    severity: 'error',
    message: 'A sentence.',
    scope: 'service',
    tool: 'Claude Code (Anthropic)',
    requirement: 'review',
    name: 'nearest',
    ranges: [{ start, end }],
    lineCount: 5,
    reviewable: true,
    criterion: null,
    purposes: [],
    disputable: true,
    notes: [],
    ...rest,
  };
}

/** An empty folder that goes with the test. */
export function folder(context: TestContext): string {
  const made = mkdtempSync(path.join(tmpdir(), 'whence-'));
  context.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** A program that is this shell script. */
export function program(file: string, script: string): string {
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}
