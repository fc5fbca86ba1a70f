import type { Connection, Conversation, Direction, Evidence, ResetEvent } from '../../flows/evidence.ts';
import { appendTo } from '../append-to.ts';
import { endpointText } from '../attempts.ts';
import { indexOf } from '../evidence-index.ts';
import { excerpt, packetsAt } from '../excerpt.ts';
import { defineHeuristic, type EvidencePacket, type Occurrence } from '../heuristic.ts';

const thresholds = {
  ttlDistance: { value: 2, source: 'catalogue FW-01: more than two hops apart is another machine' },
  ownPackets: { value: 2, source: 'two packets of the host in that direction tell its TTL' },
};

interface Forged {
  conversation: Conversation;
  leg: Connection;
  reset: ResetEvent;
  usualTtl: number;
}

interface ResetInjected extends Occurrence {
  host: string;
  ttl: number;
  usualTtl: number;
  connections: number;
  neverSent: boolean;
  afterData: boolean;
}

/** A reset whose TTL is not that of the host it claims to come from. */
export const resetInjected = defineHeuristic<ResetInjected>({
  meta: {
    id: 'reset-injected',
    faultClass: 'tcp',
    level: 'error',
    recordedIn: 'lab/perf-rst-middlebox-ttl',
    summary: 'A reset comes from another machine than its source address says',
    meaning:
      'A firewall, intrusion prevention system or load balancer on the way cuts the connection in the name of the server.',
    rule: 'A reset in an established connection whose TTL is more than two away from that of every other packet of the same host in the same direction.',
    notThis: [
      'A reset that answers a SYN: there is no other packet of the host to compare with.',
      'A reset after both sides closed, or the other side reset: a NAT or kernel that clears up.',
      'A path change: then later packets have the new TTL too.',
      'The node resets for its pod (one hop nearer): a distance of one or two.',
      'Encapsulated and plain packets are compared apart.',
    ],
    causes: ['Firewall or intrusion prevention policy', 'A load balancer that ends connections', 'A proxy in between'],
    confirm: [
      {
        on: '<server>',
        command: 'tcpdump -nn host <client> and tcp[tcpflags] & tcp-rst != 0',
        expect: 'the server never sends this reset',
      },
    ],
    fix: ['Find the device by its TTL (hops away) and change its policy'],
    references: ['RFC 9293, 3.5.2', 'RFC 5961'],
  },
  thresholds,

  *detect(evidence) {
    const groups = new Map<string, Forged[]>();
    for (const forged of forgedResets(evidence)) {
      const key = endpointText(senderOf(forged));
      appendTo(groups, key, forged);
    }
    for (const [key, group] of groups) yield occurrenceOf(evidence, key, group);
  },

  explain({ host, ttl, usualTtl, connections, neverSent, afterData }, names) {
    return {
      message: `Resets in the name of ${host} come from another machine: TTL ${ttl}, all its other packets have ${usualTtl} (${connections} connections)`,
      why: 'Packets of one host on one path arrive with one TTL. These resets started somewhere else.',
      hypotheses: [
        {
          cause: 'a firewall or intrusion prevention system on the way cuts the connection',
          likelihood: 'likely',
          for: [
            `TTL ${ttl} instead of ${usualTtl}`,
            ...(afterData ? ['the reset follows right after data: it may be judged by content'] : []),
            ...(neverSent ? ['the reset is absent at the point nearer to the host'] : []),
          ],
          against: [],
        },
        { cause: 'a load balancer or proxy ends the connection', likelihood: 'possible', for: [], against: [] },
      ],
      confirm: [
        {
          on: names.address(host),
          command: "tcpdump -nn -i any 'tcp[tcpflags] & tcp-rst != 0'",
          expect: 'the host itself does not send these resets',
        },
      ],
      fix: [
        'Find the device: its distance follows from the TTL (64, 128 or 255 less the hops). Change its policy for this traffic.',
      ],
      wireshark: `tcp.flags.reset==1 && ip.ttl==${ttl}`,
    };
  },
});

const senderOf = ({ leg, reset }: Forged) => (reset.direction === 0 ? leg.client : leg.server);

function* forgedResets(evidence: Evidence): Iterable<Forged> {
  const index = indexOf(evidence);
  for (const conversation of index.tcp) {
    for (const leg of index.connections(conversation)) {
      const reset = leg.resets.find((candidate) => isForeign(leg, candidate));
      if (reset === undefined) continue;
      yield { conversation, leg, reset, usualTtl: usualTtl(leg, reset.direction, reset.ttl)! };
      break;
    }
  }
}

function isForeign(leg: Connection, reset: ResetEvent): boolean {
  if (isOver(leg, reset)) return false;
  if (leg.synAck.length === 0 && leg.rolesFrom !== 'guess') return false;
  const usual = usualTtl(leg, reset.direction, reset.ttl);
  return usual !== null && Math.abs(usual - reset.ttl) > thresholds.ttlDistance.value;
}

/** Both sides had closed, or the other side had reset before: this reset cuts nothing. */
function isOver({ directions, resets }: Connection, reset: ResetEvent): boolean {
  const closed = directions[0].fins > 0 && directions[1].fins > 0;
  return closed || resets.some(({ time, direction }) => direction !== reset.direction && time < reset.time);
}

/** The one TTL of the host's packets other than resets; null when there are too few or several. */
function usualTtl({ directions, resets }: Connection, direction: Direction, resetTtl: number): number | null {
  const foreign = resets.filter((reset) => reset.direction === direction && reset.ttl === resetTtl).length;
  const own = directions[direction].ttls
    .map(({ value, count }) => ({ value, count: value === resetTtl ? count - foreign : count }))
    .filter(({ count }) => count > 0);
  if (own.length === 0 || own.some(({ value }) => Math.abs(value - resetTtl) <= thresholds.ttlDistance.value))
    return null;
  const most = own.reduce((best, other) => (other.count > best.count ? other : best));
  return most.count >= thresholds.ownPackets.value ? most.value : null;
}

function occurrenceOf(evidence: Evidence, host: string, group: readonly Forged[]): ResetInjected {
  const [{ reset, usualTtl: usual, leg }] = group;
  const packets: EvidencePacket[] = group.flatMap((forged) =>
    packetsAt(
      forged.leg.point,
      [forged.reset],
      `RST with TTL ${forged.reset.ttl}, usual is ${forged.usualTtl}`,
      forged.reset.direction === 0 ? '>' : '<',
    ),
  );
  const neverSent = group.some(({ conversation }) => conversation.legs.length > 1);
  return {
    key: host,
    grade: 'confirmed',
    subject: {
      protocol: 'tcp',
      client: group.length === 1 ? leg.client.address : null,
      server: endpointText(leg.server),
    },
    conversations: group.map(({ conversation }) => conversation.index),
    place: `on the way between ${leg.client.address} and ${leg.server.address}, as seen from ${evidence.points[leg.point].name}`,
    ...excerpt(packets),
    reach: group.length,
    measured: { ttl: reset.ttl, usualTtl: usual, connections: group.length },
    host,
    ttl: reset.ttl,
    usualTtl: usual,
    connections: group.length,
    neverSent,
    afterData: group.every((forged) => (forged.reset.sincePeer ?? 1) < 0.1),
  };
}
