/** What a further reading has to give: the connection of the verdict, and the packets that prove findings. */
import type { Connection, Conversation, Direction, Evidence, WantedSeries } from '../../../flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../../flows/evidence/evidence.ts';
import type { Judged, Judgement } from '../../../heuristics/judge/judgement.ts';

/** Conversations of the verdict that are compared for the one that shows most. */
const CONVERSATIONS_TRIED = 200;
/** Findings whose packets are shown with their fields, and packets of each: as many as a page shows. */
const FINDINGS_SHOWN = 12;
const FIRST_PACKETS = 8;
const LAST_PACKETS = 4;

export function wantedSeries(evidence: Evidence, judgement: Judgement): WantedSeries {
  const packets = new Map<number, Set<number>>();
  for (const { occurrence } of excerpted(judgement)) {
    for (const { point, packet } of shownPackets(occurrence.packets)) {
      const { capture } = evidence.points[point];
      const known = packets.get(capture);
      if (known === undefined) packets.set(capture, new Set([packet]));
      else known.add(packet);
    }
  }
  return { connections: wantedConnections(evidence, judgement), packets };
}

/** The first and the last ones. */
export const shownPackets = <T>(packets: readonly T[]): T[] =>
  packets.length <= FIRST_PACKETS + LAST_PACKETS
    ? [...packets]
    : [...packets.slice(0, FIRST_PACKETS), ...packets.slice(-LAST_PACKETS)];

/** Findings whose packets are shown with their fields. */
export const excerpted = (judgement: Judgement): Judged[] => leading(judgement).slice(0, FINDINGS_SHOWN);

export const leading = ({ findings }: Judgement): Judged[] =>
  findings.filter(({ explainedBy }) => explainedBy === null);

/** The connection that shows most of the verdict, where the client sees it and where the server does. */
function wantedConnections(evidence: Evidence, { findings: [first] }: Judgement): WantedSeries['connections'] {
  if (first === undefined || first.level === 'note') return [];
  const conversations = first.occurrence.conversations
    .slice(0, CONVERSATIONS_TRIED)
    .flatMap((index) => evidence.conversations[index] ?? [])
    .filter(({ protocol }) => protocol === 'tcp');
  const shown = new Set(first.occurrence.packets.map(({ point, packet }) => `${point} ${packet}`));
  let best: Conversation | undefined;
  let most = 0;
  for (const conversation of conversations) {
    const weights = conversation.legs.map(({ index }) => weightOf(evidence.connections[index], shown));
    const weight = Math.max(0, ...weights);
    if (weight > most) [best, most] = [conversation, weight];
  }
  if (best === undefined) return [];
  const legs = best.legs.filter(({ kind, index }) => kind === 'tcp' && hasData(evidence.connections[index]));
  const ends = [legs[0], legs.at(-1)].filter(
    (leg, at) => leg !== undefined && (at === 0 || leg.point !== legs[0].point),
  );
  const direction = directionOf(legs.flatMap(({ index }) => evidence.connections[index] ?? []));
  return ends.flatMap((leg) => (leg === undefined ? [] : [{ point: leg.point, connection: leg.index, direction }]));
}

const hasData = (connection: Connection | undefined): boolean =>
  connection?.directions.some(({ dataSegments }) => dataSegments > 0) === true;

/** How much a connection shows of the finding: its packets first, then what went wrong, then how much it carried. */
function weightOf(connection: Connection | undefined, shown: ReadonlySet<string>): number {
  if (connection === undefined || !hasData(connection)) return 0;
  const { point, events, syn, slowTurns, directions, eventsTotal, resets, end } = connection;
  const packets = [
    ...events,
    ...syn,
    ...resets,
    ...slowTurns.flatMap(({ request, response }) => (response === null ? [request] : [request, response])),
    ...directions.flatMap(({ repeats }) => repeats.flatMap((range) => range.packets)),
    ...(end === null ? [] : [end]),
  ];
  const matches = new Set(packets.map(({ packet }) => packet).filter((packet) => shown.has(`${point} ${packet}`))).size;
  const segments = directions[0].dataSegments + directions[1].dataSegments;
  return matches * 1e6 + Math.min(1e5, eventsTotal) + segments / (segments + 1);
}

/** The direction in which octets had trouble; else that of most octets. */
function directionOf(connections: readonly Connection[]): Direction {
  const weights = [TO_SERVER, TO_CLIENT].map((side) =>
    connections.reduce((sum, { directions }) => {
      const [own, other] = [directions[side], directions[1 - side]];
      const trouble = own.repeatsTotal + own.holesTotal + own.resentSegments + other.zeroWindows + own.outOfOrder;
      return sum + trouble * 1e6 + own.payloadOctets / (own.payloadOctets + 1e6);
    }, 0),
  );
  return weights[TO_CLIENT] > weights[TO_SERVER] ? TO_CLIENT : TO_SERVER;
}
