import { sanitizeAll } from '../../../text/sanitize.ts';
import type { Report, ReportFinding } from '../../model/report.ts';

/**
 * The report as one JSON object a line, each with its `type` (schema/report-line.json): captures, capture points,
 * triage, findings, translations and paths, and last a summary. Its strings are safe to print.
 */
export function formatNdjson(report: Report): string {
  const safe = sanitizeAll(report);
  const lines: object[] = [
    ...safe.captures.map((capture) => ({ type: 'capture', ...capture })),
    ...safe.points.map((point) => ({ type: 'point', ...point })),
    ...safe.triage.map((row) => ({ type: 'triage', ...row })),
    ...safe.findings.map((finding) => ({ type: 'finding', ...finding })),
    ...safe.nat.map((mapping) => ({ type: 'nat', ...mapping })),
    ...safe.paths.map((path) => ({ type: 'path', ...path })),
    summary(safe),
  ];
  return `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`;
}

function summary({ schemaVersion, tool, verdict, failureDomain, findings, unseen, ...report }: Report): object {
  const counts = { error: 0, warning: 0, note: 0, known: 0 };
  for (const { level, known } of findings) counts[known === undefined ? level : 'known']++;
  return {
    type: 'summary',
    schemaVersion,
    tool,
    ...(report.partial && { partial: report.partial }),
    ...(report.gate && { gate: report.gate }),
    verdict: verdict === null ? null : { ...verdict, fingerprint: leadOf(findings) },
    failureDomain,
    findings: counts,
    unseen,
    ...(report.leftOut && { leftOut: report.leftOut }),
  };
}

const leadOf = ([first]: readonly ReportFinding[]): string => first?.fingerprint ?? '';
