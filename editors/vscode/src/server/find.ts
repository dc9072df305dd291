// Which `whence` to run: the one that is set, the one on PATH, the extension's own.

import { access, constants, stat } from 'node:fs/promises';
import { reason } from './own.ts';
import { configured, needsShell, onPath, type Surroundings } from './places.ts';
import { run } from './run.ts';
import { atLeast, OLDEST_SERVER, serverVersion, shown, type Version } from './version.ts';

export interface Found {
  readonly program: string;
  readonly version: Version;
  /** Where it came from, as a person would say it. */
  readonly origin: string;
}

export interface Wanted {
  readonly path: string;
  readonly workspace: readonly string[];
  readonly own: () => Promise<string | undefined>;
}

/** The server to run; undefined where there is none yet. Throws an Error where the one that is set cannot be run. */
export async function find(
  wanted: Wanted,
  around: Surroundings,
  log: (line: string) => void,
): Promise<Found | undefined> {
  if (wanted.path.trim()) {
    const program = configured(wanted.path, around);
    if (program === undefined) throw new Error(`whence.path is not an absolute path: ${wanted.path}`);
    const version = await ask(program);
    if (typeof version === 'string')
      throw new Error(`whence.path names ${program}, which does not run: ${version}`);
    return { program, version, origin: 'the setting whence.path' };
  }
  for (const program of onPath('whence', wanted.workspace, around)) {
    if (!(await runnable(program)) || needsShell(program)) continue;
    const version = await ask(program);
    if (typeof version !== 'string') return { program, version, origin: 'PATH' };
    log(`${program} is passed over: ${version}`);
  }
  const program = await wanted.own();
  if (program === undefined) return undefined;
  const version = await ask(program);
  if (typeof version !== 'string') return { program, version, origin: 'its own installation' };
  log(`${program} is passed over: ${version}`);
  return undefined;
}

/** The version that a program says it has; a sentence where it is not one of ours or too old. */
async function ask(program: string): Promise<Version | string> {
  const said = await run([program, '--version'], { timeout: 30_000 });
  const version = serverVersion(said.stdout);
  if (said.code !== 0 || version === undefined)
    return said.code === 0 ? 'it is another program' : reason(said);
  return atLeast(version, OLDEST_SERVER)
    ? version
    : `it is ${shown(version)}, and ${shown(OLDEST_SERVER)} or newer is needed`;
}

async function runnable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
