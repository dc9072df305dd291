// The findings as a tree: scope, file, finding. Pure.

import type { Finding } from '../contract.ts';

export interface ScopeNode {
  readonly kind: 'scope';
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly children: readonly FileNode[];
}

export interface FileNode {
  readonly kind: 'file';
  readonly id: string;
  readonly uri: string;
  readonly label: string;
  readonly description: string;
  readonly children: readonly FindingNode[];
}

export interface FindingNode {
  readonly kind: 'finding';
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly finding: Finding;
}

export type Node = ScopeNode | FileNode | FindingNode;

const RANK = { error: 0, warning: 1, info: 2 } as const;

/** Scopes with errors first, then by name; files by path; findings in the order of their lines. */
export function tree(findings: readonly Finding[]): ScopeNode[] {
  const scopes = grouped(findings, finding => finding.scope ?? '');
  return [...scopes]
    .map(([scope, items]) => ({ scope, items, worst: Math.min(...items.map(item => RANK[item.severity])) }))
    .sort((a, b) => a.worst - b.worst || order(a.scope === '', b.scope === '') || compare(a.scope, b.scope))
    .map(({ scope, items }) => ({
      kind: 'scope',
      id: `scope ${scope}`,
      label: scope || 'No rule speaks of these',
      description: counts(items),
      children: files(scope, items),
    }));
}

function files(scope: string, findings: readonly Finding[]): FileNode[] {
  return [...grouped(findings, finding => finding.uri)]
    .sort(([, a], [, b]) => compare(a[0]?.path ?? '', b[0]?.path ?? ''))
    .map(([uri, items]) => {
      const path = items[0]?.path ?? uri;
      const cut = path.lastIndexOf('/');
      return {
        kind: 'file',
        id: `file ${scope} ${uri}`,
        uri,
        label: path.slice(cut + 1),
        description: [path.slice(0, Math.max(cut, 0)), counts(items)].filter(Boolean).join(' · '),
        children: [...items].sort((a, b) => firstLine(a) - firstLine(b)).map(leaf),
      };
    });
}

function leaf(finding: Finding): FindingNode {
  return {
    kind: 'finding',
    id: `finding ${finding.uri} ${finding.fingerprint}`,
    label: finding.name ?? `line ${firstLine(finding) + 1}`,
    description: `${finding.tool}: ${plural(finding.lineCount, 'line')} · ${asked(finding)}`,
    finding,
  };
}

/** The 0-based line on which a finding is shown. */
export function firstLine(finding: Finding): number {
  return finding.ranges[0]?.start.line ?? 0;
}

/** Those of a document's findings that have the line, or else begin on the nearest line above it in their region. */
export function at(findings: readonly Finding[], uri: string, line: number): Finding[] {
  return findings.filter(
    finding =>
      finding.uri === uri && finding.ranges.some(range => range.start.line <= line && line <= range.end.line),
  );
}

/** `2 errors, 1 warning` */
export function counts(findings: readonly Pick<Finding, 'severity'>[]): string {
  const of = (severity: Finding['severity']) => findings.filter(item => item.severity === severity).length;
  const parts = [
    [of('error'), 'error'],
    [of('warning'), 'warning'],
    [of('info'), 'hint'],
  ] as const;
  return parts.flatMap(([count, word]) => (count ? [plural(count, word)] : [])).join(', ') || 'no findings';
}

export function plural(count: number, word: string): string {
  return `${count.toLocaleString('en')} ${word}${count === 1 ? '' : 's'}`;
}

function asked(finding: Finding): string {
  return { allow: 'shown', disclose: 'to disclose', review: 'to review', forbid: 'forbidden' }[
    finding.requirement
  ];
}

function grouped<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function order(a: boolean, b: boolean): number {
  return Number(a) - Number(b);
}
