import type { Evidence } from '../../flows/evidence.ts';
import type { Attempt } from '../attempts.ts';
import { excerpt, packetsAt, synPackets } from '../excerpt.ts';
import { defineHeuristic, type EvidencePacket, type Occurrence } from '../heuristic.ts';
import { type Listener, listenersOf, wasIgnored, wasNotAccepted } from './listener.ts';

const thresholds = {
  connections: { value: 3, source: 'catalogue TCP-02: three connections to one listener' },
  share: {
    value: 0.2,
    source: 'a full queue ignores most of a burst; fewer ignored than one in five is what random loss of SYNs does',
  },
  windowSeconds: { value: 10, source: 'catalogue TCP-02: within 10 s' },
};

interface Overflow extends Occurrence {
  server: string;
  port: number;
  ignored: number;
  notAccepted: number;
  served: number;
  recovered: number;
}

/** SYNs or final ACKs are ignored by a listener that serves others. */
export const listenQueueOverflow = defineHeuristic<Overflow>({
  meta: {
    id: 'listen-queue-overflow',
    faultClass: 'port-unreachable',
    level: 'error',
    recordedIn: 'lab/port-listen-backlog-overflow',
    summary: 'A listener ignores SYNs in a burst while it serves other connections',
    meaning:
      'The accept queue of the listening socket is full: the application does not call accept fast enough, or its backlog is too small. The kernel drops SYNs and clients retry after 1 s.',
    rule: 'Of the attempts to one listener within 10 s, three or more have their first SYN ignored (repeated before an answer) or their final ACK not taken (SYN-ACK repeated after it), while others are served, before or after.',
    notThis: [
      'Random loss: the ignored ones come in a burst at one listener, other traffic of the host passes.',
      'A filtered port serves nobody.',
      'Copies of SYNs: a retry comes 0.2 s later or more.',
      'When new ones are dropped for good while old ones go on, it is new-connections-dropped.',
    ],
    causes: [
      'The application is stuck or too slow to accept',
      'Backlog or net.core.somaxconn too small',
      'CPU limit of the pod',
    ],
    confirm: [{ on: '<server pod>', command: 'nsenter -t <pid> -n ss -lnt', expect: 'Recv-Q at or above Send-Q' }],
    fix: ['Repair or scale the application', 'Raise the backlog and net.core.somaxconn'],
    references: ['Linux net.core.somaxconn', 'listen(2)', 'Linux TcpExtListenOverflows'],
  },
  thresholds,

  *detect(evidence) {
    for (const listener of listenersOf(evidence)) {
      const troubled = burst(
        listener.attempts.filter(
          ({ connection, outcome }) =>
            outcome !== 'refused' && outcome !== 'rejected' && (wasIgnored(connection) || wasNotAccepted(connection)),
        ),
      );
      const served = listener.attempts.filter(
        (attempt) => attempt.outcome === 'answered' && !troubled.includes(attempt),
      );
      const recovered = troubled.filter(({ outcome }) => outcome === 'answered');
      if (troubled.length < thresholds.connections.value || served.length === 0 || recovered.length === 0) continue;
      if (troubled.length < thresholds.share.value * (troubled.length + servedBeside(troubled, served))) continue;
      yield occurrenceOf(evidence, listener, troubled, served, recovered.length);
    }
  },

  explain({ server, port, ignored, notAccepted, served, recovered }, names) {
    return {
      message: `The listener ${names.address(server)} port ${port} ignores ${ignored + notAccepted} connection attempts of a burst and serves ${served} others`,
      why: `The SYNs are not refused and ${recovered} succeed on a later try: the host is up and the port open, but its queue of connections that wait for accept is full.`,
      hypotheses: [
        {
          cause: 'the application does not accept fast enough (stuck, CPU limit)',
          likelihood: 'likely',
          for: [
            `${recovered} of the ignored attempts succeed later`,
            ...(notAccepted > 0 ? [`${notAccepted} final ACKs were not taken`] : []),
          ],
          against: [],
        },
        {
          cause: 'the backlog of the socket is too small for the burst',
          likelihood: 'possible',
          for: [`${ignored + notAccepted} attempts within ${thresholds.windowSeconds.value} s`],
          against: [],
        },
      ],
      confirm: [
        { on: `the pod ${server}`, command: 'ss -lnt', expect: `Recv-Q at or above Send-Q on port ${port}` },
        {
          on: `the pod ${server}`,
          command: 'nstat -az TcpExtListenOverflows TcpExtListenDrops',
          expect: 'both rise in the burst',
        },
      ],
      fix: [
        'Find why the application does not accept (threads, CPU limit); raise its backlog and net.core.somaxconn; scale out.',
      ],
      wireshark: `ip.addr==${server} && tcp.port==${port} && tcp.flags.syn==1`,
    };
  },
});

/** Attempts that were served at once between the first and the last ignored one. */
function servedBeside(troubled: readonly Attempt[], served: readonly Attempt[]): number {
  const times = troubled.map(({ connection }) => connection.syn[0].time);
  const [from, to] = [Math.min(...times), Math.max(...times)];
  return served.filter(({ connection: { syn } }) => syn[0].time >= from && syn[0].time <= to).length;
}

/** The largest set of attempts whose first SYNs lie within the window. */
function burst(attempts: readonly Attempt[]): Attempt[] {
  let best: Attempt[] = [];
  for (const start of attempts) {
    const from = start.connection.syn[0].time;
    const within = attempts.filter(
      ({ connection }) =>
        connection.syn[0].time >= from && connection.syn[0].time <= from + thresholds.windowSeconds.value,
    );
    if (within.length > best.length) best = within;
  }
  return best;
}

function occurrenceOf(
  evidence: Evidence,
  listener: Listener,
  troubled: readonly Attempt[],
  served: readonly Attempt[],
  recovered: number,
): Overflow {
  const packets: EvidencePacket[] = troubled.flatMap(({ connection }) => [
    ...synPackets(connection),
    ...packetsAt(connection.point, connection.synAck.slice(0, 1), 'SYN-ACK at last', '<'),
  ]);
  const notAccepted = troubled.filter(({ connection }) => wasNotAccepted(connection)).length;
  return {
    key: `${listener.address}:${listener.port}`,
    grade: 'inferred',
    subject: { protocol: 'tcp', client: null, server: `${listener.address}:${listener.port}` },
    // The served ones too: they wait in the same queue, and are answered late.
    conversations: [...troubled, ...served].map(({ conversation }) => conversation.index),
    place: `at the listening socket of ${listener.address}, as seen from ${evidence.points[listener.point].name}`,
    ...excerpt(packets),
    reach: troubled.length,
    measured: { ignored: troubled.length - notAccepted, notAccepted, served: served.length, recovered },
    server: listener.address,
    port: listener.port,
    ignored: troubled.length - notAccepted,
    notAccepted,
    served: served.length,
    recovered,
  };
}
