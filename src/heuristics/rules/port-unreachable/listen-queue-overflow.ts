import type { Evidence } from '../../../flows/evidence/evidence.ts';
import {
  IGNORED_SYN_THRESHOLDS,
  type IgnoredSyns,
  ignoredSynCauses,
  ignoredSynCommands,
  ignoredSyns,
  measuredIgnored,
} from '../../causes/ignored-syns.ts';
import type { Attempt } from '../../facts/attempts.ts';
import { ATTEMPT_THRESHOLDS } from '../../facts/attempts.ts';
import { areLostByChance, LOST_BY_CHANCE_THRESHOLDS } from '../../facts/lost-by-chance.ts';
import { ACCEPT_THRESHOLDS, acceptQueue, isQueueFull, lostOnTheWay } from '../../facts/tcp/accept-queue.ts';
import {
  aliveAfter,
  type Listener,
  listenersOf,
  openedBetween,
  REPLY_GUARD_SECONDS,
  RETRY_SECONDS,
  silentTail,
  wasIgnored,
  wasNotAccepted,
} from '../../facts/tcp/listener.ts';
import { TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { defineRule, type EvidencePacket, type Occurrence } from '../../rule/rule.ts';
import { counters, listens } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { withAddress } from '../../words/display-filter.ts';
import { excerpt, packetsAt, synPackets } from '../../words/excerpt.ts';

const thresholds = {
  connections: { value: 3, unit: 'connections', source: 'docs/thresholds.md, three-cases' },
  share: { value: 0.2, unit: 'share', source: 'docs/thresholds.md, queue-share' },
  windowSeconds: { value: 10, unit: 's', source: 'docs/thresholds.md, queue-window' },
} as const;

interface Overflow extends Occurrence {
  server: string;
  port: number;
  ignored: number;
  notAccepted: number;
  served: number;
  recovered: number;
  syns: IgnoredSyns;
}

/** A listener ignores some SYNs or final ACKs and serves others. */
export const listenQueueOverflow = defineRule<Overflow>({
  meta: {
    id: 'listen-queue-overflow',
    faultClass: 'port-unreachable',
    level: 'error',
    recordedIn: 'lab/port-listen-backlog-overflow',
    place: 'mechanism',
    explains: [
      'immediate-close',
      'syn-no-reply',
      'packet-loss',
      'server-slow',
      'server-never-answers',
      'client-gave-up',
    ],
    explainsSymptomsOf: ['lost-between-points'],
    summary: 'A listener ignores SYNs in a burst while it serves other connections',
    meaning:
      'The accept queue of the listening socket is full: the application does not call accept fast enough, or its backlog is too small. The kernel drops SYNs and clients retry after 1 s.',
    rule: 'Of the attempts to one listener within 10 s, three or more have their first SYN ignored (repeated before an answer) or their final ACK not taken (SYN-ACK repeated after it), while others are served, before or after. Or: from one moment on three or more SYNs in a row stay without an answer, the server still speaks in older connections, and it acknowledges requests that nobody answers (or repeats its SYN-ACK): these connections wait in the queue.',
    notThis: [
      'Random loss: the ignored ones come in a burst at one listener, other traffic of the host passes.',
      'The data of clients and of servers is lost as often: as many SYNs are lost by chance (packet-loss).',
      'A filtered port serves nobody.',
      'Copies of SYNs: a retry comes 0.2 s later or more.',
      'A listener that waits for data (TCP_DEFER_ACCEPT) repeats its SYN-ACK once for a client that sends nothing.',
      'When new ones are dropped for good, or on the way, while all that are open are served, it is new-connections-dropped.',
    ],
    causes: [
      'The application is stuck or too slow to accept',
      'Backlog or net.core.somaxconn too small',
      'CPU limit of the pod',
      'Source ports used again within a minute, for which an old entry stands (IPVS, conntrack, TIME-WAIT)',
    ],
    confirm: [{ on: '<server pod>', command: 'nsenter -t <pid> -n ss -lnt', expect: 'Recv-Q at or above Send-Q' }],
    fix: ['Repair or scale the application', 'Raise the backlog and net.core.somaxconn'],
    references: ['Linux net.core.somaxconn', 'listen(2)', 'Linux TcpExtListenOverflows'],
  },
  thresholds: {
    ...thresholds,
    ...ATTEMPT_THRESHOLDS,
    ...LOST_BY_CHANCE_THRESHOLDS,
    ...TRACEROUTE_THRESHOLDS,
    retrySeconds: RETRY_SECONDS,
    ...ACCEPT_THRESHOLDS,
    replyGuardSeconds: REPLY_GUARD_SECONDS,
    ...IGNORED_SYN_THRESHOLDS,
  },

  *detect(evidence) {
    for (const listener of listenersOf(evidence)) {
      const full = recoveringBurst(evidence, listener) ?? stuckListener(evidence, listener);
      if (full === null || lostOnTheWay(full.troubled).length * 2 > full.troubled.length) continue;
      yield occurrenceOf(evidence, listener, full);
    }
  },

  explain({ server, port, ignored, notAccepted, served, recovered, syns }, names) {
    const special = ignoredSynCauses(syns);
    return {
      message: `The listener ${names.address(server)} port ${port} ignores ${counted(ignored + notAccepted, 'connection attempt')} of a burst and serves ${counted(served, 'other')}`,
      why:
        recovered > 0
          ? `The SYNs are not refused and ${recovered} succeed on a later try: the host is up and the port open, but its queue of connections that wait for accept is full.`
          : 'The host is up, as older connections show, and it completes handshakes that the application never takes: its queue of connections that wait for accept is full, and further SYNs are dropped.',
      causes: [
        ...special,
        {
          id: 'accept-too-slow',
          cause: 'the application does not accept fast enough (stuck, CPU limit)',
          telling: recovered > 0 ? [] : ['no attempt succeeds any more'],
          for: [
            ...(recovered > 0 ? [`${recovered} of the ignored attempts succeed later`] : []),
            ...(notAccepted > 0 ? [`${notAccepted} final ACKs were not taken`] : []),
          ],
          against: [],
          fix: [
            `Find why the application on ${names.address(server)} does not accept (threads, CPU limit), or scale it out.`,
          ],
        },
        {
          id: 'backlog-too-small',
          cause: 'the backlog of the socket is too small for the burst',
          for: [`${ignored + notAccepted} attempts within ${thresholds.windowSeconds.value} s`],
          against: [],
          fix: [
            `Raise the backlog of the listening socket on ${names.address(server)}, and net.core.somaxconn there if it is smaller.`,
          ],
        },
      ],
      confirm: [
        ...ignoredSynCommands(syns, names.address(server)),
        listens(names.machine(server), port, 'tcp', {
          expect: 'Recv-Q at or above Send-Q (the backlog)',
          shows: { has: `LISTEN +[1-9]\\d* .*:${port}\\b` },
        }),
        counters(names.machine(server), ['TcpExtListenOverflows', 'TcpExtListenDrops'], 4, {
          expect: 'both rise in the burst',
          shows: { rises: 'TcpExtListenOverflows' },
        }),
      ],
      fix: [],
      wireshark: `${withAddress(server)} && tcp.port==${port} && tcp.flags.syn==1`,
    };
  },
});

interface Full {
  troubled: Attempt[];
  served: Attempt[];
  /** Ignored attempts that were served on a later try. */
  recovered: number;
}

/** The listener ignores SYNs or final ACKs of a burst and accepts the retries. */
function recoveringBurst(evidence: Evidence, listener: Listener): Full | null {
  const { attempts } = listener;
  const troubled = burst(
    attempts.filter(
      ({ connection, outcome }) =>
        outcome !== 'refused' && outcome !== 'rejected' && (wasIgnored(connection) || wasNotAccepted(connection)),
    ),
  );
  const inTrouble = new Set(troubled);
  const served = attempts.filter((attempt) => attempt.outcome === 'answered' && !inTrouble.has(attempt));
  const recovered = troubled.filter(({ outcome }) => outcome === 'answered').length;
  if (troubled.length < thresholds.connections.value || served.length === 0 || recovered === 0) return null;
  const all = troubled.length + servedBeside(listener, troubled, served);
  if (acceptQueue(evidence, listener, troubled) === 'served') return null;
  if (troubled.length < thresholds.share.value * all || areLostByChance(evidence, troubled, all)) return null;
  return { troubled, served, recovered };
}

/** The application has stopped accepting. The listener ignores all SYNs from one moment on, but the server is alive. */
function stuckListener(evidence: Evidence, listener: Listener): Full | null {
  const troubled = silentTail(evidence, listener);
  if (troubled.length < thresholds.connections.value || !isQueueFull(evidence, listener, troubled)) return null;
  if (aliveAfter(listener, troubled[0].connection.syn[0].time).length === 0) return null;
  const served = listener.attempts.filter(({ outcome }) => outcome === 'answered');
  return { troubled, served, recovered: 0 };
}

/** Attempts between the first and the last ignored one that were served at once. */
function servedBeside(listener: Listener, troubled: readonly Attempt[], served: readonly Attempt[]): number {
  const times = troubled.map(({ connection }) => connection.syn[0].time);
  const [from, to] = [Math.min(...times), Math.max(...times)];
  const kept = served.filter(({ connection: { syn } }) => syn[0].time >= from && syn[0].time <= to).length;
  return kept + openedBetween(listener, from, to);
}

/** The largest set of attempts whose first SYNs lie within the window. The earliest set wins a tie. */
function burst(attempts: readonly Attempt[]): Attempt[] {
  const inTime = [...attempts].sort((a, b) => startOf(a) - startOf(b));
  let [best, size] = [0, 0];
  for (let first = 0, end = 0; first < inTime.length; first++) {
    while (end < inTime.length && startOf(inTime[end]) - startOf(inTime[first]) <= thresholds.windowSeconds.value)
      end++;
    if (end - first > size) [best, size] = [first, end - first];
  }
  const within = new Set(inTime.slice(best, best + size));
  return attempts.filter((attempt) => within.has(attempt));
}

const startOf = ({ connection }: Attempt): number => connection.syn[0].time;

function occurrenceOf(evidence: Evidence, listener: Listener, { troubled, served, recovered }: Full): Overflow {
  const packets: EvidencePacket[] = troubled.flatMap(({ connection }) => [
    ...synPackets(connection),
    ...packetsAt(connection.point, connection.synAck.slice(0, 1), 'SYN-ACK at last', '<'),
  ]);
  const notAccepted = troubled.filter(({ connection }) => wasNotAccepted(connection)).length;
  const syns = ignoredSyns(evidence, listener);
  return {
    key: `${listener.address}:${listener.port}`,
    grade: 'inferred',
    subject: { protocol: 'tcp', client: null, server: `${listener.address}:${listener.port}` },
    // Served attempts count too: they wait in the same queue and are answered late.
    conversations: [...troubled, ...served].map(({ conversation }) => conversation.index),
    place: `at the listening socket of ${listener.address}, as seen from ${evidence.points[nearestPoint(troubled, listener)].name}`,
    ...excerpt(packets),
    reach: troubled.length,
    measured: {
      ignored: troubled.length - notAccepted,
      notAccepted,
      served: served.length,
      recovered,
      ...measuredIgnored(syns),
    },
    server: listener.address,
    port: listener.port,
    ignored: troubled.length - notAccepted,
    notAccepted,
    served: served.length,
    recovered,
    syns,
  };
}

/** The last point that saw an ignored SYN. */
const nearestPoint = (troubled: readonly Attempt[], { point }: Listener): number =>
  troubled.find(({ connection }) => connection.syn.length > 1)?.conversation.legs.at(-1)?.point ?? point;
