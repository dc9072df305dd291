// The extension's own installation: a virtual environment below its storage folder, made once for each version.

import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { environment, pythons, type Surroundings } from './places.ts';
import { type Outcome, run } from './run.ts';
import { atLeast, OLDEST_PYTHON, pythonVersion, shown } from './version.ts';

const MARKER = 'complete.txt';
const LOCK_STALE = 15 * 60_000;
const POLL = 500;

/** What is installed: our own wheel, and a list of everything that it needs with the hashes of the files. */
export interface Bundle {
  readonly wheel: string;
  readonly requirements: string;
}

/** The bundle inside an unpacked extension; undefined in one that was built without. */
export async function bundleOf(extension: string): Promise<Bundle | undefined> {
  const folder = path.join(extension, 'bundled');
  const names = await readdir(folder).catch((): string[] => []);
  const wheel = names.find(name => /^whence-.*\.whl$/.test(name));
  const requirements = path.join(folder, 'requirements.txt');
  return wheel && names.includes('requirements.txt')
    ? { wheel: path.join(folder, wheel), requirements }
    : undefined;
}

/** What tells one bundle from another. */
export async function identity(bundle: Bundle): Promise<string> {
  const state = createHash('sha256');
  for (const file of [bundle.wheel, bundle.requirements]) state.update(await readFile(file));
  return state.digest('hex').slice(0, 16);
}

export class Own {
  constructor(
    private readonly storage: string,
    private readonly bundle: Bundle,
    private readonly around: Surroundings,
    private readonly log: (line: string) => void,
  ) {}

  /** The installed program; undefined where it is not installed, or only in part. */
  async program(): Promise<string | undefined> {
    const folder = await this.folder();
    const written = await readFile(path.join(folder, MARKER), 'utf8').catch(() => undefined);
    const { whence } = environment(folder, this.around.platform);
    return written !== undefined && (await exists(whence)) ? whence : undefined;
  }

  /** Install, or wait for another window that is installing. Throws an Error that says what to do. */
  async install(
    interpreter: string,
    report: (message: string) => void,
    signal: AbortSignal,
    again = false,
  ): Promise<string> {
    await mkdir(this.storage, { recursive: true });
    const unlock = await this.lock(report, signal);
    try {
      const there = again ? undefined : await this.program();
      return there ?? (await this.make(interpreter, report, signal));
    } finally {
      await unlock();
    }
  }

  private async folder(): Promise<string> {
    return path.join(this.storage, `server-${await identity(this.bundle)}`);
  }

  private async make(
    interpreter: string,
    report: (message: string) => void,
    signal: AbortSignal,
  ): Promise<string> {
    report('looking for Python');
    const python = await this.python(interpreter);
    const folder = await this.folder();
    await rm(folder, { recursive: true, force: true });
    report('making an environment');
    await this.step([...python, '-m', 'venv', folder], 'The environment could not be made', signal);
    const { python: own, whence } = environment(folder, this.around.platform);
    const pip = [own, '-m', 'pip', '--disable-pip-version-check', '--no-input', 'install'];
    report('downloading what the server needs');
    await this.step(
      [...pip, '--only-binary', ':all:', '--require-hashes', '-r', this.bundle.requirements],
      'What the server needs could not be downloaded',
      signal,
    );
    report('installing the server');
    await this.step(
      [...pip, '--no-deps', '--no-index', this.bundle.wheel],
      'The server could not be installed',
      signal,
    );
    await writeFile(path.join(folder, MARKER), `${path.basename(this.bundle.wheel)}\n`);
    await this.removeOthers(folder);
    return whence;
  }

  private async step(command: readonly string[], failure: string, signal: AbortSignal): Promise<void> {
    this.log(`$ ${command.join(' ')}`);
    const done = await run(command, { cwd: this.storage, signal });
    signal.throwIfAborted();
    if (done.code !== 0) throw new Error(`${failure}: ${reason(done)}`);
  }

  private async python(interpreter: string): Promise<string[]> {
    const seen: string[] = [];
    for (const words of pythons(interpreter, this.around)) {
      const question = 'import sys, venv, ensurepip; print(".".join(map(str, sys.version_info[:3])))';
      const said = await run([...words, '-I', '-c', question], { cwd: this.storage, timeout: 20_000 });
      const version = pythonVersion(said.stdout);
      if (said.code === 0 && version && atLeast(version, OLDEST_PYTHON)) return words;
      if (said.code === undefined) continue;
      seen.push(version ? `${words.join(' ')} is ${shown(version)}` : `${words.join(' ')}: ${reason(said)}`);
    }
    const found = seen.length ? `found ${seen.join('; ')}` : 'found none';
    throw new Error(
      `Python ${shown(OLDEST_PYTHON)} or newer with venv is needed, and this machine has none at hand (${found}). ` +
        'Install one, or name it in the setting whence.interpreter.',
    );
  }

  private async lock(report: (message: string) => void, signal: AbortSignal): Promise<() => Promise<void>> {
    const lock = path.join(this.storage, 'installing.lock');
    for (let told = false; ; told = true) {
      signal.throwIfAborted();
      try {
        await mkdir(lock);
        return () => rm(lock, { recursive: true, force: true });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const age = Date.now() - ((await stat(lock).catch(() => undefined))?.mtimeMs ?? 0);
      if (age > LOCK_STALE) await rm(lock, { recursive: true, force: true });
      else {
        if (!told) report('waiting for another window that is installing');
        await new Promise(resolve => setTimeout(resolve, POLL));
      }
    }
  }

  private async removeOthers(kept: string): Promise<void> {
    for (const name of await readdir(this.storage)) {
      const folder = path.join(this.storage, name);
      if (!name.startsWith('server-') || folder === kept) continue;
      await rm(folder, { recursive: true, force: true }).catch(error =>
        this.log(`${folder} stays: ${error}`),
      );
    }
  }
}

/** The last line that says something, which is where pip and Python put the reason. */
export function reason({ code, stdout, stderr, trouble }: Outcome): string {
  const lines = `${stdout}\n${stderr}`.split(/\r?\n/).map(line => line.trim());
  const error = lines.findLast(line => /^(ERROR|error):/.test(line)) ?? lines.findLast(line => line !== '');
  return error ?? (trouble || `it ended with ${code}`);
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    status => status.isFile(),
    () => false,
  );
}
