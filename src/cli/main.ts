import { createRequire } from 'node:module';
import { analyzeArguments } from './analyze-arguments.ts';
import { complain } from './complain.ts';
import { EXIT_CLEAN, EXIT_INTERRUPTED, EXIT_TERMINATED, EXIT_UNUSABLE } from './exit-status.ts';
import { quickArguments } from './quick-arguments.ts';

/**
 * Runs the command line and sets `process.exitCode`; never exits itself, which would cut output to a pipe short.
 *
 * @param argv words after the name of the program
 * @param commandLine loads what reads words with yargs; given from outside by the bundle, whose code cannot import
 *   modules once V8 has kept it
 */
export async function main(
  argv: readonly string[],
  commandLine: () => Promise<typeof import('./command-line.ts')> = () => import('./command-line.ts'),
): Promise<void> {
  const stop = new AbortController();
  let stopped = 0;
  const onSignal = (status: number) => () => {
    // Once: the second signal ends the process as usual.
    stopped = status;
    process.exitCode = status;
    stop.abort();
    // A read of standard input that waits for its writer does not look at the signal.
    process.stdin.destroy();
  };
  process.once('SIGINT', onSignal(EXIT_INTERRUPTED));
  process.once('SIGTERM', onSignal(EXIT_TERMINATED));
  process.stdout.on('error', onOutputError);
  try {
    const status = await run(argv, commandLine, stop.signal);
    process.exitCode = stopped || process.exitCode || status;
  } catch (error) {
    if (stopped === 0) complain(error instanceof Error ? error : new Error(String(error)));
    process.exitCode = stopped || EXIT_UNUSABLE;
    if (isDefect(error) && stopped === 0) process.stderr.write(`${(error as Error).stack}\n`);
  }
}

async function run(
  argv: readonly string[],
  commandLine: () => Promise<typeof import('./command-line.ts')>,
  signal: AbortSignal,
): Promise<number> {
  const quick = quickArguments(argv);
  if (quick !== undefined) return runAnalyze(quick, signal);
  const { readCommandLine } = await commandLine();
  const command = await readCommandLine(argv, version());
  if (command.name === 'analyze') return runAnalyze(command, signal);
  if (command.name === 'explain') return (await import('./commands/explain-command.ts')).explainCommand(command);
  if (command.name === 'mtr') return (await import('./commands/mtr-command.ts')).mtrCommand(command);
  if (command.name === 'plan') return (await import('./commands/plan-command.ts')).planCommand(command);
  return EXIT_CLEAN;
}

async function runAnalyze(given: NonNullable<ReturnType<typeof quickArguments>>, signal: AbortSignal): Promise<number> {
  const checked = analyzeArguments(given.files, given.raw);
  const { analyzeCommand } = await import('./commands/analyze-command.ts');
  return analyzeCommand(checked, signal);
}

const version = (): string => createRequire(import.meta.url)('../../package.json').version;

/** A reader that has seen enough (`| head`) is no failure: the status stays what the findings make it. */
function onOutputError(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') return;
  complain(error);
  process.exitCode = EXIT_UNUSABLE;
}

/** Neither wrong usage nor a bad file: a mistake in this program, whose stack helps to mend it. */
const isDefect = (error: unknown): boolean =>
  error instanceof Error &&
  error.name !== 'UsageError' &&
  error.name !== 'PcapdiagError' &&
  error.name !== 'AbortError';
