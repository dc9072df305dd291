// Bundle the extension (dist/extension.js) or its unit tests (dist-test/*.test.mjs).
import { readdirSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

const has = flag => process.argv.includes(flag);
const common = { bundle: true, platform: 'node', target: 'node20', logLevel: 'warning' };

if (has('--tests')) {
  rmSync('dist-test', { recursive: true, force: true });
  const tests = readdirSync('test').filter(name => name.endsWith('.test.ts'));
  await build({
    ...common,
    entryPoints: tests.map(name => `test/${name}`),
    outdir: 'dist-test',
    outExtension: { '.js': '.mjs' },
    format: 'esm',
    sourcemap: 'inline',
  });
} else {
  await build({
    ...common,
    entryPoints: ['src/extension.ts'],
    outfile: 'dist/extension.js',
    format: 'cjs',
    external: ['vscode'],
    minify: has('--minify'),
    sourcemap: !has('--minify'),
  });
}
