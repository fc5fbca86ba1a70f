import type { Report, ReportFinding } from '../model/report.ts';

/** What makes a finding known. */
export const knownText = ({ from, reason }: NonNullable<ReportFinding['known']>): string =>
  `Known (${from})${reason === '' ? '' : `: ${reason}`}`;

/** "Gate passed", "Gate failed", "Gate not assessable". */
export const gateWord = ({ status }: NonNullable<Report['gate']>): string => `Gate ${status.replace('-', ' ')}`;

const LEVELS = { error: 1, warning: 2, note: 3 } as const;

/** Whether a finding is one that fails the gate; without a gate errors do. */
export function failsGate({ gate }: Report, { level, known }: ReportFinding): boolean {
  const failOn = gate?.failOn ?? 'error';
  return known === undefined && failOn !== 'never' && LEVELS[level] <= LEVELS[failOn];
}
