import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { find } from '../src/server/find.ts';
import { bundleOf, Own } from '../src/server/own.ts';
import type { Surroundings } from '../src/server/places.ts';
import { folder, program } from './support.ts';

// Programs are shell scripts here; the pure half of Windows is in places.test.ts.
const skip = process.platform === 'win32' ? 'needs a POSIX shell' : false;

const around = (PATH = ''): Surroundings => ({ platform: 'linux', env: { PATH }, home: '/nobody' });
const nothing = async () => undefined;
const quiet = () => {};

test('the program that is set goes before PATH, and PATH before its own', { skip }, async context => {
  const base = folder(context);
  const set = program(path.join(base, 'set'), 'echo whence 0.3.0');
  mkdirSync(path.join(base, 'bin'));
  program(path.join(base, 'bin', 'whence'), 'echo whence 0.2.0');
  const own = program(path.join(base, 'own'), 'echo whence 0.1.0');
  const wanted = { path: '', workspace: [], own: async () => own };
  const seen = async (given: object, PATH: string) =>
    (await find({ ...wanted, ...given }, around(PATH), quiet))?.version.join('.');
  assert.equal(await seen({ path: set }, path.join(base, 'bin')), '0.3.0');
  assert.equal(await seen({}, path.join(base, 'bin')), '0.2.0');
  assert.equal(await seen({}, '/nowhere'), '0.1.0');
  assert.equal(await seen({ own: nothing }, '/nowhere'), undefined);
});

test('another program of the name, one too old and one that fails are passed over, with why', {
  skip,
}, async context => {
  const base = folder(context);
  const said: string[] = [];
  const scripts = {
    a: 'echo GNU whence',
    b: 'echo whence 0.0.9',
    c: 'echo no module >&2; exit 1',
    d: 'echo whence 1.0',
  };
  for (const [name, script] of Object.entries(scripts)) {
    mkdirSync(path.join(base, name));
    program(path.join(base, name, 'whence'), script);
  }
  const PATH = Object.keys(scripts)
    .map(name => path.join(base, name))
    .join(':');
  const found = await find({ path: '', workspace: [], own: nothing }, around(PATH), line => said.push(line));
  assert.equal(found?.program, path.join(base, 'd', 'whence'));
  assert.equal(said.length, 3);
  assert.match(said[0] ?? '', /another program/);
  assert.match(said[1] ?? '', /0\.0\.9, and 0\.1\.0 or newer is needed/);
  assert.match(said[2] ?? '', /no module/);
});

test('a program that is set and cannot run is an error, not silently another one', {
  skip,
}, async context => {
  const broken = program(path.join(folder(context), 'whence'), 'exit 3');
  for (const [given, why] of [
    [broken, /does not run/],
    ['/nowhere/whence', /does not run/],
    ['whence', /not an absolute path/],
  ] as const) {
    await assert.rejects(find({ path: given, workspace: [], own: nothing }, around(), quiet), why);
  }
});

/** A Python that makes "environments" with a pip that writes down what it was asked. */
function fakePython(file: string, version: string, pip: string): string {
  return program(
    file,
    `case "$*" in
      *"import sys"*) echo ${version} ;;
      "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
      *"-m pip"*) echo "$@" >> "$(dirname "$0")/../asked"; ${pip} ;;
    esac`,
  );
}

async function made(context: TestContext, version = '3.12.1', pip = 'true') {
  const base = folder(context);
  mkdirSync(path.join(base, 'bundled'));
  const wheel = path.join(base, 'bundled', 'whence-0.1.0-py3-none-any.whl');
  writeFileSync(wheel, 'wheel');
  writeFileSync(path.join(base, 'bundled', 'requirements.txt'), 'pygls==2.1.1 --hash=sha256:00');
  const bundle = await bundleOf(base);
  assert.ok(bundle);
  const script = `${pip} && case "$*" in *.whl) printf '#!/bin/sh\\necho whence 0.1.0\\n' > "$(dirname "$0")/whence"; chmod +x "$(dirname "$0")/whence" ;; esac`;
  const python = fakePython(path.join(base, 'python'), version, script);
  const storage = path.join(base, 'storage');
  const own = new Own(storage, bundle, around(), quiet);
  return { base, own, python, storage, wheel };
}

const going = () => new AbortController().signal;

test('an installation checks hashes, uses no index for our own wheel, and is complete or nothing', {
  skip,
}, async context => {
  const { own, python, storage } = await made(context);
  assert.equal(await own.program(), undefined);
  const said: string[] = [];
  const whence = await own.install(python, message => said.push(message), going());
  assert.equal(await own.program(), whence);
  const asked = readFileSync(path.join(path.dirname(whence), '..', 'asked'), 'utf8')
    .trim()
    .split('\n');
  assert.match(asked[0] ?? '', /--only-binary :all: --require-hashes -r .*requirements\.txt$/);
  assert.match(asked[1] ?? '', /--no-deps --no-index .*\.whl$/);
  assert.ok(said.includes('downloading what the server needs'));
  assert.deepEqual(
    readdirSync(storage).filter(name => !name.startsWith('server-')),
    [],
  );
});

test('a new bundle means a new environment, and the old one goes', { skip }, async context => {
  const { own, python, storage, wheel } = await made(context);
  const before = await own.install(python, quiet, going());
  writeFileSync(wheel, 'another wheel');
  assert.equal(await own.program(), undefined);
  const after = await own.install(python, quiet, going());
  assert.notEqual(after, before);
  assert.equal(readdirSync(storage).length, 1);
});

test('a download that fails leaves nothing that looks installed, and says why', { skip }, async context => {
  const { own, python, storage } = await made(
    context,
    '3.12.1',
    'echo "ERROR: hash does not match" >&2; exit 1',
  );
  await assert.rejects(
    own.install(python, quiet, going()),
    /could not be downloaded: ERROR: hash does not match/,
  );
  assert.equal(await own.program(), undefined);
  assert.ok(!readdirSync(storage).includes('installing.lock'));
});

test('a Python that is too old is named', { skip }, async context => {
  const { own, python } = await made(context, '3.9.2');
  await assert.rejects(own.install(python, quiet, going()), /Python 3\.11 or newer .* is 3\.9\.2/);
});

test('two windows install once, and a lock that was left behind does not block for ever', {
  skip,
}, async context => {
  const { own, python, storage } = await made(context);
  const [one, two] = await Promise.all([
    own.install(python, quiet, going()),
    own.install(python, quiet, going()),
  ]);
  assert.equal(one, two);
  const asked = readFileSync(path.join(path.dirname(one), '..', 'asked'), 'utf8')
    .trim()
    .split('\n');
  assert.equal(asked.length, 2);
  const lock = path.join(storage, 'installing.lock');
  mkdirSync(lock);
  utimesSync(lock, new Date(0), new Date(0));
  assert.equal(await own.install(python, quiet, going()), one);
});

test('an installation can be stopped while it waits', { skip }, async context => {
  const { own, python, storage } = await made(context);
  mkdirSync(path.join(storage, 'installing.lock'), { recursive: true });
  const stop = new AbortController();
  const waiting = own.install(python, () => stop.abort(new Error('stopped')), stop.signal);
  await assert.rejects(waiting, /stopped/);
});
