import { TO_CLIENT, TO_SERVER } from '../../../flows/evidence/evidence.ts';
import {
  ATTEMPT_THRESHOLDS,
  type Attempt,
  attemptsOf,
  endpointText,
  withoutTranslatedCopies,
} from '../../facts/attempts.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { GATES, gatesOf } from '../../facts/gates.ts';
import { ONE_WAY_SHARE } from '../../facts/one-way.ts';
import { aboutConnections } from '../../facts/tcp/about-endings.ts';
import { TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { counters, sockets } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { withAddress } from '../../words/display-filter.ts';
import { endpointParts } from '../../words/endpoint-parts.ts';
import { packetsAt } from '../../words/excerpt.ts';
import { groupBy } from '../../words/group-by.ts';

const thresholds = {
  attempts: { value: 100, unit: 'attempts', source: 'docs/thresholds.md, syn-flood' },
  seconds: { value: 10, unit: 's', source: 'docs/thresholds.md, syn-flood' },
  sources: { value: 20, unit: 'addresses', source: 'docs/thresholds.md, syn-flood' },
  repeatedShare: { value: 0.1, unit: 'share', source: 'docs/thresholds.md, syn-flood' },
  oldShare: { value: 0.5, unit: 'share', source: 'docs/thresholds.md, majority' },
  patienceSeconds: { value: 1.5, unit: 's', source: 'docs/thresholds.md, syn-flood' },
} as const;

interface Flood extends Occurrence {
  server: string;
  halfOpen: number;
  sources: number;
  seconds: number;
  served: number;
  /** The capture goes on for long enough to show that nobody asks again. */
  isToldApart: boolean;
}

/** Many SYNs of sources that never answer the SYN-ACK and never ask again. */
export const synFlood = defineRule<Flood>({
  meta: {
    id: 'syn-flood',
    faultClass: 'application',
    level: 'error',
    recordedIn: null,
    place: 'mechanism',
    explains: ['syn-ack-unacknowledged', 'listen-queue-overflow', 'syn-no-reply'],
    summary: 'A listener gets many SYNs from sources that never answer and never ask again',
    meaning:
      'Somebody sends SYNs with addresses that are not its own. The listener answers each, keeps it half open and repeats the SYN-ACK; its queue fills, and real clients wait or are answered with SYN cookies.',
    rule: 'A hundred SYNs or more to one port within 10 s, from twenty addresses or more, whose SYN-ACK nobody acknowledges or resets; fewer than a tenth of those that are older than 1.5 s are sent again, as a client would. A note where fewer than half, and fewer than a hundred, are that old.',
    notThis: [
      'Clients that do not get the SYN-ACK (a broken way back): they repeat the SYN after a second.',
      'A scan of many ports.',
      'Clients of few addresses.',
      'Ordinary load: the SYN-ACK is acknowledged.',
    ],
    causes: ['An attack with forged sources', 'A load generator or scanner without a TCP stack of its own'],
    confirm: [
      {
        on: '<server>',
        command: 'nstat -az TcpExtSyncookiesSent TcpExtTCPReqQFullDoCookies; ss -tn state syn-recv',
        expect: 'counters that rise, many half open',
      },
    ],
    fix: [
      'Keep SYN cookies on (net.ipv4.tcp_syncookies=1)',
      'Filter forged sources at the edge (RFC 2827), limit SYNs a second for each source',
    ],
    references: ['RFC 4987: TCP SYN flooding', 'RFC 2827'],
  },
  thresholds: { ...thresholds, ...ATTEMPT_THRESHOLDS, ...TRACEROUTE_THRESHOLDS, ...GATES, oneWayShare: ONE_WAY_SHARE },

  *detect(evidence) {
    const attempts = withoutTranslatedCopies(attemptsOf(evidence)).filter(
      ({ connection }) => connection.syn.length > 0,
    );
    const byServer = groupBy(attempts, ({ connection }) => endpointText(connection.server));
    for (const [server, all] of byServer) {
      const open = all.filter((one) => isHalfOpen(one) && gatesOf(evidence).absence(one.connection.point).ok);
      if (open.length < thresholds.attempts.value || !isBurst(open)) continue;
      const sources = new Set(open.map(({ connection }) => connection.client.address)).size;
      if (sources < thresholds.sources.value) continue;
      const old = open.filter(
        ({ connection: { point, syn } }) =>
          indexOf(evidence).endOf(point) - syn[0].time >= thresholds.patienceSeconds.value,
      );
      const repeated = old.filter(({ connection }) => connection.syn.length > 1).length;
      if (repeated > thresholds.repeatedShare.value * old.length) continue;
      const isToldApart = old.length >= Math.min(thresholds.attempts.value, thresholds.oldShare.value * open.length);
      const times = open.map(({ connection }) => connection.syn[0].time);
      const served = all.filter(({ connection }) => connection.handshakeAck !== null).length;
      const concerned = open.map(({ connection, conversation }) => ({
        leg: connection,
        conversation: conversation.index,
      }));
      yield {
        ...aboutConnections(evidence, server, concerned, ({ point, syn, synAck }) => [
          ...packetsAt(point, syn.slice(0, 1), 'SYN', '>'),
          ...packetsAt(point, synAck.slice(0, 1), 'SYN-ACK that nobody acknowledges', '<'),
        ]),
        subject: { protocol: 'tcp', client: `${sources} clients`, server },
        ...(!isToldApart && { level: 'note' as const, pending: 'ends-too-soon' as const }),
        grade: gradeOf({ 'nobody-acknowledges': 'passed', 'nobody-asks-again': whereSeen(isToldApart) }),
        measured: { halfOpen: open.length, sources, seconds: Math.max(...times) - Math.min(...times), served },
        server,
        halfOpen: open.length,
        sources,
        seconds: Math.max(...times) - Math.min(...times),
        served,
        isToldApart,
      };
    }
  },

  explain({ server, halfOpen, sources, seconds, served, isToldApart }, names) {
    const { address, port } = endpointParts(server);
    return {
      message: `${server} gets ${halfOpen} SYNs from ${sources} addresses in ${seconds.toFixed(1)} s, and none of them goes on${isToldApart ? ': a SYN flood' : ''}`,
      why: `${names.address(address)} answers with SYN-ACKs that nobody acknowledges or resets, and ${isToldApart ? 'the senders do not repeat their SYN, as a client would that waits' : 'the capture ends before a client would repeat its SYN'}. ${served === 0 ? 'No other connection to the port is opened' : `${counted(served, 'other connection')} to the port ${served === 1 ? 'is' : 'are'} opened`}.`,
      causes: [
        {
          id: 'forged-sources',
          cause: 'SYNs with forged sources: an attack or a test',
          telling: isToldApart ? ['no source acknowledges, resets or asks again'] : [],
          for: [`${sources} addresses for ${halfOpen} SYNs`],
          against: [],
        },
        {
          id: 'way-back-broken',
          cause: 'the SYN-ACKs do not reach real clients',
          for: [],
          against: isToldApart ? ['real clients repeat a SYN after a second'] : [],
        },
      ],
      confirm: [
        counters(names.nodeOf(address), ['TcpExtSyncookiesSent', 'TcpExtTCPReqQFullDrop'], 4, {
          expect: 'counters that rise',
          shows: { rises: 'TcpExtSyncookiesSent' },
        }),
        sockets(names.machine(address), '-tn state syn-recv', 'sport', port, 'many half-open connections'),
      ],
      fix: ['Keep net.ipv4.tcp_syncookies=1, filter forged sources at the edge, and limit SYNs a second.'],
      wireshark: `${withAddress(address)} && tcp.port==${port} && tcp.flags.syn==1`,
    };
  },
});

/** The client said nothing after its SYN. */
const isHalfOpen = ({ connection: { directions, synAck, handshakeAck } }: Attempt): boolean =>
  handshakeAck === null &&
  synAck.length > 0 &&
  directions[TO_SERVER].packets === directions[TO_SERVER].syns &&
  directions[TO_CLIENT].dataSegments === 0;

/** `attempts` of them begin within `seconds`. */
function isBurst(open: readonly Attempt[]): boolean {
  const times = open.map(({ connection }) => connection.syn[0].time).sort((a, b) => a - b);
  const last = thresholds.attempts.value - 1;
  return times.some((time, at) => at >= last && time - times[at - last] <= thresholds.seconds.value);
}
