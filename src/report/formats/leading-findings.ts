import type { Report, ReportFinding } from '../model/report.ts';

/** Findings that no other one explains. Symptoms are shown with their cause. */
export function leadingFindings(report: Report): ReportFinding[] {
  const known = new Set(report.findings.map(({ fingerprint }) => fingerprint));
  return report.findings.filter(({ explainedBy }) => explainedBy === null || !known.has(explainedBy));
}
