/** Workflow commands of GitHub Actions: annotations of a pull request. */

import { counted } from '../../../text/counted.ts';
import { sanitizeAll } from '../../../text/sanitize.ts';
import type { Level, Report, ReportFinding } from '../../model/report.ts';
import { failsGate } from '../known-text.ts';
import { leadingFindings } from '../leading-findings.ts';
import { captureOf, findingLines, isStandardInput } from './finding-lines.ts';

export interface GithubOptions {
  /** The file that all annotations stand at: a scenario. Else each stands at the capture with its first packet. */
  file?: string;
}

/** A step shows ten annotations of a kind, and drops the others without a word. One of them counts the rest. */
const SHOWN_OF_A_KIND = 9;
/** GitHub cuts a message at 64 KiB; a person reads a screen of it. */
const MOST_MESSAGE = 4000;
const COMMANDS = { error: 'error', warning: 'warning', note: 'notice' } as const satisfies Record<Level, string>;

/**
 * An annotation for each finding that no other one explains: an error where it fails the gate, else by its level, and
 * at most as a notice where it is known. The decision of the gate comes first.
 */
export function formatGithub(unsafe: Report, { file }: GithubOptions = {}): string {
  const report = sanitizeAll(unsafe);
  const kinds: Record<Level, string[]> = { error: [], warning: [], note: [] };
  const { gate } = report;
  // One annotation: what is said beside the reasons, as of known findings, is no error of its own.
  if (gate !== undefined && gate.status !== 'passed' && gate.because.length > 0)
    kinds.error.push(command('error', { title: 'pcapdiag: gate' }, gate.because.join('\n')));
  for (const finding of leadingFindings(report)) kinds[kindOf(report, finding)].push(annotation(report, finding, file));
  const lines = Object.entries(kinds).flatMap(([kind, all]) => withinLimit(COMMANDS[kind as Level], all));
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function kindOf(report: Report, finding: ReportFinding): Level {
  if (finding.known !== undefined) return 'note';
  return failsGate(report, finding) ? 'error' : finding.level;
}

function annotation(report: Report, finding: ReportFinding, file: string | undefined): string {
  const lines = [finding.message, ...findingLines(report, finding)];
  const title = `${finding.ruleId} (${finding.level}${finding.known === undefined ? '' : ', known'})`;
  const path = file ?? captureOf(report, finding);
  const place = isStandardInput(path) ? {} : { file: path, line: '1' };
  return command(COMMANDS[kindOf(report, finding)], { ...place, title }, lines.join('\n'));
}

function withinLimit(name: string, all: readonly string[]): string[] {
  const rest = all.length - SHOWN_OF_A_KIND;
  if (rest <= 1) return [...all];
  const more = `${counted(rest, `more ${name}`)} in the summary of the step`;
  return [...all.slice(0, SHOWN_OF_A_KIND), command(name, { title: 'pcapdiag' }, more)];
}

/** `::error file=a,line=1,title=b::message`, with what would end a value or the command encoded. */
function command(name: string, properties: Readonly<Record<string, string>>, message: string): string {
  const given = Object.entries(properties).map(([key, value]) => `${key}=${encodeProperty(value)}`);
  const short = message.length <= MOST_MESSAGE ? message : `${[...message].slice(0, MOST_MESSAGE - 1).join('')}…`;
  return `::${name} ${given.join(',')}::${encodeData(short)}`;
}

const encodeData = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const encodeProperty = (text: string): string => encodeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
