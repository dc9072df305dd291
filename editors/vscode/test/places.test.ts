import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  configured,
  environment,
  inside,
  needsShell,
  onPath,
  pythons,
  type Surroundings,
} from '../src/server/places.ts';
import { atLeast, pythonVersion, serverVersion } from '../src/server/version.ts';

const linux: Surroundings = { platform: 'linux', env: {}, home: '/home/u' };
const windows: Surroundings = { platform: 'win32', env: {}, home: 'C:\\Users\\u' };

test('the setting is a path only where it is absolute, with ~ for the home folder', () => {
  for (const [setting, around, expected] of [
    ['', linux, undefined],
    ['  ', linux, undefined],
    ['whence', linux, undefined],
    ['./.venv/bin/whence', linux, undefined],
    ['~evil/whence', linux, undefined],
    ['/opt/../opt/whence', linux, '/opt/whence'],
    ['~/bin/whence', linux, '/home/u/bin/whence'],
    ['~\\tools\\whence.exe', windows, 'C:\\Users\\u\\tools\\whence.exe'],
    ['C:/tools/whence.exe', windows, 'C:\\tools\\whence.exe'],
    ['tools\\whence.exe', windows, undefined],
  ] as const) {
    assert.equal(configured(setting, around), expected, setting);
  }
});

test('folders on PATH count unless they are relative or the workspace could put a program there', () => {
  const env = { PATH: '/usr/bin:.:bin::/code/repo/.venv/bin:/code/repository/bin:/usr/bin/../bin' };
  assert.deepEqual(onPath('whence', ['/code/repo'], { ...linux, env }), [
    '/usr/bin/whence',
    '/code/repository/bin/whence',
    '/usr/bin/whence',
  ]);
});

test('on Windows a program has an ending, and Path is spelled so', () => {
  const env = { Path: '"C:\\Program Files\\Whence";C:\\repo\\Scripts;relative' };
  assert.deepEqual(
    onPath('whence', ['c:\\repo'], { ...windows, env }),
    ['.exe', '.cmd', '.bat'].map(ending => `C:\\Program Files\\Whence\\whence${ending}`),
  );
  assert.ok(needsShell('C:\\x\\whence.CMD'));
  assert.ok(!needsShell('C:\\x\\whence.exe'));
});

test('a folder holds itself and what is below it, not its neighbours', () => {
  assert.ok(inside('/a/b', '/a/b', 'linux'));
  assert.ok(inside('/a/b/..c/d', '/a/b', 'linux'));
  assert.ok(!inside('/a/bc', '/a/b', 'linux'));
  assert.ok(!inside('D:\\x', 'C:\\x', 'win32'));
});

test('a virtual environment keeps its programs where its platform does', () => {
  assert.deepEqual(environment('/s/server', 'darwin'), {
    python: '/s/server/bin/python',
    whence: '/s/server/bin/whence',
  });
  assert.deepEqual(environment('C:\\s', 'win32'), {
    python: 'C:\\s\\Scripts\\python.exe',
    whence: 'C:\\s\\Scripts\\whence.exe',
  });
});

test('the interpreter that is set is the only one that is tried', () => {
  assert.deepEqual(pythons('/opt/python3.12', linux), [['/opt/python3.12']]);
  assert.deepEqual(pythons('', linux)[0], ['python3']);
  assert.deepEqual(pythons('', windows)[0], ['py', '-3']);
});

test('versions are read from what programs print, and compared as numbers', () => {
  assert.deepEqual(serverVersion('whence 0.10.2\n'), [0, 10, 2]);
  assert.equal(serverVersion('whence: which program?'), undefined);
  assert.equal(serverVersion('GNU whence 1.0'), undefined);
  assert.deepEqual(pythonVersion('3.11.7\n'), [3, 11, 7]);
  assert.equal(pythonVersion('Python was not found; run without arguments'), undefined);
  assert.ok(atLeast([0, 10], [0, 9, 9]));
  assert.ok(atLeast([3, 11], [3, 11]));
  assert.ok(!atLeast([3, 9, 20], [3, 11]));
});
