import { complain } from './complain.ts';
import { EXIT_CLEAN, EXIT_INTERRUPTED, EXIT_TERMINATED, EXIT_UNUSABLE } from './exit-status.ts';
import { VERSION } from './version.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Runs the command line and sets `process.exitCode`. It never calls `process.exit`, which would truncate output to a
 * pipe.
 *
 * @param argv arguments after the name of the program
 */
export async function main(argv: readonly string[]): Promise<void> {
  if (argv.length === 1 && argv[0] === '--version') {
    process.stdout.write(`${VERSION}\n`);
    return;
  }
  const stop = new AbortController();
  let stopped = 0;
  const onSignal = (signal: NodeJS.Signals): void => {
    // The second signal, of whichever kind, ends the process as usual.
    removeListeners();
    stopped = signal === 'SIGINT' ? EXIT_INTERRUPTED : EXIT_TERMINATED;
    process.exitCode = stopped;
    stop.abort(signal);
    // A read of standard input that waits for its writer does not look at the signal.
    process.stdin.destroy();
  };
  const removeListeners = (): void => {
    for (const signal of SIGNALS) process.removeListener(signal, onSignal);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  process.stdout.on('error', onOutputError);
  try {
    const status = await run(argv, stop.signal);
    process.exitCode = stopped || process.exitCode || status;
  } catch (error) {
    if (stopped === 0 || isStopped(error)) complain(error instanceof Error ? error : new Error(String(error)));
    process.exitCode = stopped || EXIT_UNUSABLE;
    if (isDefect(error) && stopped === 0) process.stderr.write(`${(error as Error).stack}\n`);
  } finally {
    removeListeners();
  }
}

async function run(argv: readonly string[], signal: AbortSignal): Promise<number> {
  const { readCommandLine } = await import('./command-line.ts');
  const line = await readCommandLine(argv);
  if ('answer' in line) {
    if (line.answer === 'help') return (await import('./commands/help-command.ts')).printHelp(line.command);
    process.stdout.write(`${VERSION}\n`);
    return EXIT_CLEAN;
  }
  const { operands, raw } = line;
  switch (line.command) {
    case 'analyze': {
      const { analyzeArguments } = await import('./analyze-arguments.ts');
      const checked = analyzeArguments(operands, raw);
      return (await import('./commands/analyze-command.ts')).analyzeCommand(checked, signal);
    }
    case 'baseline': {
      const { baselineArguments } = await import('./baseline-arguments.ts');
      const checked = baselineArguments(operands, raw);
      return (await import('./commands/baseline-command.ts')).baselineCommand(checked, signal);
    }
    case 'check': {
      const { analyzeArguments } = await import('./analyze-arguments.ts');
      const checked = analyzeArguments(operands, raw);
      return (await import('./commands/check-command.ts')).checkCommand(checked, signal);
    }
    case 'diff': {
      const { analyzeArguments } = await import('./analyze-arguments.ts');
      const checked = analyzeArguments(operands, raw);
      return (await import('./commands/diff-command.ts')).diffCommand(checked, raw, signal);
    }
    case 'explain': {
      const { explainCommand } = await import('./commands/explain-command.ts');
      return explainCommand({ rule: operands[0], list: raw.list === true });
    }
    case 'packets':
    case 'flows':
    case 'stats':
      return (await import('./commands/inspect-commands.ts')).inspectCommand(line.command, operands, raw, signal);
    case 'follow':
      return (await import('./commands/inspect-commands.ts')).followCommand(operands, raw, signal);
    case 'export': {
      const { analyzeArguments } = await import('./analyze-arguments.ts');
      const checked = analyzeArguments(operands, raw);
      return (await import('./commands/export-command.ts')).exportCommand(checked, raw, signal);
    }
    case 'digest':
      return (await import('./commands/digest-commands.ts')).digestCommand(operands, raw, signal);
    case 'rows':
      return (await import('./commands/digest-commands.ts')).rowsCommand(operands, raw, signal);
    case 'correlate': {
      const { analyzeArguments } = await import('./analyze-arguments.ts');
      const checked = analyzeArguments(operands, raw);
      return (await import('./commands/digest-commands.ts')).correlateCommand(checked, raw, signal);
    }
    case 'mtr': {
      const { mtrCommand } = await import('./commands/mtr-command.ts');
      return mtrCommand({ files: operands, format: raw.format === 'json' ? 'json' : 'text' });
    }
    case 'plan': {
      const { planArguments } = await import('./plan-arguments.ts');
      return (await import('./commands/plan-command.ts')).planCommand(planArguments(raw));
    }
    case 'mcp':
      return (await import('./commands/mcp-command.ts')).mcpCommand([raw.root ?? []].flat() as string[], signal);
    case 'completion':
      return (await import('./commands/completion-command.ts')).completionCommand(operands[0]);
    case 'help':
      return (await import('./commands/help-command.ts')).helpCommand(operands[0]);
  }
}

/** A reader that closes the pipe early (`| head`) is not an error: the findings still determine the status. */
function onOutputError(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') return;
  complain(error);
  process.exitCode = EXIT_UNUSABLE;
}

/** Nothing was known yet when a signal came. */
const isStopped = (error: unknown): boolean => (error as { code?: unknown }).code === 'stopped';

/** Neither wrong usage nor a bad file: a mistake in this program, whose stack helps to mend it. */
const isDefect = (error: unknown): boolean =>
  error instanceof Error &&
  error.name !== 'UsageError' &&
  error.name !== 'PcapdiagError' &&
  error.name !== 'AbortError';
