/** A report that a person or a pipeline can open: what does not fit is counted. */
import { counted } from '../../text/counted.ts';
import type { Report, ReportCapture, ReportFinding, ReportPoint } from '../model/report.ts';

/** Most octets of a report as JSON. Issue trackers, log collectors and chat systems take files of this size. */
export const REPORT_OCTETS = 1_000_000;

/** Octets for each list; the rest is for what does not grow. A list that needs less leaves the rest unused. */
const OCTETS = {
  findings: 400_000,
  captures: 120_000,
  points: 150_000,
  paths: 80_000,
  nat: 50_000,
  clocks: 50_000,
  unseen: 50_000,
} as const;
type List = keyof typeof OCTETS;

/** Octets of the ladder, which is shown whole or not at all. */
const LADDER_OCTETS = 50_000;
/** Damaged places shown of each capture when the report is too large; `unseen` counts all. */
const PROBLEMS = 3;
/** Lists are shortened until the report fits; a half less with each attempt. */
const ATTEMPTS = 8;

/** The report itself if it fits, else one with shorter lists, which says how much of each is left out. */
export function withinLimit(report: Report, leftOutBefore = 0): Report {
  if (leftOutBefore === 0 && octetsOf(report) <= REPORT_OCTETS) return report;
  let shorter = report;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    shorter = shortened(report, leftOutBefore, 0.5 ** attempt);
    if (octetsOf(shorter) <= REPORT_OCTETS) return shorter;
  }
  return shorter;
}

function shortened(report: Report, leftOutBefore: number, scale: number): Report {
  const fitting = <T>(list: List, items: readonly T[], isNeeded: (item: T) => boolean = () => false): T[] =>
    fittingOf(items, OCTETS[list] * scale, isNeeded);
  const ladder = report.ladder === null || octetsOf(report.ladder) <= LADDER_OCTETS * scale ? report.ladder : null;
  const [first] = report.findings;
  // The verdict stays in any case.
  const findings = fitting('findings', report.findings, (finding) => finding === first);
  const needed = pointsIn(findings, ladder);
  const captureOf = new Map(report.points.map(({ id, capture }) => [id, capture]));
  const neededCaptures = new Set([...needed].map((id) => captureOf.get(id)));
  const fewProblems = report.captures.map(
    (capture): ReportCapture => ({ ...capture, problems: capture.problems.slice(0, PROBLEMS) }),
  );
  const captures = fitting('captures', fewProblems, ({ id }) => neededCaptures.has(id));
  const keptCaptures = new Set(captures.map(({ id }) => id));
  const points = fitting(
    'points',
    report.points.filter(({ capture }) => keptCaptures.has(capture)),
    ({ id }: ReportPoint) => needed.has(id),
  );
  const kept = new Set(points.map(({ id }) => id));
  const areKept = (ids: readonly string[]): boolean => ids.every((id) => kept.has(id));
  const lists = {
    findings: linked(findings),
    captures,
    points,
    paths: fitting(
      'paths',
      report.paths.filter((path) => areKept(path.points)),
    ),
    nat: fitting(
      'nat',
      report.nat.filter(({ between }) => areKept(between)),
    ),
    clocks: fitting('clocks', report.clocks),
    unseen: fitting('unseen', report.unseen),
  };
  const leftOut: NonNullable<Report['leftOut']> = {};
  for (const list of Object.keys(lists) as List[]) {
    const count = report[list].length - lists[list].length + (list === 'findings' ? leftOutBefore : 0);
    if (count > 0) leftOut[list] = count;
  }
  return { ...report, ...lists, ladder, leftOut, unseen: [leftOutWords(leftOut), ...lists.unseen] };
}

/** Items in their order, the needed ones first, as long as they fit. */
function fittingOf<T>(items: readonly T[], octets: number, isNeeded: (item: T) => boolean): T[] {
  const sizes = items.map((item) => octetsOf([item]));
  const keeps = items.map(isNeeded);
  let room = octets - sizes.reduce((sum, size, at) => sum + (keeps[at] ? size : 0), 0);
  for (const [at, size] of sizes.entries()) {
    if (keeps[at]) continue;
    room -= size;
    if (room < 0) break;
    keeps[at] = true;
  }
  return items.filter((_, at) => keeps[at]);
}

/** References between findings that are both there. */
function linked(findings: readonly ReportFinding[]): ReportFinding[] {
  const known = new Set(findings.map(({ fingerprint }) => fingerprint));
  return findings.map((finding) => ({ ...finding, explains: finding.explains.filter((one) => known.has(one)) }));
}

function pointsIn(findings: readonly ReportFinding[], ladder: Report['ladder']): Set<string> {
  const needed = new Set(ladder?.points);
  for (const { evidence, location } of findings) {
    for (const { point } of evidence) needed.add(point);
    for (const point of location.between ?? []) needed.add(point);
  }
  return needed;
}

const WORDS: Record<List, string> = {
  findings: 'finding',
  captures: 'capture',
  points: 'capture point',
  paths: 'path',
  nat: 'translation',
  clocks: 'clock',
  unseen: 'sentence of this list',
};

function leftOutWords(leftOut: NonNullable<Report['leftOut']>): string {
  const counts = Object.entries(leftOut).map(([list, count]) => {
    const word = WORDS[list as List];
    return counted(count, word, word.startsWith('sentence') ? 'sentences of this list' : undefined);
  });
  return `this report leaves out ${counts.join(', ') || 'some details'} to stay below 1 MB; the option --all-findings leaves out nothing`;
}

/** Octets as `formatJson` prints it, at about the depth of a list in the report. */
const octetsOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value, null, 2) ?? '');
