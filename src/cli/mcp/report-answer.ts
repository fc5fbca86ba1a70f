import type { Report, ReportFinding } from '../../index.ts';

/** Packets that are named of a finding. */
const PACKETS = 12;
/** Causes that are named of a finding, the one with the best evidence first. */
const CAUSES = 3;

/** A report in short: every claim with the numbers of the packets that show it. */
export function reportAnswer(report: Report, findings: number) {
  const { verdict, triage, nextCapture, unseen, failureDomain, captures, points } = report;
  return {
    verdict:
      verdict === null
        ? null
        : { rule: verdict.ruleId, level: verdict.level, says: verdict.summary, notTheNetwork: verdict.notTheNetwork },
    captures: captures.map(({ id, path, packets, truncated }) => ({
      id,
      path,
      packets,
      ...(truncated && { truncated }),
    })),
    points: points.map(({ id, name, host, role }) => ({ id, name, host, role })),
    triage: triage.map((row) => ({ class: row.class, verdict: row.verdict, because: row.because })),
    findings: report.findings.slice(0, findings).map((finding, at) => findingAnswer(report, finding, at + 1)),
    findingsTotal: report.findings.length,
    failureDomain,
    nextCapture,
    unseen: unseen.slice(0, 5),
    more: 'analyze with finding: NUMBER tells one finding whole; packets shows the packets; explain tells what a rule means',
  };
}

const findingAnswer = (report: Report, finding: ReportFinding, number: number) => ({
  number,
  rule: finding.ruleId,
  level: finding.level,
  grade: finding.grade,
  says: finding.message,
  where: finding.location.text,
  ...packetsOf(report, finding, PACKETS),
  causes: finding.hypotheses.slice(0, CAUSES).map(({ likelihood, cause }) => `${likelihood}: ${cause}`),
  ...(finding.explainedBy !== null && { follows: 'from another finding' }),
});

/** One finding whole. */
export function wholeFinding(report: Report, number: number) {
  const finding = report.findings[number - 1];
  if (finding === undefined) return undefined;
  const { message, why, hypotheses, confirm, fix, measured, wireshark, subject } = finding;
  return {
    ...findingAnswer(report, finding, number),
    says: message,
    why,
    subject,
    measured,
    ...packetsOf(report, finding, finding.evidence.length),
    hypotheses,
    confirm: confirm.map(({ on, command, expect }) => ({ on, command, expect })),
    fix,
    wireshark,
  };
}

function packetsOf({ captures, points }: Report, { evidence, evidenceTotal }: ReportFinding, most: number) {
  const pathOf = (id: string) => captures.find((capture) => capture.id === id)?.path;
  const nameOf = (id: string) => points.find((point) => point.id === id)?.name;
  return {
    packets: evidence.slice(0, most).map(({ capture, point, packet, relativeSeconds, note }) => ({
      capture: pathOf(capture),
      point: nameOf(point),
      packet,
      seconds: relativeSeconds,
      shows: note,
    })),
    packetsTotal: evidenceTotal,
  };
}
