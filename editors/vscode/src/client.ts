// The language server as the rest of the extension sees it: start, stop, ask, be told.

import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import * as vscode from 'vscode';
import {
  CloseAction,
  type CloseHandlerResult,
  ErrorAction,
  type ErrorHandler,
  type ErrorHandlerResult,
  LanguageClient,
  type LanguageClientOptions,
  RevealOutputChannelOn,
  State,
  WorkDoneProgress,
  WorkDoneProgressCancelNotification,
} from 'vscode-languageclient/node';
import { STATUS, type Status } from './contract.ts';
import type { Found } from './server/find.ts';
import { forServer, initializationOptions } from './settings.ts';

/** Ends in five minutes after which a server that ends again is left alone. */
const MAX_ENDS = 4;
const WINDOW = 5 * 60_000;

export class Server implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<undefined>();
  private client: LanguageClient | undefined;
  private ends: number[] = [];
  readonly onChanged = this.changed.event;
  found: Found | undefined;
  status: Status | undefined;
  /** Why there is no server; empty while there is one. */
  trouble = '';

  constructor(private readonly log: vscode.LogOutputChannel) {}

  get running(): boolean {
    return this.client?.state === State.Running;
  }

  async start(found: Found): Promise<void> {
    await this.stop();
    this.found = found;
    this.trouble = '';
    const level = vscode.LogLevel[this.log.logLevel]?.toLowerCase() ?? 'info';
    const words = ['lsp', '--log-level', level === 'trace' ? 'debug' : level === 'off' ? 'error' : level];
    this.log.info(`${found.program} ${words.join(' ')} (${found.origin})`);
    const client = new LanguageClient(
      'whence',
      'Whence',
      { command: found.program, args: words, options: { shell: false } },
      this.options(),
    );
    this.client = client;
    client.onDidChangeState(() => this.tell());
    client.onNotification(STATUS, (status: Status) => {
      this.status = status;
      this.tell();
    });
    try {
      await client.start();
    } catch (error) {
      this.fail(`The server did not start: ${error instanceof Error ? error.message : error}`);
    }
    this.tell();
  }

  async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    this.status = undefined;
    if (client !== undefined) {
      await client.dispose().catch(error => this.log.warn(`stopping: ${error}`));
    }
    this.tell();
  }

  fail(trouble: string): void {
    this.trouble = trouble;
    this.log.error(trouble);
    this.tell();
  }

  /** Run a command of the server's. Undefined, and a line in the log, where it could not be run. */
  async ask<T>(command: string, ...words: readonly unknown[]): Promise<T | undefined> {
    try {
      return await this.tryTo<T>(command, ...words);
    } catch (error) {
      this.log.warn(`${command}: ${error instanceof Error ? error.message : error}`);
      return undefined;
    }
  }

  /** The same, but throws what the server says. */
  async tryTo<T>(command: string, ...words: readonly unknown[]): Promise<T> {
    if (this.client === undefined) throw new Error('The server is not running.');
    return (await this.client.sendRequest('workspace/executeCommand', { command, arguments: words })) as T;
  }

  /** The same for long work: with a bar that can stop it. Undefined when the user did. */
  async watched<T>(title: string, command: string): Promise<T | undefined> {
    const client = this.client;
    if (client === undefined) throw new Error('The server is not running.');
    const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
    return vscode.window.withProgress(options, async (bar, cancelled) => {
      const token = randomUUID();
      let done = 0;
      const told = client.onProgress(WorkDoneProgress.type, token, value => {
        if (value.kind === 'end') return;
        const now = value.percentage ?? done;
        bar.report({ ...(value.message ? { message: value.message } : {}), increment: now - done });
        done = now;
      });
      const stop = cancelled.onCancellationRequested(() =>
        client.sendNotification(WorkDoneProgressCancelNotification.type, { token }),
      );
      try {
        const request = { command, arguments: [], workDoneToken: token };
        return (await client.sendRequest('workspace/executeCommand', request)) as T;
      } catch (error) {
        if (cancelled.isCancellationRequested) return undefined;
        throw error;
      } finally {
        told.dispose();
        stop.dispose();
      }
    });
  }

  dispose(): void {
    void this.stop();
    this.changed.dispose();
  }

  private tell(): void {
    this.changed.fire(undefined);
  }

  private options(): LanguageClientOptions {
    return {
      documentSelector: [{ scheme: 'file' }],
      outputChannel: this.log,
      traceOutputChannel: vscode.window.createOutputChannel('Whence Trace', { log: true }),
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      initializationOptions: initializationOptions(),
      diagnosticPullOptions: { onChange: true, onSave: true },
      connectionOptions: { maxRestartCount: MAX_ENDS },
      stdioOptions: {
        stdout: () => {},
        stderr: input => {
          createInterface({ input }).on('line', text => this.log[levelOf(text)](text));
        },
      },
      errorHandler: this.errorHandler(),
      middleware: {
        workspace: {
          configuration: async (params, token, next) =>
            ((await next(params, token)) as unknown[]).map((value, index) =>
              params.items[index]?.section === 'whence' ? forServer(value) : value,
            ),
        },
      },
    };
  }

  private errorHandler(): ErrorHandler {
    return {
      error: (error): ErrorHandlerResult => {
        this.log.warn(`connection: ${error.message}`);
        return { action: ErrorAction.Continue, handled: true };
      },
      closed: (): CloseHandlerResult => {
        const now = Date.now();
        this.ends = [...this.ends.filter(time => now - time < WINDOW), now];
        if (this.ends.length <= MAX_ENDS) return { action: CloseAction.Restart, handled: true };
        this.fail(`The server ended ${this.ends.length} times in five minutes and is not started again.`);
        return { action: CloseAction.DoNotRestart, handled: true };
      },
    };
  }
}

/** How loud a line of the server's log is: it stands behind the time. */
function levelOf(text: string): 'trace' | 'debug' | 'info' | 'warn' | 'error' {
  const word = /^\S+ \S+ ([A-Z]+) /.exec(text)?.[1];
  if (word === 'DEBUG' || word === 'INFO') return word === 'INFO' ? 'info' : 'debug';
  return word === 'WARNING' ? 'warn' : 'error';
}
