import type { Evidence } from '../../../flows/evidence/evidence.ts';
import { duration } from '../../../text/duration.ts';
import { shellQuote } from '../../../text/shell-quote.ts';
import { ATTEMPT_THRESHOLDS } from '../../facts/attempts.ts';
import { GATES } from '../../facts/gates.ts';
import { ONE_WAY_SHARE } from '../../facts/one-way.ts';
import { BEGINNING_THRESHOLDS } from '../../facts/tcp/beginnings.ts';
import { BLOCKING_THRESHOLDS, blockingReads, mayBlock } from '../../facts/tcp/blocking-reads.ts';
import { type ChainStep, chainSteps, chainText, type Innermost, innermostServers } from '../../facts/tcp/wait-chain.ts';
import { WAIT_THRESHOLDS, type Wait } from '../../facts/tcp/waits.ts';
import { TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type EvidencePacket, type Occurrence } from '../../rule/rule.ts';
import { podWith, runs, servicesWith } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { withAddress } from '../../words/display-filter.ts';
import { endpointParts } from '../../words/endpoint-parts.ts';
import { excerpt, packetsAt } from '../../words/excerpt.ts';

const thresholds = {
  share: { value: 0.3, unit: 'share', source: 'docs/thresholds.md, slow-exchanges' },
} as const;

interface Slow extends Occurrence {
  server: string;
  slow: number;
  turns: number;
  longest: number;
  ackSeconds: number | null;
  roundTrip: number | null;
  unanswered: number;
  /** Why the server need not be slow: the client asked it to hold the answer. */
  held: 'asked' | 'timer' | 'event' | null;
  /** The slow answers are those of the server in the TLS handshake. */
  tls: boolean;
  chain: ChainStep[];
}

const ENDS_TOO_SOON = { level: 'note', pending: 'ends-too-soon' } as const;
const HELD_BY = {
  asked: 'the requests ask for it in so many words (BLPOP and the like)',
  timer: 'the waits are equal, the answers small, and the client asks again',
  event: 'the waits differ, and the client sends the same small request again at once after each answer',
} as const;

/** The network is fast, and the server answers slowly. */
export const serverSlow = defineRule<Slow>({
  meta: {
    id: 'server-slow',
    faultClass: 'tcp',
    level: 'warning',
    recordedIn: 'lab/perf-server-slow-response',
    place: 'mechanism',
    acquitsNetwork: true,
    symptomOf: 'silent-path',
    summary: 'The server acknowledges requests at once and answers late',
    meaning:
      'The network delivered the request, as the acknowledgement shows. The time passes in the application or in what it waits for.',
    rule: 'Answers that begin 1 s or more, and ten round trips or more, after the request, where the request was acknowledged meanwhile or nothing was lost: two or more for one server, and 30 % of its exchanges. Exchanges of TLS handshakes are counted apart and told as such.',
    notThis: [
      'Push channels and interactive sessions: most exchanges of the server are quick, or the server speaks unasked.',
      'Long polls, told as a note: three or more equal waits of 2.5 s and more for small answers to small requests.',
      'Blocking reads whose request says so (BLPOP, XREAD with BLOCK), told as a note.',
      'Blocking reads (BLPOP, Kafka fetch, long polls that end with an event), told as a note: three or more unequal waits, and the client sends the same small request again at once after each answer.',
      'Peers that speak by a timer of their own, whenever the other one spoke (BGP, BFD).',
      'The server itself waits for another one meanwhile: that one is blamed, with the chain.',
      'The server itself waits for connections that another one does not take: that one is blamed by other rules.',
      'The request or answer was lost and sent again: that is packet-loss.',
      'Idle time between an answer and the next request is the client’s.',
      'A shut window.',
    ],
    causes: ['The application is slow, or a dependency of it', 'CPU limit', 'Lock or pool exhausted'],
    confirm: [{ on: '<server pod>', command: 'kubectl top pod; cat cpu.stat', expect: 'throttling' }],
    fix: ['Look at the application and what it calls, not at the network'],
    references: ['RFC 9293, 3.8.6.3: an ACK may come alone'],
  },
  thresholds: {
    ...thresholds,
    ...WAIT_THRESHOLDS,
    ...BLOCKING_THRESHOLDS,
    ...ATTEMPT_THRESHOLDS,
    ...TRACEROUTE_THRESHOLDS,
    ...BEGINNING_THRESHOLDS,
    ...GATES,
    oneWayShare: ONE_WAY_SHARE,
  },

  *detect(evidence) {
    for (const innermost of innermostServers(evidence).values()) {
      const { slow, turns, tlsTurns } = innermost.asked;
      for (const tls of [false, true]) {
        const waits = slow.filter(({ turn }) => turn.tls === tls);
        const of = tls ? tlsTurns : turns - tlsTurns;
        const isMuch = waits.length >= WAIT_THRESHOLDS.turns.value && waits.length >= of * thresholds.share.value;
        if (waits.length > 0 && (isMuch || innermost.outer.length >= WAIT_THRESHOLDS.turns.value))
          yield occurrenceOf(evidence, innermost, waits, of);
      }
    }
  },

  explain({ server, slow, turns, held, tls, longest, ackSeconds, roundTrip, unanswered, chain }, names) {
    const { address } = endpointParts(server);
    /** No machine, and no socket, has the address of a service. */
    const isService = names.machine(address) !== names.address(address);
    return {
      message: tls
        ? `${server} takes up to ${longest.toFixed(1)} s for its part of the TLS handshake (${slow} of ${counted(turns, 'handshake exchange')}), the network is quick`
        : `${server} takes up to ${longest.toFixed(1)} s to answer (${slow} of ${turns} exchanges are slow), the network is quick`,
      why: `${ackSeconds === null ? 'Nothing was lost or repeated meanwhile' : `The request was acknowledged after ${duration(ackSeconds)}`}${roundTrip === null ? '' : `, a round trip takes ${duration(roundTrip)}`}: the time passes in ${tls ? 'the program that ends TLS, before it reads any request' : 'the application'}.${chain.length > 1 ? ` ${chainText(chain, names.address)}; it waits for nobody itself that was captured.` : ''}`,
      causes: [
        {
          id: 'application-slow',
          cause: tls
            ? 'the program that ends TLS is busy, or waits for something before it answers (a key store, a look-up of the client, a session cache)'
            : 'the application or something it waits for is slow',
          for: [
            `${slow} of ${counted(turns, 'answer')} ${turns === 1 ? 'takes' : 'take'} longer than ${WAIT_THRESHOLDS.seconds.value} s`,
            ...(chain.length > 1
              ? [
                  `${counted(chain.length - 1, 'server before it waits', 'servers before it wait')} for it, and ${chain.length === 2 ? 'answers' : 'answer'} when it has`,
                ]
              : []),
            ...(unanswered > 0 ? [`${counted(unanswered, 'request')} got no answer at all`] : []),
          ],
          against: [],
        },
        ...(held !== null
          ? [
              {
                id: 'long-polls',
                cause: 'these are long polls or blocking reads: the server answers when there is news or a timer ends',
                telling: [HELD_BY[held]],
                for: [],
                against: [],
              },
            ]
          : []),
        { id: 'cpu-limit', cause: 'the pod is throttled by its CPU limit', for: [], against: [] },
      ],
      confirm: [
        isService
          ? servicesWith(
              address,
              'the service and its selector; kubectl top pod and kubectl logs of its pods show their load and their errors',
            )
          : podWith(address, 'the pod; kubectl top pod and kubectl logs with its name show its load and its errors'),
        runs(names.machine(address), 'cat /sys/fs/cgroup/cpu.stat', {
          expect: 'nr_throttled rises, if the CPU limit is the reason',
        }),
        runs(names.machine(address), isService ? 'ss -tnp' : `ss -tnp ${shellQuote(`src ${address}`)}`, {
          expect: 'to whom the application has connections open: what it waits for',
        }),
      ],
      fix: [
        `Look at the application on ${names.address(address)} and what it calls (database, DNS, locks), not at the network.`,
      ],
      wireshark: `${withAddress(address)} && tcp.len>0`,
    };
  },
});

/** @param slow waits of one kind, TLS handshakes or answers of the application @param turns exchanges of this kind */
function occurrenceOf(evidence: Evidence, { asked, outer, chain }: Innermost, slow: Wait[], turns: number): Slow {
  const { server, unanswered } = asked;
  const slowest = slow.reduce((most, other) => (other.turn.seconds > most.turn.seconds ? other : most));
  const packets: EvidencePacket[] = slow.flatMap(({ leg, turn }) => [
    ...packetsAt(leg.point, [turn.request], 'request', '>'),
    ...packetsAt(
      leg.point,
      turn.response === null ? [] : [turn.response],
      `${turn.tls ? 'TLS handshake goes on' : 'answer begins'} after ${turn.seconds.toFixed(3)} s`,
      '<',
    ),
  ]);
  const { leg, turn } = slowest;
  const { tls } = turn;
  const held = tls ? null : blockingReads(evidence, asked);
  const clients = new Set(slow.map((wait) => wait.conversation));
  return {
    key: tls ? `${server} TLS` : server,
    ...(held !== null && { level: 'note' as const }),
    ...(held === null && !tls && mayBlock(asked) && ENDS_TOO_SOON),
    grade: gradeOf({ 'request-acknowledged': whereSeen(turn.ackTime !== null) }),
    subject: { protocol: 'tcp', client: clients.size === 1 ? leg.client.address : null, server },
    conversations: [...new Set([...slow, ...outer].map(({ conversation }) => conversation))],
    place: `in the application on ${leg.server.address}, as seen from ${evidence.points[leg.point].name}`,
    ...excerpt(packets),
    reach: slow.length,
    measured: {
      slow: slow.length,
      turns,
      longestSeconds: turn.seconds,
      ackSeconds: turn.ackTime === null ? null : turn.ackTime - turn.request.time,
      ...(chain.length > 1 && {
        chain: chainSteps(chain),
      }),
    },
    server,
    slow: slow.length,
    turns,
    longest: turn.seconds,
    ackSeconds: turn.ackTime === null ? null : turn.ackTime - turn.request.time,
    roundTrip: leg.handshakeServerSide,
    unanswered: tls ? 0 : unanswered.length,
    held,
    tls,
    chain,
  };
}
