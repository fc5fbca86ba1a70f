/** The row of the triage for applications: what was read of them, and why the rest was not. */
import type { ApplicationUse, Evidence, Opening } from '../../flows/evidence/evidence.ts';
import type { ReadConnections, TriageReason } from './judgement.ts';
import { mostAtOnePoint } from './triage-counts.ts';

/** Protocols whose answers are read. */
const READ: ReadonlySet<Opening> = new Set(['http1', 'http2', 'postgresql', 'mysql', 'redis', 'mail', 'memcached']);

/** What the connections carried, at the point where most answers, then most connections, were read: others show the same. */
export function readConnections({ applications, connections, points }: Evidence): ReadConnections {
  const byPoint = points.map(() => [] as ApplicationUse[]);
  for (const use of applications) byPoint[use.point].push(use);
  const count = (uses: readonly ApplicationUse[], of: (use: ApplicationUse) => number): number =>
    uses.reduce((total, use) => total + of(use), 0);
  const all = (uses: readonly ApplicationUse[]): number => count(uses, (use) => use.connections);
  const answersOf = (uses: readonly ApplicationUse[]): number => count(uses, (use) => use.answers);
  const counted = [[] as ApplicationUse[], ...byPoint].map((uses) => ({
    uses,
    answers: answersOf(uses),
    all: all(uses),
  }));
  const { uses: most } = counted.reduce((one, other) =>
    (other.answers - one.answers || other.all - one.all) > 0 ? other : one,
  );
  const read = most.filter(({ protocol }) => READ.has(protocol));
  const withoutReason = mostAtOnePoint(connections.filter(({ application }) => application?.errorCut));
  return {
    answers: count(read, (use) => use.answers),
    errors: count(read, (use) => use.errors),
    answered: count(read, (use) => use.answered),
    encrypted: all(most.filter(({ protocol }) => protocol === 'tls')),
    unread: all(most.filter(({ protocol }) => protocol !== 'tls' && !READ.has(protocol))),
    cut: count(read, (use) => use.cut) + withoutReason,
  };
}

/** "Ok" only where answers were read and none was cut; otherwise the reason why nothing can be said. */
export function assessApplications(evidence: Evidence): TriageReason {
  const read = readConnections(evidence);
  if (read.cut > 0) return { code: 'content-cut', connections: read.cut };
  if (read.answers > 0) return { code: 'answers-read', ...read };
  if (read.encrypted > 0) return { code: 'encrypted', connections: read.encrypted, unread: read.unread };
  return read.unread > 0 ? { code: 'protocol-not-read', connections: read.unread } : { code: 'no-content' };
}
