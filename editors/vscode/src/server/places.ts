// Where a `whence` program may be, and where the extension's own is. Pure: the platform is an argument.

import path from 'node:path';

export interface Surroundings {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

/** Path functions of the platform that is spoken of, not of the one that runs the tests. */
export function paths(platform: NodeJS.Platform): path.PlatformPath {
  return platform === 'win32' ? path.win32 : path.posix;
}

/** The setting `whence.path` as an absolute path; undefined where it is empty or not absolute. */
export function configured(setting: string, { platform, home }: Surroundings): string | undefined {
  const { isAbsolute, join, normalize } = paths(platform);
  const text = setting.trim();
  const full = text === '~' || /^~[\\/]/.test(text) ? join(home, text.slice(1)) : text;
  return full && isAbsolute(full) ? normalize(full) : undefined;
}

/**
 * Every file that could be the program `name` on PATH, in PATH's order.
 *
 * Folders that are not absolute, or that lie in a workspace folder, are passed over: a repository must not be able
 * to say which program runs.
 */
export function onPath(name: string, workspace: readonly string[], around: Surroundings): string[] {
  const { platform, env } = around;
  const { delimiter, isAbsolute, join } = paths(platform);
  const value = platform === 'win32' ? (env.Path ?? env.PATH ?? '') : (env.PATH ?? '');
  const endings = platform === 'win32' ? ['.exe', '.cmd', '.bat'] : [''];
  return value
    .split(delimiter)
    .map(folder => folder.replace(/^"(.*)"$/, '$1'))
    .filter(folder => isAbsolute(folder) && !workspace.some(root => inside(folder, root, platform)))
    .flatMap(folder => endings.map(ending => join(folder, name + ending)));
}

/** Whether `file` is `folder` or below it. */
export function inside(file: string, folder: string, platform: NodeJS.Platform): boolean {
  const { relative, isAbsolute, sep } = paths(platform);
  const way = relative(folder, file);
  return way === '' || !(way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way));
}

/** The programs of a virtual environment. */
export function environment(folder: string, platform: NodeJS.Platform): { python: string; whence: string } {
  const { join } = paths(platform);
  return platform === 'win32'
    ? { python: join(folder, 'Scripts', 'python.exe'), whence: join(folder, 'Scripts', 'whence.exe') }
    : { python: join(folder, 'bin', 'python'), whence: join(folder, 'bin', 'whence') };
}

/** Commands that may start a Python, as words, the likeliest first. */
export function pythons(setting: string, around: Surroundings): string[][] {
  const chosen = configured(setting, around);
  if (chosen !== undefined) return [[chosen]];
  const named = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python'].map(name => [
    name,
  ]);
  return around.platform === 'win32' ? [['py', '-3'], ['python'], ['python3']] : named;
}

/** Whether a program ends in what Node starts only through a shell (and a shell we never use). */
export function needsShell(file: string): boolean {
  return /\.(cmd|bat)$/i.test(file);
}
