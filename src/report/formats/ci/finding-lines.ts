/** One finding as lines of plain text, for programs that show text only: what, where, which packets, why, what to do. */
import { counted } from '../../../text/counted.ts';
import type { Report, ReportFinding } from '../../model/report.ts';
import { subjectText } from '../finding-text.ts';
import { knownText } from '../known-text.ts';

/** Packets named in a line; a person opens a few. */
const PACKETS_NAMED = 12;

/** `node1.pcap 12, 21; node2.pcap 3` and how many more; empty for a finding without packets. */
export function packetsText(report: Report, { evidence, evidenceTotal }: ReportFinding): string {
  const named = evidence.slice(0, PACKETS_NAMED);
  const byCapture = new Map<string, number[]>();
  for (const { capture, packet } of named) byCapture.set(capture, [...(byCapture.get(capture) ?? []), packet]);
  const places = [...byCapture].map(([id, packets]) => `${capturePath(report, id)} ${packets.join(', ')}`);
  const left = evidenceTotal - named.length;
  if (left > 0 && places.length > 0) places.push(`${grouped(left)} more`);
  return places.join('; ');
}

const grouped = (packets: number): string => counted(packets, 'packet');

/** The path of the capture that holds the first packet of a finding; the first capture where it has none. */
export function captureOf(report: Report, { evidence }: ReportFinding): string {
  return capturePath(report, evidence[0]?.capture ?? report.captures[0]?.id ?? '');
}

const capturePath = (report: Report, id: string): string =>
  report.captures.find((capture) => capture.id === id)?.path ?? STANDARD_INPUT;

const STANDARD_INPUT = 'standard input';

/** Whether there is no file of this name: what was read from standard input, as it is or as an archive. */
export const isStandardInput = (path: string): boolean =>
  path === STANDARD_INPUT || path.startsWith(`${STANDARD_INPUT}/`);

/** The lines below the message of a finding. */
export function findingLines(report: Report, finding: ReportFinding): string[] {
  const [best] = finding.hypotheses;
  return [
    `About: ${subjectText(finding)} (${finding.grade})`,
    ...labelled('Where', finding.location.text),
    ...labelled('Packets', packetsText(report, finding)),
    ...labelled('Why', finding.why),
    ...(best === undefined ? [] : [`Cause: ${best.likelihood}: ${best.cause}`]),
    ...finding.confirm.map(
      ({ on, command, expect }) => `Run on ${on}: ${command}${expect === '' ? '' : ` (${expect})`}`,
    ),
    ...finding.fix.map((fix) => `Fix: ${fix}`),
    ...labelled('Wireshark', finding.wireshark),
    ...(finding.known === undefined ? [] : [knownText(finding.known)]),
  ];
}

const labelled = (label: string, text: string): string[] => (text === '' ? [] : [`${label}: ${text}`]);
