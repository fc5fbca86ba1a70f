import type { Level, ReportFinding } from '../report/model/report.ts';
import { addressOf } from '../text/addresses.ts';

/** A finding that a gate lets pass. All that is given must fit. */
export interface KnownFinding {
  /** Where it is written. */
  from: 'baseline' | 'configuration' | 'scenario';
  /** Fingerprint of the finding. */
  fingerprint?: string;
  /** Id of the rule. */
  rule?: string;
  /** Address, or address and port, of the client. */
  client?: string;
  /** Address, or address and port, of the server. */
  server?: string;
  /** A finding that is worse than this is a new one. */
  level?: Level;
  /** Why it may stay, for people. */
  reason: string;
  /** The last day on which it holds, "2027-01-31". */
  expires?: string;
}

const SEVERITY = { note: 0, warning: 1, error: 2 } as const satisfies Record<Level, number>;

/** @param today the date, "2026-11-29" */
export function fits(known: KnownFinding, finding: ReportFinding, today: string): boolean {
  const { fingerprint, rule, client, server, level, expires } = known;
  if (hasExpired(expires, today)) return false;
  if (level !== undefined && SEVERITY[finding.level] > SEVERITY[level]) return false;
  return (
    (fingerprint === undefined || fingerprint === finding.fingerprint) &&
    (rule === undefined || rule === finding.ruleId) &&
    (client === undefined || isEnd(finding.subject.client, client)) &&
    (server === undefined || isEnd(finding.subject.server, server) || isEnd(finding.subject.serverBeforeNat, server))
  );
}

/** The end with its port or without. */
const isEnd = (end: string | null, given: string): boolean =>
  end !== null && (end === given || addressOf(end) === given);

/** @param expires the last day on which it holds; always without it @param today a date */
export const hasExpired = (expires: string | undefined, today: string): boolean =>
  expires !== undefined && today > expires;
