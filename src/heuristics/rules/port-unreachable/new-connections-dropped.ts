import type { Evidence } from '../../../flows/evidence/evidence.ts';
import {
  IGNORED_SYN_THRESHOLDS,
  type IgnoredSyns,
  ignoredSynCauses,
  ignoredSynCommands,
  ignoredSyns,
  measuredIgnored,
} from '../../causes/ignored-syns.ts';
import {
  COLLISION_THRESHOLDS,
  type PortCollisions,
  portCollisionCause,
  portCollisionCommands,
  portCollisions,
} from '../../causes/port-collisions.ts';
import type { Attempt } from '../../facts/attempts.ts';
import { ATTEMPT_THRESHOLDS } from '../../facts/attempts.ts';
import { areLostByChance, LOST_BY_CHANCE_THRESHOLDS } from '../../facts/lost-by-chance.ts';
import { breakPointOf } from '../../facts/place.ts';
import { ACCEPT_THRESHOLDS, acceptQueue, isQueueFull, lostOnTheWay } from '../../facts/tcp/accept-queue.ts';
import {
  type Listener,
  listenersOf,
  openAcross,
  openedBetween,
  REPLY_GUARD_SECONDS,
  RETRY_SECONDS,
  silentTail,
  wasIgnored,
} from '../../facts/tcp/listener.ts';
import { TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { firewallRules, listens, runs, trackingCounters } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { familyOf, withAddress } from '../../words/display-filter.ts';
import { excerpt, synPackets } from '../../words/excerpt.ts';

const thresholds = {
  dropped: { value: 3, unit: 'attempts', source: 'docs/thresholds.md, three-cases' },
  guardSeconds: REPLY_GUARD_SECONDS,
  share: { value: 0.5, unit: 'share', source: 'docs/thresholds.md, majority' },
} as const;

interface NewDropped extends Occurrence {
  server: string;
  port: number;
  dropped: number;
  /** All attempts from the first to the last dropped one, including those that opened. */
  of: number;
  alive: number;
  host: number | null;
  syns: IgnoredSyns;
  collisions: PortCollisions | null;
}

/** New connections fail together while existing connections continue. */
export const newConnectionsDropped = defineRule<NewDropped>({
  meta: {
    id: 'new-connections-dropped',
    faultClass: 'port-unreachable',
    level: 'error',
    recordedIn: 'test/pcaps/connection-limit',
    place: 'mechanism',
    explains: ['listen-queue-overflow', 'tunnel-blocked'],
    explainsSymptomsOf: ['lost-between-points', 'silent-path'],
    summary: 'From one moment on new connections are dropped while existing ones go on',
    meaning:
      'Something counts connections and has reached its limit: a full conntrack table, a connection limit of a firewall, a SNAT port pool.',
    rule: 'To one listener the first attempts succeed, from one moment on all others (three or more) stay silent to the end, or half of what comes is ignored although all who got in are served at once (or vanishes between two capture points), and at least one connection that had opened before that moment still exchanges packets after it.',
    notThis: [
      'The server went down: existing connections would stop too.',
      'A full accept queue: later attempts succeed, or clients that got in are acknowledged and not served (listen-queue-overflow).',
      'A rule for the port drops the first attempt already.',
      'Those that were open before have ended: what opens between the dropped ones shows no limit.',
      'What is open loses packets between the same points: as many SYNs are lost by chance (packet-loss).',
    ],
    causes: [
      'nf_conntrack: table full',
      'A connection limit (connlimit, ct count) on the node',
      'SNAT ports used up',
      'Two clients get the same SNAT port at the same time',
    ],
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
  thresholds: {
    ...thresholds,
    ...ATTEMPT_THRESHOLDS,
    ...TRACEROUTE_THRESHOLDS,
    ...ACCEPT_THRESHOLDS,
    ...LOST_BY_CHANCE_THRESHOLDS,
    retrySeconds: RETRY_SECONDS,
    ...IGNORED_SYN_THRESHOLDS,
    ...COLLISION_THRESHOLDS,
  },

  *detect(evidence) {
    for (const listener of listenersOf(evidence)) {
      const dropped = droppedOf(evidence, listener);
      if (dropped.length < thresholds.dropped.value) continue;
      if (areLostByChance(evidence, dropped, triedMeanwhile(listener, dropped))) continue;
      const alive = openAcross(listener, dropped[0].connection.syn[0].time);
      if (alive.length > 0) yield occurrenceOf(evidence, listener, dropped, alive);
    }
  },

  explain({ server, port, dropped, of, alive, host, syns, collisions }, names) {
    const special = [...(collisions === null ? [] : [portCollisionCause(collisions)]), ...ignoredSynCauses(syns)];
    const node = host === null ? names.nodeOf(server) : names.host(host);
    const where = host === null ? `on ${node} or on the way` : `on ${node}`;
    return {
      message: `New connections to ${names.address(server)} port ${port} are dropped (${of === dropped ? `${dropped} in a row` : `${dropped} of ${of}`}) while ${counted(alive, 'existing one')} ${alive === 1 ? 'goes' : 'go'} on`,
      why: 'The server and the path work, as the open connections show. What is refused is state for new ones: a table or a limit is full.',
      causes: [
        ...special,
        {
          id: 'conntrack-full',
          cause: `the conntrack table is full ${where}`,
          for: [
            `${counted(alive, 'earlier connection')} still exchange${alive === 1 ? 's' : ''} packets`,
            ...(collisions === null && of === dropped ? [`all ${dropped} later attempts are dropped`] : []),
          ],
          against: collisions === null ? [] : ['each passes when it is repeated, while others are let in beside it'],
          confirm: [
            runs(
              node,
              'sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max; dmesg | grep -i conntrack',
              { expect: 'count at max, "table full, dropping packet"' },
            ),
            trackingCounters(node, 'drop', 'drop rises with each attempt'),
          ],
          fix: [
            `Raise net.netfilter.nf_conntrack_max on ${node} (or shorten its timeouts), and find who holds the connections (conntrack -L).`,
          ],
        },
        {
          id: 'connection-limit',
          cause: 'a connection limit or rate limit of a firewall rule',
          for: [],
          against: [],
          confirm: [
            firewallRules(node, familyOf(server), 'ct count|connlimit|hashlimit|limit:|limit rate', {
              expect: `a limit that counts connections to ${server}, with its number or rate`,
            }),
          ],
          fix: [`Raise the limit of the rule on ${node} to what port ${port} needs.`],
        },
        {
          id: 'accept-queue-full',
          cause: 'the accept queue of the application is full',
          for: [],
          against: host === null ? [] : ['the SYNs vanish on the way'],
          confirm: [listens(names.machine(server), port, 'tcp', { expect: 'Recv-Q at or above Send-Q (the backlog)' })],
          fix: [`Let the application on ${names.address(server)} accept faster, or raise its backlog.`],
        },
      ],
      confirm: [
        ...(collisions === null ? [] : portCollisionCommands(node)),
        ...ignoredSynCommands(syns, names.address(server)),
      ],
      fix: [],
      wireshark: `${withAddress(server)} && tcp.port==${port} && tcp.flags.syn==1`,
    };
  },
});

/**
 * The attempts after the last success, if all of them stay silent. A limit admits new connections when old ones end, so
 * some attempts may succeed between dropped ones. Then only the ignored attempts count, if two points show that their
 * SYNs vanish on the way, or if the listener's queue was not full.
 */
function droppedOf(evidence: Evidence, listener: Listener): Attempt[] {
  const tail = silentTail(evidence, listener);
  if (tail.length >= thresholds.dropped.value)
    return isQueueFull(evidence, listener, tail) && lostOnTheWay(tail).length === 0 ? [] : tail;
  const end = evidence.points[listener.point].quality.lastTime;
  const wasDropped = ({ connection, outcome }: Attempt) =>
    wasIgnored(connection) || (outcome === 'silent' && end - connection.syn[0].time >= thresholds.guardSeconds.value);
  const first = listener.attempts.findIndex((attempt) => attempt.outcome === 'answered' && !wasDropped(attempt));
  const later = first < 0 ? [] : listener.attempts.slice(first + 1);
  const ignored = later.filter(wasDropped);
  const lost = lostOnTheWay(ignored);
  const dropped = lost.length > 0 ? lost : acceptQueue(evidence, listener, ignored) === 'served' ? ignored : [];
  if (dropped.length === 0) return [];
  return dropped.length >= triedMeanwhile(listener, dropped) * thresholds.share.value ? dropped : [];
}

/** All attempts from the first to the last of `dropped`, including those that were counted but not kept. */
function triedMeanwhile(listener: Listener, dropped: readonly Attempt[]): number {
  const [start, stop] = [dropped[0], dropped[dropped.length - 1]];
  const { attempts } = listener;
  const kept = attempts.slice(attempts.indexOf(start), attempts.indexOf(stop) + 1).length;
  return kept + openedBetween(listener, start.connection.syn[0].time, stop.connection.syn[0].time);
}

function occurrenceOf(
  evidence: Evidence,
  listener: Listener,
  dropped: readonly Attempt[],
  alive: readonly Attempt[],
): NewDropped {
  const syns = ignoredSyns(evidence, listener);
  const collisions = portCollisions(evidence, dropped);
  const found = breakPointOf(dropped.map(({ conversation }) => conversation));
  return {
    key: `${listener.address}:${listener.port}`,
    grade: found?.grade ?? 'inferred',
    subject: { protocol: 'tcp', client: null, server: `${listener.address}:${listener.port}` },
    conversations: dropped.map(({ conversation }) => conversation.index),
    between: found?.between ?? null,
    place: `beyond ${evidence.points[listener.point].name}`,
    ...excerpt(dropped.flatMap(({ connection }) => synPackets(connection))),
    reach: dropped.length,
    measured: {
      dropped: dropped.length,
      alive: alive.length,
      ...measuredIgnored(syns),
      ...(collisions !== null && { collided: collisions.collided }),
    },
    server: listener.address,
    port: listener.port,
    dropped: dropped.length,
    of: triedMeanwhile(listener, dropped),
    alive: alive.length,
    host: found?.between[0] ?? null,
    syns,
    collisions,
  };
}
