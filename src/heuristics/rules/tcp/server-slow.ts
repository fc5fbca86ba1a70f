import type { Connection, Evidence, Turn } from '../../../flows/evidence/evidence.ts';
import { TO_CLIENT } from '../../../flows/evidence/evidence.ts';
import { ATTEMPT_THRESHOLDS, attemptsOf, endpointText, withoutTranslatedCopies } from '../../facts/attempts.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type EvidencePacket, type Occurrence } from '../../rule/rule.ts';
import { excerpt, packetsAt } from '../../words/excerpt.ts';

const thresholds = {
  seconds: { value: 1, unit: 's', source: 'docs/thresholds.md, server-wait' },
  networkFactor: { value: 10, unit: 'factor', source: 'docs/thresholds.md, server-wait' },
  turns: { value: 2, unit: 'exchanges', source: 'docs/thresholds.md, two-show-a-habit' },
  pollSeconds: { value: 2.5, unit: 's', source: 'docs/thresholds.md, server-poll' },
  pollTurns: { value: 3, unit: 'exchanges', source: 'docs/thresholds.md, server-poll' },
  pollSpread: { value: 0.02, unit: 'share', source: 'docs/thresholds.md, server-poll' },
  pollOctets: { value: 600, unit: 'octets', source: 'docs/thresholds.md, server-poll' },
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
  polls: boolean;
}

interface SlowServer {
  legs: { leg: Connection; conversation: number; turns: Turn[] }[];
  turns: number;
}

/** The network is fast, and the server answers slowly. */
export const serverSlow = defineRule<Slow>({
  meta: {
    id: 'server-slow',
    faultClass: 'tcp',
    level: 'warning',
    recordedIn: 'lab/perf-server-slow-response',
    place: 'mechanism',
    symptomOf: 'silent-path',
    summary: 'The server acknowledges requests at once and answers late',
    meaning:
      'The network delivered the request, as the acknowledgement shows. The time passes in the application or in what it waits for.',
    rule: 'Answers that begin 1 s or more, and ten round trips or more, after the request, where the request was acknowledged meanwhile or nothing was lost: two or more for one server, and 30 % of its exchanges.',
    notThis: [
      'Push channels and interactive sessions: most exchanges of the server are quick, or the server speaks unasked.',
      'Long polls, told as a note: three or more equal waits of 2.5 s and more for small answers to small requests.',
      'The request or answer was lost and sent again: that is packet-loss.',
      'Idle time between an answer and the next request is the client’s.',
      'A shut window.',
    ],
    causes: ['The application is slow, or a dependency of it', 'CPU limit', 'Lock or pool exhausted'],
    confirm: [{ on: '<server pod>', command: 'kubectl top pod; cat cpu.stat', expect: 'throttling' }],
    fix: ['Look at the application and what it calls, not at the network'],
    references: ['RFC 9293, 3.8.6.3: an ACK may come alone'],
  },
  thresholds: { ...thresholds, ...ATTEMPT_THRESHOLDS, ...TRACEROUTE_THRESHOLDS },

  *detect(evidence) {
    for (const [server, { legs, turns }] of slowServers(evidence)) {
      const slow = legs.reduce((sum, { turns: some }) => sum + some.length, 0);
      if (slow >= thresholds.turns.value && slow >= turns * thresholds.share.value)
        yield occurrenceOf(evidence, server, legs, turns, slow);
    }
  },

  explain({ server, slow, turns, polls, longest, ackSeconds, roundTrip, unanswered }, names) {
    const address = server.slice(0, server.lastIndexOf(':')).replace(/^\[|\]$/g, '');
    return {
      message: `${server} takes up to ${longest.toFixed(1)} s to answer (${slow} of ${turns} exchanges are slow), the network is quick`,
      why: `${ackSeconds === null ? 'Nothing was lost or repeated meanwhile' : `The request was acknowledged after ${(ackSeconds * 1000).toFixed(1)} ms`}${roundTrip === null ? '' : `, a round trip takes ${(roundTrip * 1000).toFixed(1)} ms`}: the time passes in the application.`,
      causes: [
        {
          id: 'application-slow',
          cause: 'the application or something it waits for is slow',
          for: [
            `${slow} of ${turns} answers take longer than ${thresholds.seconds.value} s`,
            ...(unanswered > 0 ? [`${unanswered} requests got no answer at all`] : []),
          ],
          against: [],
        },
        ...(polls
          ? [
              {
                id: 'long-polls',
                cause: 'these are long polls: the server answers when there is news or a timer ends',
                telling: ['the waits are equal, the answers small, and the client asks again'],
                for: [],
                against: [],
              },
            ]
          : []),
        { id: 'cpu-limit', cause: 'the pod is throttled by its CPU limit', for: [], against: [] },
      ],
      confirm: [
        { on: 'a machine with kubectl', command: 'kubectl top pod -A --sort-by=cpu', expect: 'the pod at its limit' },
        {
          on: `the node of ${names.address(address)}`,
          command: 'cat /sys/fs/cgroup/kubepods.slice/cpu.stat',
          expect: 'nr_throttled rises',
        },
      ],
      fix: ['Look at the application and what it calls (database, DNS, locks), not at the network.'],
      wireshark: `ip.addr==${address} && tcp.len>0`,
    };
  },
});

/** Slow servers by the endpoint that answers, or by the service if several endpoints answer for it. */
function slowServers(evidence: Evidence): Map<string, SlowServer> {
  const index = indexOf(evidence);
  const servers = new Map<string, SlowServer>();
  const talks = withoutTranslatedCopies(attemptsOf(evidence)).map(({ conversation }) => {
    const legs = index.connections(conversation);
    const leg = legs[legs.length - 1];
    return { conversation, leg, asked: endpointText(conversation.serverBeforeNat ?? legs[0].server) };
  });
  const behind = new Map<string, Set<string>>();
  for (const { asked, leg } of talks) behind.set(asked, (behind.get(asked) ?? new Set()).add(endpointText(leg.server)));
  for (const { conversation, leg, asked } of talks) {
    if (leg.rolesFrom === 'guess' || leg.turns === 0 || speaksUnasked(leg)) continue;
    const key = behind.get(asked)!.size > 1 ? asked : endpointText(leg.server);
    const server = servers.get(key) ?? { legs: [], turns: 0 };
    servers.set(key, server);
    server.turns += leg.turns;
    const turns = leg.slowTurns.filter((turn) => isSlow(leg, turn));
    if (turns.length > 0) server.legs.push({ leg, conversation: conversation.index, turns });
  }
  return servers;
}

/**
 * The server sends data after a pause without a request, as in a chat, a push channel or a terminal. This data answers
 * no request, so its delay is not a fault.
 */
function speaksUnasked({ idleGaps, slowTurns }: Connection): boolean {
  const answers = new Set(slowTurns.map(({ response }) => response?.packet));
  return idleGaps.some(
    ({ direction, keepAlive, octets, to, seconds }) =>
      direction === TO_CLIENT &&
      !keepAlive &&
      octets > 0 &&
      !answers.has(to.packet) &&
      seconds >= thresholds.seconds.value,
  );
}

function isSlow(leg: Connection, turn: Turn): boolean {
  const roundTrip = Math.max(leg.handshakeServerSide ?? 0, leg.handshakeClientSide ?? 0, leg.rtt[0]?.min ?? 0);
  if (
    turn.response === null ||
    turn.seconds < Math.max(thresholds.seconds.value, roundTrip * thresholds.networkFactor.value)
  )
    return false;
  const from = turn.request.time;
  const to = turn.response.time;
  const repaired = leg.events.some(
    (event) =>
      event.time >= from &&
      event.time <= to &&
      (event.kind === 'retransmission' ||
        event.kind === 'fastRetransmission' ||
        event.kind === 'previousSegmentNotCaptured'),
  );
  const shut = leg.zeroWindowSpans.some((span) => span.start.time <= to && (span.end?.time ?? span.lastTime) >= from);
  return !repaired && !shut;
}

/**
 * All slow waits are in groups of equal length, for small answers to small requests. They come from a timer, not from
 * work.
 */
function arePolls(legs: SlowServer['legs']): boolean {
  const waits = legs.flatMap(({ turns }) => turns.map(({ seconds }) => seconds));
  const isTimer = (seconds: number): boolean =>
    seconds >= thresholds.pollSeconds.value &&
    waits.filter((other) => Math.abs(other - seconds) <= seconds * thresholds.pollSpread.value).length >=
      thresholds.pollTurns.value;
  return (
    waits.every(isTimer) &&
    legs.every(
      ({ leg, turns }) =>
        leg.directions[TO_CLIENT].payloadOctets <= leg.turns * thresholds.pollOctets.value &&
        turns.every(({ requestOctets }) => requestOctets <= thresholds.pollOctets.value),
    )
  );
}

function occurrenceOf(evidence: Evidence, server: string, legs: SlowServer['legs'], turns: number, slow: number): Slow {
  const all = legs.flatMap(({ leg, turns: some }) => some.map((turn) => ({ leg, turn })));
  const slowest = all.reduce((most, other) => (other.turn.seconds > most.turn.seconds ? other : most));
  const packets: EvidencePacket[] = all.flatMap(({ leg, turn }) => [
    ...packetsAt(leg.point, [turn.request], 'request', '>'),
    ...packetsAt(
      leg.point,
      turn.response === null ? [] : [turn.response],
      `answer begins after ${turn.seconds.toFixed(3)} s`,
      '<',
    ),
  ]);
  const { leg, turn } = slowest;
  const polls = arePolls(legs);
  return {
    key: server,
    ...(polls && { level: 'note' as const }),
    grade: gradeOf({ 'request-acknowledged': whereSeen(turn.ackTime !== null) }),
    subject: { protocol: 'tcp', client: legs.length === 1 ? leg.client.address : null, server },
    conversations: legs.map(({ conversation }) => conversation),
    place: `in the application on ${leg.server.address}, as seen from ${evidence.points[leg.point].name}`,
    ...excerpt(packets),
    reach: slow,
    measured: {
      slow,
      turns,
      longestSeconds: turn.seconds,
      ackSeconds: turn.ackTime === null ? null : turn.ackTime - turn.request.time,
    },
    server,
    slow,
    turns,
    longest: turn.seconds,
    ackSeconds: turn.ackTime === null ? null : turn.ackTime - turn.request.time,
    roundTrip: leg.handshakeServerSide,
    unanswered: all.filter((one) => one.turn.response === null).length,
    polls,
  };
}
