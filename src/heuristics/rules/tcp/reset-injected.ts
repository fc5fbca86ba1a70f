import type { Connection, Conversation, Direction, Evidence, ResetEvent } from '../../../flows/evidence/evidence.ts';
import { TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { addressOf } from '../../../text/addresses.ts';
import { endpointText } from '../../facts/attempts.ts';
import {
  comesFromElsewhere,
  goesOn,
  hadSomethingToCut,
  isOutsideWindow,
  isWorkOpen,
  TTL_DISTANCE,
  wasStillOpen,
} from '../../facts/counter/resets.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { GATES, gatesOf } from '../../facts/gates.ts';
import { ONE_WAY_SHARE } from '../../facts/one-way.ts';
import { type Answers, gradeOf } from '../../rule/grade.ts';
import { defineRule, type EvidencePacket, type Grade, type Occurrence } from '../../rule/rule.ts';
import { appendTo } from '../../words/append-to.ts';
import { watches } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { familyOf, fromAddress, hopLimit } from '../../words/display-filter.ts';
import { excerpt, packetsAt } from '../../words/excerpt.ts';

const thresholds = {
  ttlDistance: TTL_DISTANCE,
  ownPackets: { value: 2, unit: 'packets', source: 'docs/thresholds.md, two-show-a-habit' },
} as const;

interface Forged {
  conversation: Conversation;
  leg: Connection;
  reset: ResetEvent;
  usualTtl: number | null;
  /** The point at the sender's end that saw the connection but not this reset. */
  absentAt: number | null;
  grade: Grade;
}

interface ResetInjected extends Occurrence {
  host: string;
  ttl: number;
  usualTtl: number | null;
  connections: number;
  /** The point that should have seen the reset first but did not. */
  absentAt: number | null;
  afterData: boolean;
}

/**
 * The host that a reset claims to come from never sent it: the TTL differs, or the host's point never saw the reset.
 */
export const resetInjected = defineRule<ResetInjected>({
  meta: {
    id: 'reset-injected',
    faultClass: 'tcp',
    level: 'error',
    recordedIn: 'lab/perf-rst-middlebox-ttl',
    place: 'mechanism',
    explains: ['immediate-close', 'half-open', 'packet-loss', 'peer-vanished'],
    summary: 'A reset comes from another machine than its source address says',
    meaning:
      'A firewall, intrusion prevention system or load balancer on the way cuts the connection in the name of the server.',
    rule: 'A reset in an established connection whose TTL is more than two away from that of every other packet of the same host in the same direction, and whose sender is more than two hops nearer or farther by the usual initial TTLs, or as far while a request waits for its answer or the reset acknowledges something and lies outside the window, or the host goes on to its FIN; or that the capture point at that host’s end, which holds all its other packets of the connection, never saw.',
    notThis: [
      'A reset that answers a SYN: there is no other packet of the host to compare with.',
      'A reset after both sides closed, or the other side reset: a NAT or kernel that clears up.',
      'A FIN was seen before, and nothing is open any more: the same. A FIN after it says that the reset was refused.',
      'A scanner: nothing was established, and its program and its kernel send with different TTLs from the same place.',
      'A path change: then later packets have the new TTL too.',
      'The node resets for its pod (one hop nearer): a distance of one or two, unless a point at the pod shows that the pod did not.',
      'A point that misses other packets of the connection, or ended before: its silence proves nothing.',
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
  thresholds: { ...thresholds, ...GATES, oneWayShare: ONE_WAY_SHARE },

  *detect(evidence) {
    const groups = new Map<string, Forged[]>();
    for (const forged of forgedResets(evidence)) {
      appendTo(groups, nameOf(forged), forged);
    }
    for (const [key, group] of groups) yield occurrenceOf(evidence, key, group);
  },

  explain({ host, ttl, usualTtl, connections, absentAt, afterData }, names) {
    const address = addressOf(host);
    const byTtl = usualTtl === null ? [] : [`TTL ${ttl} instead of ${usualTtl}`];
    const proof =
      absentAt === null
        ? `TTL ${ttl}, all its other packets have ${usualTtl}`
        : `they never passed ${names.point(absentAt)}, as all its other packets did`;
    return {
      message: `Resets in the name of ${host} come from another machine: ${proof} (${counted(connections, 'connection')})`,
      why:
        absentAt === null
          ? 'Packets of one host on one path arrive with one TTL. These resets started somewhere else.'
          : `The capture at ${names.point(absentAt)} holds these connections and not these resets: they started behind it, on the way.`,
      causes: [
        {
          id: 'firewall-resets',
          cause: 'a firewall or intrusion prevention system on the way cuts the connection',
          for: [
            ...byTtl,
            ...(afterData ? ['the reset follows right after data: it may be judged by content'] : []),
            ...(absentAt === null ? [] : [`the reset is absent at ${names.point(absentAt)}`]),
          ],
          against: [],
        },
        { id: 'proxy-resets', cause: 'a load balancer or proxy ends the connection', for: [], against: [] },
      ],
      confirm: [
        watches(names.machine(address), `src host ${address} and tcp[tcpflags] & tcp-rst != 0`, {
          expect: 'the host itself does not send these resets',
          shows: { lacks: 'Flags \\[R' },
        }),
      ],
      fix: [
        `Find the device between ${names.address(address)} and its peers: its distance follows from the TTL (64, 128 or 255 less the hops). Change its policy for this traffic.`,
      ],
      wireshark: `tcp.flags.reset==1 && ${fromAddress(address)} && ${hopLimit(familyOf(address), `==${ttl}`)}`,
    };
  },
});

const senderOf = ({ leg, reset }: Forged) => (reset.direction === TO_SERVER ? leg.client : leg.server);

/** Names a server with its port. A client is named without, because its port differs each time. */
const nameOf = (forged: Forged): string =>
  forged.reset.direction === TO_SERVER ? senderOf(forged).address : endpointText(senderOf(forged));

function* forgedResets(evidence: Evidence): Iterable<Forged> {
  const index = indexOf(evidence);
  for (const conversation of index.tcp) {
    const legs = index.connections(conversation);
    const forged = legs.map((leg) => forgedAt(evidence, conversation, legs, leg)).filter((found) => found !== null);
    const told = forged.find(({ absentAt }) => absentAt !== null) ?? forged[0];
    if (told !== undefined) yield told;
  }
}

function forgedAt(
  evidence: Evidence,
  conversation: Conversation,
  legs: readonly Connection[],
  leg: Connection,
): Forged | null {
  for (const reset of leg.resets) {
    if (answersReset(leg, reset)) continue;
    const absentAt = whereNeverSeen(evidence, conversation, legs, leg, reset);
    const usual = usualTtl(leg, reset.direction, reset.ttl);
    if (absentAt === null && usual === null) continue;
    const answers: Answers = {
      'something-to-cut': hadSomethingToCut(leg, reset),
      'still-open': wasStillOpen(leg, reset),
      'from-elsewhere':
        absentAt !== null ? 'passed' : comesFromElsewhere(usual!, reset.ttl, isOdd(evidence, leg, reset)),
    };
    const grade = gradeOf(answers);
    if (grade !== null) return { conversation, leg, reset, usualTtl: usual, absentAt, grade };
  }
  return null;
}

/**
 * The point nearest to the host that is said to have sent the reset, if this point lacks the reset. The point must
 * provably have captured the host's earlier packets of this connection, and must have run long enough to see the reset:
 *
 *   client point   data … RST        the same connection at both, the reset at one
 *   server point   data …
 */
function whereNeverSeen(
  evidence: Evidence,
  { hops }: Conversation,
  legs: readonly Connection[],
  leg: Connection,
  { direction, time, seq }: ResetEvent,
): number | null {
  const origin = direction === TO_SERVER ? legs[0] : legs[legs.length - 1];
  // Merged captures show a connection plain and encapsulated at one point. A reset in either form did pass there.
  const atOrigin = legs.filter(({ point }) => point === origin.point).flatMap(({ resets }) => resets);
  if (origin.point === leg.point || atOrigin.some((other) => other.direction === direction && other.seq === seq))
    return null;
  const there = origin.directions[direction];
  const here = leg.directions[direction];
  if (there.resets > origin.resets.filter((other) => other.direction === direction).length) return null;
  const own = here.packets - here.resets;
  if (there.packets < own || own < thresholds.ownPackets.value) return null;
  if (!gatesOf(evidence).absence(origin.point).ok) return null;
  const onCommonClock = (point: number, when: number): number => when + evidence.points[point].timeShift;
  if (onCommonClock(origin.point, indexOf(evidence).endOf(origin.point)) < onCommonClock(leg.point, time)) return null;
  const isLinked = hops.some((hop) => hop.direction === direction && hop.from === origin.point && hop.matched > 0);
  return isLinked ? origin.point : null;
}

/** As `comesFromElsewhere` asks. The window is not known where the handshake with its scale was not captured. */
const isOdd = (evidence: Evidence, leg: Connection, reset: ResetEvent): boolean =>
  isWorkOpen(leg) || goesOn(leg, reset) || (isOutsideWindow(reset) && gatesOf(evidence).beginning(leg).ok);

/** The other side sent an earlier reset, so this reset ends nothing. */
const answersReset = ({ resets }: Connection, reset: ResetEvent): boolean =>
  resets.some(({ time, direction }) => direction !== reset.direction && time < reset.time);

/** The one TTL of the host's packets other than resets. Null if the packets are too few or have several TTLs. */
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
      forged.usualTtl === null
        ? `RST with TTL ${forged.reset.ttl}`
        : `RST with TTL ${forged.reset.ttl}, usual is ${forged.usualTtl}`,
      forged.reset.direction === 0 ? '>' : '<',
    ),
  );
  const absentAt = group.find((forged) => forged.absentAt !== null)?.absentAt ?? null;
  const { client, server } = leg;
  const at = evidence.points[leg.point].name;
  return {
    key: host,
    grade: group.every((forged) => forged.grade === 'confirmed') ? group[0].grade : 'inferred',
    subject: {
      protocol: 'tcp',
      client: group.length === 1 ? leg.client.address : null,
      server: endpointText(leg.server),
    },
    conversations: group.map(({ conversation }) => conversation.index),
    place:
      absentAt === null
        ? `on the way between ${client.address} and ${server.address}, as seen from ${at}`
        : `on the way between ${evidence.points[absentAt].name} and ${at}`,
    ...excerpt(packets),
    reach: group.length,
    measured: { ttl: reset.ttl, usualTtl: usual, connections: group.length },
    host,
    ttl: reset.ttl,
    usualTtl: usual,
    connections: group.length,
    absentAt,
    afterData: group.every((forged) => (forged.reset.sincePeer ?? 1) < 0.1),
  };
}
