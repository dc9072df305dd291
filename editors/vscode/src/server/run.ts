// Run a program to its end, without a shell.

import { execFile } from 'node:child_process';

export interface Outcome {
  /** Undefined where it could not be started or was stopped. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** Why it could not be started, else empty. */
  readonly trouble: string;
}

export interface Options {
  readonly cwd?: string;
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

/** `timeout` in milliseconds. Never throws. */
export function run(command: readonly string[], options: Options = {}): Promise<Outcome> {
  const [file = '', ...words] = command;
  return new Promise(resolve => {
    execFile(
      file,
      words,
      {
        cwd: options.cwd,
        timeout: options.timeout ?? 0,
        signal: options.signal,
        maxBuffer: 1 << 24,
        windowsHide: true,
      },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : undefined;
        resolve({ code, stdout, stderr, trouble: code === undefined ? (error?.message ?? '') : '' });
      },
    );
  });
}
