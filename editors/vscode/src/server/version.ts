// Versions of the server and of Python, as their programs say them.

/** The oldest server whose commands this extension uses. */
export const OLDEST_SERVER = [0, 1, 0] as const;
export const OLDEST_PYTHON = [3, 11] as const;

export type Version = readonly number[];

/** `whence 0.1.0` to [0, 1, 0]; undefined where a program says something else. */
export function serverVersion(output: string): Version | undefined {
  return numbers(/^whence (\d+(?:\.\d+)*)/m.exec(output)?.[1]);
}

/** `3.11.7` to [3, 11, 7]. */
export function pythonVersion(output: string): Version | undefined {
  return numbers(/^(\d+(?:\.\d+)+)$/m.exec(output.trim())?.[1]);
}

function numbers(text: string | undefined): Version | undefined {
  return text?.split('.').map(Number);
}

/** Whether `version` is `least` or newer. */
export function atLeast(version: Version, least: Version): boolean {
  for (let index = 0; index < least.length; index++) {
    const difference = (version[index] ?? 0) - (least[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

export function shown(version: Version): string {
  return version.join('.');
}
