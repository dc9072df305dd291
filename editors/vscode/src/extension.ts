// Activation: find the server, start it when the workspace is trusted, and keep the parts together.

import { homedir } from 'node:os';
import * as vscode from 'vscode';
import { Server } from './client.ts';
import { register } from './commands.ts';
import { Explanations } from './explain.ts';
import { FindingsView } from './findings/view.ts';
import { find } from './server/find.ts';
import { bundleOf, Own } from './server/own.ts';
import type { Surroundings } from './server/places.ts';
import { RESTART, settings } from './settings.ts';
import { StatusItem } from './status.ts';

const around: Surroundings = { platform: process.platform, env: process.env, home: homedir() };

let server: Server | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const log = vscode.window.createOutputChannel('Whence', { log: true });
  const serving = new Server(log);
  server = serving;
  const view = new FindingsView(serving);
  const status = new StatusItem(serving, view);
  const explanations = new Explanations(serving);
  const starter = new Starter(context, serving, status, log);
  context.subscriptions.push(
    log,
    serving,
    view,
    status,
    explanations,
    ...register({
      server: serving,
      view,
      explanations,
      log,
      restart: () => starter.start(),
      install: () => starter.install(),
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => starter.start()),
    vscode.workspace.onDidChangeConfiguration(event => {
      if (RESTART.some(name => event.affectsConfiguration(name))) void starter.start();
    }),
  );
  await starter.start();
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}

/** Brings a server up, one attempt at a time; a new attempt waits for the one before. */
class Starter {
  private last: Promise<void> = Promise.resolve();

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly server: Server,
    private readonly status: StatusItem,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  start(): Promise<void> {
    return this.after(async () => {
      await this.server.stop();
      const { enable, install } = settings();
      // Nothing is run, and nothing installed, for a workspace that nobody trusts.
      if (!vscode.workspace.isTrusted) return;
      if (!enable) return this.server.fail('It is switched off by the setting whence.enable.');
      this.status.show('looking for the server');
      const found = await this.found();
      if (found !== undefined) return this.server.start(found);
      if (install === 'always' || (install === 'ask' && (await this.mayInstall())))
        return this.installed(false);
      this.server.fail(NOT_FOUND);
    });
  }

  install(): Promise<void> {
    return this.after(async () => {
      if (!vscode.workspace.isTrusted) throw new Error('Trust this workspace first.');
      await this.server.stop();
      await this.installed(true);
    });
  }

  private after(work: () => Promise<void>): Promise<void> {
    const next = this.last.then(work).catch(error => {
      const text = error instanceof Error ? error.message : String(error);
      this.server.fail(text);
      void vscode.window
        .showErrorMessage(`Whence: ${text}`, 'Show Log')
        .then(chosen => chosen && this.log.show(true));
    });
    this.last = next.finally(() => this.status.show());
    return this.last;
  }

  private async own(): Promise<Own | undefined> {
    const bundle = await bundleOf(this.context.extensionPath);
    const storage = this.context.globalStorageUri.fsPath;
    return bundle && new Own(storage, bundle, around, line => this.log.info(line));
  }

  private async found() {
    const workspace = (vscode.workspace.workspaceFolders ?? []).map(folder => folder.uri.fsPath);
    const own = await this.own();
    const wanted = { path: settings().path, workspace, own: async () => own?.program() };
    return find(wanted, around, line => this.log.info(line));
  }

  private async mayInstall(): Promise<boolean> {
    const own = await this.own();
    if (own === undefined) return false;
    this.status.show('may it be installed?');
    const install = 'Install';
    const text =
      "Whence found no language server on this machine. Install it into an environment of the extension's own? " +
      'This needs Python 3.11 or newer and downloads some 30 packages, each checked against its hash.';
    return (await vscode.window.showInformationMessage(text, install, 'Not Now')) === install;
  }

  private async installed(again: boolean): Promise<void> {
    const own = await this.own();
    if (own === undefined) throw new Error(`This build of the extension carries no server. ${NOT_FOUND}`);
    const stop = new AbortController();
    const options = {
      location: vscode.ProgressLocation.Notification,
      title: 'Whence: installing the server',
      cancellable: true,
    };
    const program = await vscode.window.withProgress(options, (progress, token) => {
      token.onCancellationRequested(() => stop.abort(new Error('The installation was stopped.')));
      const report = (message: string) => {
        progress.report({ message });
        this.status.show(message);
      };
      return own.install(settings().interpreter, report, stop.signal, again);
    });
    const found = await this.found();
    if (found === undefined) throw new Error(`${program} was installed and does not run; see the log.`);
    await this.server.start(found);
  }
}

const NOT_FOUND =
  'No `whence` was found: install it with pip and reload, name it in the setting whence.path, or let the extension install it.';
