// What this extension asks of the server beyond the protocol. Positions and ranges are the protocol's.

import type { Range } from 'vscode-languageclient/node';

export const Command = {
  scan: 'whence.scanWorkspace',
  review: 'whence.review',
  explain: 'whence.explain',
  findings: 'whence.findings',
  debug: 'whence.debugInformation',
} as const;

/** One entry of what `whence.findings` answers. */
export interface Finding {
  readonly uri: string;
  /** Relative to the workspace, with forward slashes. */
  readonly path: string;
  readonly fingerprint: string;
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'info';
  readonly message: string;
  /** The policy's scope; null where no policy speaks of the lines. */
  readonly scope: string | null;
  /** As a person reads it: `Claude Code (Anthropic)`. */
  readonly tool: string;
  readonly requirement: 'allow' | 'disclose' | 'review' | 'forbid';
  /** The function, class or section; null for a nameless block. */
  readonly name: string | null;
  /** The finding's runs of lines. */
  readonly ranges: readonly Range[];
  readonly lineCount: number;
  /** Whether a review can settle it. */
  readonly reviewable: boolean;
  /** What the reviewer promises, where the policy names a criterion. */
  readonly criterion: { readonly name: string; readonly text: string } | null;
  /** One of these must be stated; empty: none. */
  readonly purposes: readonly string[];
  /** Whether somebody may say here that no tool wrote these lines. */
  readonly disputable: boolean;
  /** More that a reader should know, as sentences. */
  readonly notes: readonly string[];
}

export interface Findings {
  readonly findings: readonly Finding[];
}

export interface Recorded {
  /** The review's file, relative to the workspace. */
  readonly recorded: string;
  readonly settled: boolean;
}

export interface Scanned {
  readonly verdict: 'pass' | 'fail' | 'inconclusive';
  readonly files: number;
  readonly message: string;
}

/** What the server notifies with `whence/status`, when asked to in the initialization options. */
export interface Status {
  /** What it is doing now, as a short sentence; null when it waits. */
  readonly busy: string | null;
  /** What it could not do, for the user to mend; null when all is well. */
  readonly trouble: string | null;
  /** The policies in force, as paths; empty without any. */
  readonly policies: readonly string[];
  /** Kinds of evidence that could not be had, as sentences. */
  readonly notMeasured: readonly string[];
}

export const STATUS = 'whence/status';
