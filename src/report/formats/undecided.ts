import type { Report } from '../model/report.ts';

/**
 * Whether a report without a fault must not be called "OK": reading was stopped early, what programs said was cut where
 * an error may stand, or a fault of programs could be refuted only by the beginning of connections, which is missing.
 */
export const isUndecided = (report: Report): boolean =>
  report.partial !== undefined || report.triage.some(({ code }) => code === 'content-cut') || isBeginningMissed(report);

/** What a report without a verdict may claim: nothing at all, no fault so far, or no fault. */
export function claimOf(report: Report): 'nothing' | 'undecided' | 'ok' {
  if (!report.triage.some(({ verdict }) => verdict === 'ok')) return 'nothing';
  return isUndecided(report) ? 'undecided' : 'ok';
}

const isBeginningMissed = ({ triage, rules }: Report): boolean =>
  triage.some(({ code, class: faultClass }) => faultClass === 'application' && code === 'gated') &&
  rules.some(({ code }) => code === 'handshake-missing');
