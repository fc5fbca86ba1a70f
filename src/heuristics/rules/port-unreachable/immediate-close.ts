import type { Connection, Evidence } from '../../../flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { shellQuote } from '../../../text/shell-quote.ts';
import type { Attempt } from '../../facts/attempts.ts';
import { ATTEMPT_THRESHOLDS } from '../../facts/attempts.ts';
import { GATES, gatesOf } from '../../facts/gates.ts';
import { ONE_WAY_SHARE } from '../../facts/one-way.ts';
import { type Listener, listenersOf } from '../../facts/tcp/listener.ts';
import { TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { gradeOf } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { listens, podWith, runs } from '../../words/commands.ts';
import { withAddress } from '../../words/display-filter.ts';
import { excerpt, packetsAt } from '../../words/excerpt.ts';

const thresholds = {
  connections: { value: 5, unit: 'connections', source: 'docs/thresholds.md, close-pattern' },
  share: { value: 0.8, unit: 'share', source: 'docs/thresholds.md, close-pattern' },
  seconds: { value: 0.05, unit: 's', source: 'docs/thresholds.md, close-at-once' },
} as const;

interface ImmediateClose extends Occurrence {
  server: string;
  port: number;
  closed: number;
  all: number;
  /** Numbers of closed connections: closed by a reset, and closed after a request of the client. */
  resets: number;
  asked: number;
}

/** The port accepts connections, and the server closes them at once without sending data. */
export const immediateClose = defineRule<ImmediateClose>({
  meta: {
    id: 'immediate-close',
    faultClass: 'port-unreachable',
    level: 'warning',
    recordedIn: 'test/pcaps/immediate-close',
    place: 'mechanism',
    summary: 'A server closes connections at once, without an answer',
    meaning:
      'Something accepts connections for an application that is not there or does not want them: a proxy without a backend, an access list, a process that gives up. The network did its part.',
    rule: 'Of five or more connections to one port that opened, 80 % are ended by the server (FIN first, or a reset) without an octet of data, within 50 ms and a round trip of the handshake. A warning where most of them carried a request of the client, else a note.',
    notThis: [
      'Health checks and scans: the client closes first, and says nothing.',
      'A server that only listens to what it is sent: the client closes first.',
      'A server that waits, and closes idle connections later.',
      'The client said nothing before the server closed: a note, as a probe would leave it too.',
      'The other connections of the port are answered.',
    ],
    causes: [
      'A proxy or load balancer without a healthy backend (Envoy, HAProxy, docker-proxy)',
      'An access list of the application (TCP wrappers), or plain text where TLS is wanted',
      'The application crashes on each connection, or has no file descriptors left',
    ],
    confirm: [
      { on: '<client>', command: 'nc -v <server> <port>', expect: 'connects, and ends at once' },
      { on: '<server pod>', command: 'kubectl logs', expect: 'an error for each connection' },
    ],
    fix: ['Look at the logs of whatever listens on the port, and at the health of its backends'],
    references: ['RFC 9293, 3.6'],
  },
  thresholds: { ...thresholds, ...ATTEMPT_THRESHOLDS, ...TRACEROUTE_THRESHOLDS, ...GATES, oneWayShare: ONE_WAY_SHARE },

  *detect(evidence) {
    for (const listener of listenersOf(evidence)) {
      const opened = listener.attempts.filter(({ connection }) => isOpen(evidence, connection));
      const closed = opened.filter(({ connection }) => wasClosedAtOnce(connection));
      const all = opened.length + listener.openedBesides.length;
      if (closed.length < thresholds.connections.value || closed.length < thresholds.share.value * all) continue;
      yield occurrenceOf(evidence, listener, closed, all);
    }
  },

  explain({ server, port, closed, all, resets, asked }, names) {
    const address = names.address(server);
    return {
      message: `${address} port ${port} accepts connections and ends them at once without an answer: ${closed} of ${all}${asked > 0 ? `, ${asked} after a request` : ''}`,
      why: `The handshake is complete and the network carries both directions. ${resets === closed ? 'A reset' : 'The end'} comes from the server within ${thresholds.seconds.value * 1000} ms, before any data of it.`,
      causes: [
        {
          id: 'no-backend',
          cause: 'a proxy or load balancer on that port has no backend that works',
          for: ['the port is open, so something listens; nothing ever answers'],
          against: [],
        },
        {
          id: 'application-refuses',
          cause: 'the application refuses these clients (access list, TLS expected), or fails on each connection',
          for: resets > 0 ? [`${resets} of them are reset: it did not read what it was sent, or aborted`] : [],
          against: [],
        },
        {
          id: 'probes',
          cause: 'probes that only try whether the port is open',
          telling: asked === 0 ? ['the clients sent nothing'] : [],
          for: [],
          against:
            asked === 0 ? ['the server closes first, not the client'] : [`a request was sent in ${asked} of them`],
        },
      ],
      confirm: [
        runs(`any client of ${server}`, `nc -v -w 3 ${shellQuote(server)} ${port}`, {
          expect: 'it connects, and ends by itself: at once, or when a line is typed',
        }),
        listens(address, port, 'tcp', {
          expect: 'the process that listens: the application, or a proxy before it',
          shows: { has: `:${port}\\b` },
        }),
        podWith(server, 'the pod; kubectl logs with its name shows why it ends connections'),
      ],
      fix: [
        `Read the log of the process that listens on ${address} port ${port}, and look at the health of its backends.`,
      ],
      wireshark: `${withAddress(server)} && tcp.port==${port}`,
    };
  },
});

/** The whole handshake was captured, and no packet of the connection is missing. */
const isOpen = (evidence: Evidence, { synAck, handshakeAck, complete, point, directions }: Connection): boolean =>
  synAck.length > 0 &&
  handshakeAck !== null &&
  complete &&
  directions[TO_CLIENT].gapOctets === 0 &&
  gatesOf(evidence).absence(point).ok;

function wasClosedAtOnce(connection: Connection): boolean {
  const { history, handshakeAck, handshakeServerSide, resets, directions } = connection;
  const back = directions[TO_CLIENT];
  if (back.dataSegments > 0 || handshakeAck === null || back.last === null) return false;
  const patience = thresholds.seconds.value + (handshakeServerSide ?? 0);
  if (back.last.time - handshakeAck.time > patience) return false;
  const reset = resets[0];
  if (back.fins === 0) return reset !== undefined && reset.direction === TO_CLIENT && directions[TO_SERVER].fins === 0;
  // Letters are in order of first appearance. "f" before "F": the server closed first. It must also precede any reset.
  const [server, client] = [history.indexOf('f'), history.indexOf('F')];
  return server >= 0 && (client < 0 || server < client) && (reset === undefined || server < history.search(/r/i));
}

function occurrenceOf(
  evidence: Evidence,
  { address, port, point }: Listener,
  closed: readonly Attempt[],
  all: number,
): ImmediateClose {
  const asked = closed.filter(({ connection }) => connection.directions[TO_SERVER].dataSegments > 0).length;
  const resets = closed.filter(({ connection }) => connection.directions[TO_CLIENT].resets > 0).length;
  const packets = closed.flatMap(({ connection }) => [
    ...packetsAt(connection.point, connection.synAck.slice(0, 1), 'SYN-ACK', '<'),
    ...packetsAt(
      connection.point,
      connection.resets.length > 0 ? connection.resets.slice(0, 1) : [connection.directions[TO_CLIENT].last!],
      'the server has ended it, without data',
      '<',
    ),
  ]);
  const clients = new Set(closed.map(({ connection }) => connection.client.address));
  return {
    key: `${address}:${port}`,
    ...(asked < thresholds.share.value * closed.length && { level: 'note' as const }),
    grade: gradeOf({ 'server-ends-it-at-once': 'passed' }),
    subject: {
      protocol: 'tcp',
      client: clients.size === 1 ? closed[0].connection.client.address : `${clients.size} clients`,
      server: address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`,
    },
    conversations: closed.map(({ conversation }) => conversation.index),
    place: `at ${address}, as seen from ${evidence.points[point].name}`,
    ...excerpt(packets),
    reach: closed.length,
    measured: { closed: closed.length, connections: all, byReset: resets, afterRequest: asked },
    server: address,
    port,
    closed: closed.length,
    all,
    resets,
    asked,
  };
}
