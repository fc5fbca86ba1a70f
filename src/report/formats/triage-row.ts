import type { Report, ReportTriage } from '../model/report.ts';

/**
 * One word for a class. FAULT and WARNING are for what was found in it; a class whose trouble follows from another
 * finding points there; a class that no packet tells of is not judged.
 */
export function triageWord({ findings }: Report, { verdict, code, ruleId }: ReportTriage): string {
  if (verdict === 'ok') return 'ok';
  if (verdict === 'not-assessable') return code === 'explained' ? 'see' : 'not judged';
  const found = findings.find((finding) => finding.ruleId === ruleId && finding.level !== 'note');
  return found?.level === 'warning' ? 'WARNING' : 'FAULT';
}

/** The message of a fault is printed with its finding, so its rule stands here. */
export const triageReason = ({ ruleId, because }: ReportTriage): string => ruleId ?? because;
