import type { Evidence } from '../../../flows/evidence/evidence.ts';
import { shellQuote } from '../../../text/shell-quote.ts';
import { breakPointOf } from '../../facts/place.ts';
import { subjectOf } from '../../facts/subject.ts';
import {
  AFTER_IDLE_THRESHOLDS,
  mayBeIdleTimeout,
  type SuddenEnd,
  suddenEnds,
  usualTtls,
  wasAcknowledgedElsewhere,
} from '../../facts/tcp/sudden-end.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { runs } from '../../words/commands.ts';
import { withAddress } from '../../words/display-filter.ts';
import { excerpt, packetsAt } from '../../words/excerpt.ts';

const thresholds = {
  sendings: { value: 2, unit: 'packets', source: 'docs/thresholds.md, two-show-a-habit' },
  /** A pause points to a known timeout if it is at most ten percent longer. */
  nearFactor: { value: 1.1, unit: 'factor', source: 'docs/thresholds.md, near-timeout' },
} as const;

/** Default idle timeouts of devices, in seconds, with the name of the device. */
const KNOWN_TIMEOUTS: readonly { seconds: number; owner: string }[] = [
  { seconds: 60, owner: 'AWS ALB' },
  { seconds: 240, owner: 'Azure load balancer' },
  { seconds: 300, owner: 'many firewalls' },
  { seconds: 350, owner: 'AWS NLB' },
  { seconds: 600, owner: 'Google Cloud' },
  { seconds: 900, owner: 'IPVS' },
  { seconds: 3600, owner: 'many firewalls' },
];
interface IdleTimeout extends Occurrence {
  speaker: string;
  peer: string;
  idle: number;
  survived: number;
  sendings: number;
  reset: boolean;
  known: string[];
}

/** A connection is dropped silently or reset after an idle time. */
export const idleTimeout = defineRule<IdleTimeout>({
  meta: {
    id: 'idle-timeout',
    faultClass: 'tcp',
    level: 'error',
    recordedIn: 'lab/perf-idle-nat-timeout',
    place: 'last-seen',
    explains: ['half-open', 'reset-injected', 'packet-loss', 'server-slow', 'peer-vanished'],
    explainsSymptomsOf: ['lost-between-points'],
    summary: 'A connection no longer passes after an idle time',
    meaning:
      'A NAT, firewall or load balancer on the way has forgotten the connection while it was idle. The ends still hold it.',
    rule: 'After a pause that is longer by a tenth than any other of the connection, that lasts 1.5 s and 15 retransmission timers, the next data of an established connection is ignored (two sendings or more without acknowledgement), to the end or until a reset comes, or draws a reset whose TTL is not that of the peer; the connection had worked before the pause.',
    notThis: [
      'The peer closed (FIN) before or during the pause.',
      'A reset of the peer itself at once: half-open.',
      'A sender that a shut or full window held back was not idle: peer-vanished.',
      'A pause that fits the rhythm of the connection, as it was survived before: peer-vanished.',
      'Acknowledgements that advance after the pause: the data is lost later, and the pause has nothing to do with it.',
      'An end that had reset the connection already.',
      'Another point of the path shows that the peer acknowledged: its acknowledgement was lost on the way back.',
      'Another connection of the same two addresses survived a pause as long: the pause is not the reason.',
    ],
    causes: ['Idle timeout of a load balancer, NAT gateway or firewall', 'conntrack timeout of a node'],
    confirm: [
      { on: '<node>', command: 'sysctl -a | grep nf_conntrack_tcp_timeout', expect: 'a timeout below the pause' },
    ],
    fix: ['Send keep-alives at less than half of the timeout', 'Raise the timeout'],
    references: ['RFC 5382, REQ-5', 'Linux nf_conntrack_tcp_timeout_established'],
  },
  thresholds: { ...thresholds, ...AFTER_IDLE_THRESHOLDS },

  *detect(evidence) {
    for (const end of suddenEnds(evidence)) if (isTimeout(evidence, end)) yield occurrenceOf(evidence, end);
  },

  explain({ speaker, peer, idle, survived, sendings, reset, known, between }, names) {
    const where = between == null ? 'each node and gateway of the path' : names.host(between[0]);
    return {
      message: `The connection of ${names.address(speaker)} to ${names.address(peer)} no longer passes after ${idle.toFixed(1)} s of silence: ${sendings > 1 ? `${sendings} transmissions are ignored${reset ? ', then a reset comes' : ''}` : 'a device on the way answers with a reset'}`,
      why: 'It worked before the pause and nobody closed it. Something between the two has forgotten it meanwhile.',
      causes: [
        {
          id: 'idle-state-dropped',
          cause: 'a NAT, load balancer or firewall on the way drops idle connections',
          for: [
            survived > 0
              ? `pauses up to ${survived.toFixed(1)} s were survived, one of ${idle.toFixed(1)} s was not`
              : `it worked up to the pause of ${idle.toFixed(1)} s, and not after it`,
            ...known.map((owner) => `close to the default of ${owner}`),
          ],
          against: [],
        },
        {
          id: 'peer-gone',
          cause: 'the peer is gone',
          for: [],
          against: reset ? ['a reset came at last'] : [],
        },
      ],
      confirm: [
        runs(where, 'sysctl -a 2>&1 | grep nf_conntrack_tcp_timeout', {
          expect: `a timeout ${survived > 0 ? `between ${survived.toFixed(0)} and ${idle.toFixed(0)} s` : `of ${idle.toFixed(0)} s or less`}`,
        }),
        runs(names.machine(peer), `ss -tno state established ${shellQuote(`dst ${speaker}`)}`, {
          expect: 'the connection is still established there (with its translated address)',
        }),
      ],
      fix: [
        `Send keep-alives more often than every ${Math.max(1, idle / 2).toFixed(0)} s from ${names.address(speaker)} (SO_KEEPALIVE with net.ipv4.tcp_keepalive_time, or in the application).`,
        `Or raise the timeout of the device that forgets: on ${where}.`,
      ],
      wireshark: `${withAddress(peer)} && (tcp.analysis.retransmission || tcp.flags.reset==1)`,
    };
  },
});

function isTimeout(evidence: Evidence, end: SuddenEnd): boolean {
  const { sendings, leg, speaker } = end;
  if (!mayBeIdleTimeout(evidence, end) || wasAcknowledgedElsewhere(evidence, end)) return false;
  if (sendings < thresholds.sendings.value && !isResetOnTheWay(end)) return false;
  return leg.directions[speaker].fins === 0 || leg.directions[1 - speaker].fins === 0;
}

/** A reset answers the data, but its TTL is not the peer's. A device on the way has forgotten the connection. */
function isResetOnTheWay(end: SuddenEnd): boolean {
  const { leg, reset, speaker } = end;
  if (reset === null || reset.hasAck || leg.directions[speaker].fins > 0) return false;
  const usual = usualTtls(end);
  return usual.length > 0 && !usual.includes(reset.ttl);
}

function occurrenceOf(evidence: Evidence, end: SuddenEnd): IdleTimeout {
  const { leg, speaker, idle, survived, sendings, reset, conversation } = end;
  const [from, to] = speaker === 0 ? [leg.client, leg.server] : [leg.server, leg.client];
  const refs = leg.directions[speaker].repeats.find((repeat) => repeat.ackedTime === null)?.packets ?? [];
  const arrow = speaker === 0 ? '>' : '<';
  return {
    key: `${from.address}>${to.address}:${to.port}`,
    grade: gradeOf({ 'reset-ends-the-pause': whereSeen(reset !== null) }),
    subject: subjectOf([evidence.conversations[conversation]]).subject,
    conversations: [conversation],
    between: breakPointOf([evidence.conversations[conversation]], speaker)?.between ?? null,
    place: `on the path to ${to.address}, as seen from ${evidence.points[leg.point].name}`,
    ...excerpt([
      ...packetsAt(
        leg.point,
        refs,
        (ref, index) =>
          index === 0
            ? `data after ${idle!.seconds.toFixed(1)} s of silence`
            : `again after ${(ref.time - refs[0].time).toFixed(2)} s`,
        arrow,
      ),
      ...(reset === null ? [] : packetsAt(leg.point, [reset], 'RST', arrow === '>' ? '<' : '>')),
    ]),
    reach: 1,
    measured: { idleSeconds: idle!.seconds, survivedSeconds: survived, sendings, reset: reset !== null },
    speaker: from.address,
    peer: to.address,
    idle: idle!.seconds,
    survived,
    sendings,
    reset: reset !== null,
    known: KNOWN_TIMEOUTS.filter(
      ({ seconds }) => idle!.seconds >= seconds && idle!.seconds <= seconds * thresholds.nearFactor.value,
    ).map(({ owner, seconds }) => `${owner} (${seconds} s)`),
  };
}
