import { exportPackets, type PacketExport } from '../../index.ts';
import { analysisOptions } from '../analysis-options.ts';
import type { AnalyzeArguments } from '../analyze-arguments.ts';
import { complain } from '../complain.ts';
import { EXIT_CLEAN, EXIT_UNUSABLE } from '../exit-status.ts';
import { expandSources } from '../expand-sources.ts';
import { assertPoints } from '../given-points.ts';
import { keepHeapLean } from '../lean-heap.ts';
import type { RawOptions } from '../option-rule.ts';
import { outputTargets } from '../output-targets.ts';
import { progressOn } from '../progress.ts';
import { UsageError } from '../usage-error.ts';
import { writeOutput } from '../write-output.ts';

/**
 * Writes the chosen packets as pcapng. Exit status 2 when there are none, or a capture cannot be read.
 *
 * @throws UsageError for a wrong value; PcapdiagError when the only capture cannot be read, or a finding is not there
 */
export async function exportCommand(given: AnalyzeArguments, raw: RawOptions, signal: AbortSignal): Promise<number> {
  const findings = [raw.finding ?? []].flat().map(String);
  if (raw.whole === true && findings.length === 0) throw new UsageError('--whole goes with --finding');
  const toTerminal = (given.output === undefined || given.output === '-') && process.stdout.isTTY === true;
  if (toTerminal) throw new UsageError('packets go to a file (-o FILE) or a program, not to a terminal');
  const { sources, files, notices, damages } = await expandSources(given.files);
  const inputs = [
    ...given.files,
    ...files,
    ...[given.inventory, given.redactKeyFile].filter((path) => path !== undefined),
  ];
  const [target] = outputTargets(given.output === undefined ? {} : { output: given.output }, inputs, 'packets');
  assertPoints(Object.keys(given.points), sources);
  keepHeapLean(sources.length);
  const options = await analysisOptions(given, sources.length);
  for (const notice of [...notices, ...damages]) complain(new Error(notice));
  let unreadable = damages.length;
  const progress = process.stderr.isTTY && !given.quiet ? progressOn(process.stderr) : undefined;
  let exported: PacketExport;
  try {
    exported = await exportPackets(sources, {
      ...options,
      signal,
      findings,
      wholeConversations: raw.whole === true,
      ...(progress && { onProgress: progress.onProgress }),
      ...(sources.length > 1 && {
        onUnreadable: (error) => {
          unreadable++;
          complain(error);
        },
      }),
    });
  } finally {
    progress?.end();
  }
  if (exported.file === undefined) {
    complain(new Error(`no packet is selected; ${target.path} is not written`));
    return EXIT_UNUSABLE;
  }
  await writeOutput(target, exported.file, signal);
  const { packets, commented } = exported.written;
  if (!given.quiet && given.output !== undefined && target.how === 'replace')
    process.stderr.write(`pcapdiag: ${packets} packets, ${commented} of them with comments, in ${target.path}\n`);
  return unreadable > 0 ? EXIT_UNUSABLE : EXIT_CLEAN;
}
