import type { Connection, Evidence } from '../../../flows/evidence/evidence.ts';
import { TO_CLIENT } from '../../../flows/evidence/evidence.ts';
import type { EvidencePacket, Occurrence } from '../../rule/rule.ts';
import { excerpt, packetsAt } from '../../words/excerpt.ts';

/** What occurrences about several connections of one server have in common. */
export type AboutConnections = Pick<
  Occurrence,
  'key' | 'subject' | 'conversations' | 'place' | 'packets' | 'packetsTotal' | 'reach'
>;

interface Concerned {
  leg: Connection;
  conversation: number;
}

/** Server, clients, conversations and packets. @param packetsOf the packets that prove it of one connection */
export function aboutConnections(
  evidence: Evidence,
  server: string,
  concerned: readonly Concerned[],
  packetsOf: (leg: Connection) => EvidencePacket[],
): AboutConnections {
  const clients = new Set(concerned.map(({ leg }) => leg.client.address));
  const [{ leg }] = concerned;
  return {
    key: server,
    subject: { protocol: 'tcp', client: clients.size === 1 ? leg.client.address : `${clients.size} clients`, server },
    conversations: [...new Set(concerned.map(({ conversation }) => conversation))],
    place: `at ${leg.server.address}, as seen from ${evidence.points[leg.point].name}`,
    ...excerpt(concerned.flatMap((one) => packetsOf(one.leg))),
    reach: concerned.length,
  };
}

/** The FIN or reset that ended the connection. */
export const endPacket = ({ point, end }: Connection, note: string): EvidencePacket[] =>
  end === null ? [] : packetsAt(point, [end], note, end.direction === TO_CLIENT ? '<' : '>');

/** The latest request, if it was slow or unanswered. */
export const openRequest = ({ point, slowTurns }: Connection, note: string): EvidencePacket[] =>
  packetsAt(
    point,
    slowTurns.filter(({ response }) => response === null).map(({ request }) => request),
    note,
    '>',
  );
