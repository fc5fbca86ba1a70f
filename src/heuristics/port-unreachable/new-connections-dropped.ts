import type { Evidence } from '../../flows/evidence.ts';
import { TO_CLIENT } from '../../flows/evidence.ts';
import type { Attempt } from '../attempts.ts';
import { excerpt, synPackets } from '../excerpt.ts';
import { defineHeuristic, type Occurrence } from '../heuristic.ts';
import { breakPointOf } from '../place.ts';
import { type Listener, listenersOf } from './listener.ts';

const thresholds = {
  dropped: { value: 3, source: 'correlation.md 4.4: three before a claim' },
  guardSeconds: { value: 2, source: 'correlation.md 4.4: reply guard' },
};

interface NewDropped extends Occurrence {
  server: string;
  port: number;
  dropped: number;
  alive: number;
  host: number | null;
}

/** New connections fail together while existing ones go on. */
export const newConnectionsDropped = defineHeuristic<NewDropped>({
  meta: {
    id: 'new-connections-dropped',
    faultClass: 'port-unreachable',
    level: 'error',
    recordedIn: 'test/pcaps/connection-limit',
    summary: 'From one moment on new connections are dropped while existing ones go on',
    meaning:
      'Something counts connections and has reached its limit: a full conntrack table, a connection limit of a firewall, a SNAT port pool.',
    rule: 'To one listener the first attempts succeed, from one moment on all others (three or more) stay silent to the end, and at least one of the earlier connections is open and still exchanges packets after that moment.',
    notThis: [
      'The server went down: existing connections would stop too.',
      'A full accept queue recovers: later attempts succeed (listen-queue-overflow).',
      'A rule for the port drops the first attempt already.',
    ],
    causes: ['nf_conntrack: table full', 'A connection limit (connlimit, ct count) on the node', 'SNAT ports used up'],
    confirm: [
      {
        on: '<node>',
        command: 'sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max',
        expect: 'count at max',
      },
    ],
    fix: ['Raise nf_conntrack_max, shorten its timeouts, or raise the limit'],
    references: ['Linux nf_conntrack-sysctl', 'kubernetes issue 18604'],
  },
  thresholds,

  *detect(evidence) {
    for (const listener of listenersOf(evidence)) {
      const dropped = droppedTail(evidence, listener);
      if (dropped.length < thresholds.dropped.value) continue;
      const from = dropped[0].connection.syn[0].time;
      const alive = listener.attempts.filter(
        ({ outcome, connection }) =>
          outcome === 'answered' && (connection.directions[TO_CLIENT].last?.time ?? 0) > from,
      );
      if (alive.length > 0) yield occurrenceOf(evidence, listener, dropped, alive);
    }
  },

  explain({ server, port, dropped, alive, host }, names) {
    const where = host === null ? 'on the way or on the node' : `on ${names.host(host)}`;
    return {
      message: `New connections to ${names.address(server)} port ${port} are dropped (${dropped} in a row) while ${alive} existing ones go on`,
      why: 'The server and the path work, as the open connections show. What is refused is state for new ones: a table or a limit is full.',
      hypotheses: [
        {
          cause: `the conntrack table is full ${where}`,
          likelihood: 'likely',
          for: [`${alive} earlier connections still exchange packets`, `all ${dropped} later attempts are dropped`],
          against: [],
        },
        { cause: 'a connection limit of a firewall rule', likelihood: 'possible', for: [], against: [] },
        {
          cause: 'the accept queue of the application is full',
          likelihood: 'possible',
          for: [],
          against: host === null ? [] : ['the SYNs vanish before they reach the pod'],
        },
      ],
      confirm: [
        {
          on: host === null ? 'the node' : names.host(host),
          command: 'sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max; dmesg | grep conntrack',
          expect: 'count at max, "table full, dropping packet"',
        },
        {
          on: host === null ? 'the node' : names.host(host),
          command: 'conntrack -S; nft list ruleset | grep -E "ct count|connlimit"',
          expect: 'drop rises; a limit rule',
        },
      ],
      fix: [
        'Raise net.netfilter.nf_conntrack_max or shorten its timeouts; find who holds the connections; raise the limit of the rule.',
      ],
      wireshark: `ip.addr==${server} && tcp.port==${port} && tcp.flags.syn==1`,
    };
  },
});

/** The attempts after the last success, when all of them stay silent. */
function droppedTail(evidence: Evidence, { attempts, point }: Listener): Attempt[] {
  const end = evidence.points[point].quality.lastTime;
  let at = attempts.length;
  while (at > 0 && attempts[at - 1].outcome === 'silent') at--;
  if (at === 0 || attempts[at - 1].outcome !== 'answered') return [];
  return attempts.slice(at).filter(({ connection }) => end - connection.syn[0].time >= thresholds.guardSeconds.value);
}

function occurrenceOf(
  evidence: Evidence,
  listener: Listener,
  dropped: readonly Attempt[],
  alive: readonly Attempt[],
): NewDropped {
  const found = breakPointOf(dropped.map(({ conversation }) => conversation));
  return {
    key: `${listener.address}:${listener.port}`,
    grade: found === null ? 'inferred' : 'confirmed',
    subject: { protocol: 'tcp', client: null, server: `${listener.address}:${listener.port}` },
    conversations: dropped.map(({ conversation }) => conversation.index),
    between: found?.between ?? null,
    place: `beyond ${evidence.points[listener.point].name}`,
    ...excerpt(dropped.flatMap(({ connection }) => synPackets(connection))),
    reach: dropped.length,
    measured: { dropped: dropped.length, alive: alive.length },
    server: listener.address,
    port: listener.port,
    dropped: dropped.length,
    alive: alive.length,
    host: found?.between[0] ?? null,
  };
}
