import type { Report } from '../model/report.ts';

/**
 * Whether a report without a fault must not be called "OK": reading was stopped early, or what programs said was cut
 * where an error may stand.
 */
export const isUndecided = ({ partial, triage }: Report): boolean =>
  partial !== undefined || triage.some(({ code }) => code === 'content-cut');
