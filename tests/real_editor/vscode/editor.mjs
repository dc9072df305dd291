// A real VS Code (code-server) in a real browser, driven as a person would.

import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const QUIET = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.colorTheme': 'Default Dark Modern',
  'chat.disableAIFeatures': true,
  'telemetry.telemetryLevel': 'off',
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'update.mode': 'none',
  'files.autoSave': 'off',
  'git.enabled': false,
  'editor.minimap.enabled': false,
  'editor.fontSize': 13,
};

/** Look again and again until `what` gives something; `why` says what was waited for. */
export async function until(why, what, seconds = 60) {
  for (const end = Date.now() + seconds * 1000; ; await sleep(100)) {
    const found = await what();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited ${seconds} s in vain: ${why}`);
  }
}

async function freePort() {
  const server = createServer();
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise(resolve => server.close(resolve));
  return port;
}

/** Whether it could be done in so many seconds. */
const within = (seconds, doing) =>
  doing({ timeout: 1000 * seconds }).then(
    () => true,
    () => false,
  );

// Rows of a list are clicked: until it has caught up with what was typed, Enter would take another one.

export class Editor {
  /** `tools`: the folder that `make code-server` filled; `base`: a folder for this run's own data. */
  constructor({ tools, chromium, base, environment, settings, trust, shots }) {
    Object.assign(this, { tools, chromium, base, environment, settings, trust, shots, log: '' });
  }

  async start() {
    const user = path.join(this.base, 'user');
    mkdirSync(path.join(user, 'User'), { recursive: true });
    const settings = { ...QUIET, 'security.workspace.trust.enabled': this.trust === 'ask', ...this.settings };
    writeFileSync(path.join(user, 'User', 'settings.json'), JSON.stringify(settings));
    writeFileSync(path.join(this.base, 'none.yaml'), 'auth: none\n');
    this.port = await freePort();
    const program = path.join(this.tools, 'node_modules', '.bin', 'code-server');
    const words = [
      ...['--bind-addr', `127.0.0.1:${this.port}`, '--auth', 'none', '--config', path.join(this.base, 'none.yaml')],
      ...['--user-data-dir', user, '--extensions-dir', path.join(this.base, 'extensions')],
      ...['--disable-telemetry', '--disable-update-check', '--disable-getting-started-override'],
    ];
    if (this.trust !== 'ask') words.push('--disable-workspace-trust');
    this.child = spawn(program, words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: this.environment,
    });
    for (const stream of [this.child.stdout, this.child.stderr]) stream.on('data', data => (this.log += data));
    await until('code-server answers', () =>
      fetch(`http://127.0.0.1:${this.port}/healthz`).then(
        answer => answer.ok,
        () => false,
      ),
    );
    const { chromium } = createRequire(path.join(this.tools, 'x.js'))('playwright-core');
    const quiet = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'];
    quiet.push('--disable-background-networking', '--disable-component-update');
    this.browser = await chromium.launch({ executablePath: this.chromium, args: quiet });
    this.page = await (await this.browser.newContext({ viewport: { width: 1280, height: 760 } })).newPage();
  }

  /** Open a folder, and a file in it. */
  async open(workspace, file) {
    const uri = `vscode-remote://127.0.0.1:${this.port}${path.join(workspace, file)}`;
    const payload = encodeURIComponent(JSON.stringify([['openFile', uri]]));
    const folder = encodeURIComponent(workspace);
    await this.page.goto(`http://127.0.0.1:${this.port}/?folder=${folder}&payload=${payload}`);
    await this.page.waitForSelector('.monaco-editor .view-line', { timeout: 90_000 });
  }

  /** Run a command by its title, as soon as there is one. */
  async command(title) {
    const row = this.page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first();
    await until(`the command ${title}`, async () => {
      await this.page.keyboard.press('Escape');
      await this.page.keyboard.press('F1');
      const input = this.page.locator('.quick-input-widget input').first();
      await input.waitFor();
      await input.fill(`>${title}`);
      return within(3, how => row.click(how));
    });
  }

  /** Go to a line (1-based) of the file, opened beside what is open. */
  async goTo(file, line) {
    const name = path.basename(file);
    const input = this.page.locator('.quick-input-widget input').first();
    const label = this.page.locator('.label-name', { hasText: new RegExp(`^${name.replaceAll('.', '\\.')}$`) });
    const row = this.page.locator('.quick-input-list .monaco-list-row').filter({ has: label }).first();
    const tab = this.page.locator(`.tab[data-resource-name="${name}"]`);
    const active = this.page.locator(`.tab.active[data-resource-name="${name}"]`);
    await until(`${file} is open`, async () => {
      if (await active.isVisible()) return true;
      await this.page.keyboard.press('Escape');
      if (await tab.isVisible()) {
        await within(5, how => tab.click(how));
      } else {
        await this.page.keyboard.press('Control+P');
        await within(5, how => input.fill(file, how));
        await within(5, how => row.click(how));
      }
      return within(5, how => active.waitFor(how));
    });
    await until(`line ${line} of ${file} has the cursor`, async () => {
      await this.page.keyboard.press('Escape');
      await this.page.keyboard.press('Control+G');
      await within(5, how => input.fill(`:${line}`, how));
      await this.page.keyboard.press('Enter');
      return within(3, how => this.page.locator('.statusbar-item', { hasText: `Ln ${line},` }).waitFor(how));
    });
  }

  async text(selector) {
    const texts = await this.page.locator(selector).allInnerTexts();
    return texts.join('\n').replace(/[ \u00a0\t]+/g, ' ').trim();
  }

  /** Wait for a text below a selector; the whole text is given back. */
  async sees(selector, words, seconds = 60) {
    return until(
      `${selector} shows ${words}`,
      async () => {
        const text = await this.text(selector);
        return (typeof words === 'string' ? text.includes(words) : words.test(text)) && text;
      },
      seconds,
    );
  }

  /** Do something until a text is seen below a selector: what pops up may be lost while the window still settles. */
  async brings(selector, words, doing) {
    return until(`${selector} brings ${words}`, async () => {
      await this.page.keyboard.press('Escape');
      await doing();
      return this.sees(selector, words, 8).catch(() => false);
    });
  }

  async lacks(selector, words, seconds = 60) {
    await until(`${selector} shows no ${words} any more`, async () => !(await this.text(selector)).includes(words), seconds);
  }

  /** A picture, where somebody wants them: after what fades in has done so. */
  async shot(name) {
    if (!this.shots) return;
    await sleep(700);
    await this.page.screenshot({ path: path.join(this.shots, `${name}.png`) });
  }

  async stop() {
    await this.browser?.close().catch(() => {});
    if (this.child?.pid) {
      const ended = new Promise(resolve => this.child.once('exit', resolve));
      try {
        process.kill(-this.child.pid, 'SIGTERM');
      } catch {
        return;
      }
      await Promise.race([ended, sleep(10_000)]);
      try {
        process.kill(-this.child.pid, 'SIGKILL');
      } catch {}
    }
  }
}

/** Run one visit: `node FILE PARAMETERS.json` writes what was seen, and a picture where it failed. */
export async function visit(steps) {
  const given = JSON.parse(readFileSync(process.argv[2], 'utf8'));
  const seen = {};
  const editor = new Editor(given);
  let code = 0;
  try {
    await editor.start();
    await steps(editor, given, seen);
  } catch (error) {
    seen.failure = String(error.stack ?? error);
    await editor.page?.screenshot({ path: path.join(given.base, 'failure.png') }).catch(() => {});
    seen.log = editor.log.slice(-4000);
    code = 1;
  }
  await editor.stop();
  writeFileSync(given.seen, JSON.stringify(seen, undefined, 1));
  process.exit(code);
}
