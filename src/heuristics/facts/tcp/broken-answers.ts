import type { Connection, Evidence } from '../../../flows/evidence/evidence.ts';
import { TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { type Ending, endingsByServer, isForeignReset } from './endings.ts';

/** Connections that a server ended in the middle of its answer. */
export interface BrokenAnswers {
  server: string;
  broken: Ending[];
  /** All connections to it. */
  all: number;
  /** Connections of others that broke off because of it: their server was the client of one of these. */
  outer: Ending[];
}

/**
 * Servers that break answers off, by the length that HTTP/1 announces. A server that was itself reading a broken answer
 * meanwhile passes it on; the one that it read from is blamed.
 */
export function brokenAnswers(evidence: Evidence): BrokenAnswers[] {
  const servers = [...endingsByServer(evidence).values()].map(({ server, connections }) => ({
    server,
    all: connections.length,
    broken: connections.filter(({ leg }) => isBrokenOff(leg)),
  }));
  const all = servers.flatMap(({ broken }) => broken);
  return servers.flatMap(({ broken, ...rest }) => {
    const own = broken.filter((one) => !all.some((inner) => isBehind(evidence, inner, one)));
    if (own.length === 0) return [];
    return [{ ...rest, broken: own, outer: all.filter((one) => own.some((inner) => isBehind(evidence, inner, one))) }];
  });
}

/** The server ended it, and the client took what came: its window was open. */
function isBrokenOff(leg: Connection): boolean {
  const { application, end, zeroWindowSpans } = leg;
  if (end === null || application?.brokenOff == null || isForeignReset(leg)) return false;
  return !zeroWindowSpans.some(
    (span) => span.direction === TO_SERVER && span.start.time <= end.time && (span.end?.time ?? end.time) >= end.time,
  );
}

/** The server of `outer` was the client of `inner`, which broke off first, while `outer` was open. */
function isBehind(evidence: Evidence, inner: Ending, outer: Ending): boolean {
  if (inner === outer || inner.leg.client.address !== outer.leg.server.address) return false;
  const at = ({ leg }: Ending, time: number): number => time + evidence.points[leg.point].timeShift;
  const broken = at(inner, inner.leg.end!.time);
  return broken >= at(outer, outer.leg.first.time) && broken <= at(outer, outer.leg.end!.time);
}
