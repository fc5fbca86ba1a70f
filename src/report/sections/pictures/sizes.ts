/** Size against delivery, for findings that are about sizes. */
import type { Evidence, Series } from '../../../flows/evidence/evidence.ts';
import { TO_SERVER } from '../../../flows/evidence/evidence.ts';
import type { Judged, Judgement } from '../../../heuristics/judge/judgement.ts';
import { endText } from '../../../text/end-text.ts';
import type { ReportSizes } from '../../model/pictures.ts';
import { leading } from './wanted-series.ts';

type Row = ReportSizes['rows'][number];

export function sizesOf(evidence: Evidence, judgement: Judgement, series: Series | null): ReportSizes | null {
  const finding = leading(judgement).find(
    ({ meta, level, occurrence }) =>
      level !== 'note' &&
      meta.faultClass === 'large-packet-loss' &&
      measured(occurrence.measured.smallestLost) !== null,
  );
  if (finding === undefined) return null;
  const sizes = fromPings(evidence, finding) ?? fromSeries(evidence, finding, series) ?? fromRepeats(evidence, finding);
  if (sizes === null || sizes.rows.length === 0) return null;
  const { largestPassed, smallestLost, icmpMtu } = finding.occurrence.measured;
  return {
    ...sizes,
    largestPassed: measured(largestPassed),
    smallestLost: measured(smallestLost),
    toldMtu: measured(icmpMtu),
  };
}

type Counted = Pick<ReportSizes, 'from' | 'to' | 'knownBy' | 'rows'>;

const measured = (value: unknown): number | null => (typeof value === 'number' && value > 0 ? value : null);

/** What the segments of the connection of the verdict tell, at the point nearest to their sender. */
function fromSeries(evidence: Evidence, finding: Judged, series: Series | null): Counted | null {
  const own = (series?.connections ?? []).filter(({ connection, point }) =>
    finding.occurrence.conversations.some((index) =>
      evidence.conversations[index]?.legs.some(
        (leg) => leg.kind === 'tcp' && leg.index === connection && leg.point === point,
      ),
    ),
  );
  const nearest = own[0]?.direction === TO_SERVER ? own[0] : own.at(-1);
  if (nearest === undefined) return null;
  const { client, server } = evidence.connections[nearest.connection];
  const [from, to] = nearest.direction === TO_SERVER ? [client, server] : [server, client];
  return { from: endText(from), to: endText(to), knownBy: 'acknowledged', rows: nearest.sizes };
}

/** Echo requests between the ends of the finding's conversations: each program that pings has its own conversation. */
function fromPings(evidence: Evidence, { occurrence }: Judged): Counted | null {
  const legs = occurrence.conversations
    .flatMap((index) => evidence.conversations[index]?.legs.slice(0, 1) ?? [])
    .filter(({ kind }) => kind === 'echo');
  if (legs.length === 0) return null;
  const pairs = new Set(legs.map(({ point, client, server }) => `${point} ${client.address} ${server.address}`));
  const rows = new Map<number, Row>();
  for (const { point, source, destination, l3Length, requests, reply } of evidence.echoes) {
    if (!pairs.has(`${point} ${source} ${destination}`)) continue;
    add(rows, l3Length, requests, reply === null ? 0 : 1);
  }
  const [{ client, server }] = legs;
  return { from: client.address, to: server.address, knownBy: 'answered', rows: sorted(rows) };
}

/** Octets that were sent several times, and whether they were acknowledged in the end. */
function fromRepeats(evidence: Evidence, { occurrence }: Judged): Counted | null {
  const rows = new Map<number, Row>();
  let ends: Pick<Counted, 'from' | 'to'> | undefined;
  for (const index of occurrence.conversations) {
    const [leg] = evidence.conversations[index]?.legs.filter(({ kind }) => kind === 'tcp') ?? [];
    const connection = leg === undefined ? undefined : evidence.connections[leg.index];
    if (connection === undefined) continue;
    for (const [side, direction] of connection.directions.entries()) {
      if (direction.repeats.length === 0) continue;
      const { client, server } = connection;
      const [from, to] = side === TO_SERVER ? [client, server] : [server, client];
      ends ??= { from: endText(from), to: endText(to) };
      for (const { l3Length, sendings, ackedTime } of direction.repeats)
        add(rows, l3Length, sendings, ackedTime === null ? 0 : 1);
      if (direction.largestAckedL3 > 0) add(rows, direction.largestAckedL3, 1, 1);
    }
  }
  return ends === undefined ? null : { ...ends, knownBy: 'acknowledged', rows: sorted(rows) };
}

function add(rows: Map<number, Row>, octets: number, sent: number, delivered: number): void {
  const row = rows.get(octets);
  if (row === undefined) rows.set(octets, { octets, sent, delivered });
  else {
    row.sent += sent;
    row.delivered += delivered;
  }
}

const sorted = (rows: ReadonlyMap<number, Row>): Row[] => [...rows.values()].sort((a, b) => a.octets - b.octets);
