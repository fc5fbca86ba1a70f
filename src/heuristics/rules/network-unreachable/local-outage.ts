import type { Conversation, Evidence } from '../../../flows/evidence/evidence.ts';
import { areSeveralMachines, othersGoOn, REMOTE_THRESHOLDS } from '../../facts/counter/remote-silence.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { GATES, gatesOf } from '../../facts/gates.ts';
import { GONE_SILENT_THRESHOLDS, type GoneSilent, goneSilent } from '../../facts/hosts/gone-silent.ts';
import { PENDING_THRESHOLDS, unheardConversations } from '../../facts/hosts/pending-conversations.ts';
import { ONE_WAY_SHARE } from '../../facts/one-way.ts';
import { gradeOf } from '../../rule/grade.ts';
import { defineRule, type EvidencePacket, type Occurrence } from '../../rule/rule.ts';
import { pings, runs } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { familyOf, withAddress } from '../../words/display-filter.ts';
import { excerpt } from '../../words/excerpt.ts';

const thresholds = {
  atOnceSeconds: REMOTE_THRESHOLDS.togetherSeconds,
  machines: REMOTE_THRESHOLDS.machines,
  hopsApart: REMOTE_THRESHOLDS.hopsApart,
  heard: REMOTE_THRESHOLDS.heard,
} as const;

interface LocalOutage extends Occurrence {
  addresses: string[];
  lastHeard: number;
  silence: number;
  waiting: number;
  point: number;
}

/**
 * Several remote machines become silent at one moment, and no other remote machine is heard after it. The fault is on
 * the side of the capture.
 */
export const localOutage = defineRule<LocalOutage>({
  meta: {
    id: 'local-outage',
    faultClass: 'network-unreachable',
    level: 'error',
    recordedIn: null,
    place: 'mechanism',
    explains: ['tunnel-blocked', 'arp-unanswered', 'no-route', 'peer-down'],
    explainsSymptomsOf: ['lost-between-points', 'silent-path'],
    summary: 'Everything remote falls silent at once',
    meaning:
      'Several machines do not fail in the same second. The link, the gateway or the way out of the captured side went away.',
    rule: 'Two or more machines (by their MAC addresses, or of different nets of the Internet and two hops apart or more) are heard for the last time within 1 s, two or more conversations with each wait for 2 s and longer, and no host of the capture point exchanges packets with another one after that.',
    notThis: [
      'Somebody else goes on at that point: then those that fell silent are down, which is peer-down.',
      'One machine only, or a node and its pods: from here it cannot be told on which side the fault is, and peer-down says so.',
      'The capture dropped packets or holds one direction only: absence proves nothing.',
    ],
    causes: [
      'The link or the NIC of the captured side failed, or its switch port',
      'The gateway, or the uplink behind it, failed',
      'A firewall rule or policy of the captured side drops all that comes back',
    ],
    confirm: [
      { on: '<captured host>', command: 'ip -s link; ip route; ip neigh', expect: 'no carrier, no route, FAILED' },
    ],
    fix: ['Bring the link, the gateway or the route of the captured side back'],
    references: ['RFC 1122, 3.3.1.4'],
  },
  thresholds: { ...thresholds, ...GONE_SILENT_THRESHOLDS, ...PENDING_THRESHOLDS, ...GATES, oneWayShare: ONE_WAY_SHARE },

  *detect(evidence) {
    const points = new Set(goneSilent(evidence).map(({ host }) => host.point));
    for (const point of points) {
      const silent = goneSilent(evidence).filter(
        ({ host }) => host.point === point && othersGoOn(evidence, point, host.lastSent!) === 'refuted',
      );
      if (!areSeveralMachines(silent.map(({ host }) => host)) || !gatesOf(evidence).absence(point).ok) continue;
      yield occurrenceOf(evidence, point, silent);
    }
  },

  explain({ addresses, lastHeard, silence, waiting, point }, names) {
    const [first] = addresses;
    return {
      message: `${counted(addresses.length, 'remote address', 'remote addresses')} fall silent at once ${lastHeard.toFixed(3)} s into the capture and nothing else is heard: ${counted(waiting, 'conversation')} ${waiting === 1 ? 'goes' : 'go'} on for ${silence.toFixed(1)} s without an answer`,
      why: 'Machines that have nothing but this way in common fell silent within a second. What they share is the link, the gateway or the host on this side.',
      causes: [
        {
          id: 'local-link-failed',
          cause: 'the link, NIC or switch port of this side failed',
          for: [`${addresses.length} addresses fall silent within ${thresholds.atOnceSeconds.value} s`],
          against: [],
        },
        { id: 'gateway-failed', cause: 'the gateway or the uplink behind it failed', for: [], against: [] },
        { id: 'local-filter', cause: 'a rule of this host drops what comes back', for: [], against: [] },
      ],
      confirm: [
        runs(names.host(point), `ip -s link; ${familyOf(first) === 6 ? 'ip -6' : 'ip'} route; ip neigh`, {
          expect: 'no carrier, a missing route, or FAILED neighbours',
        }),
        pings(names.host(point), first, false),
      ],
      fix: [`Bring the link, the gateway or the route of ${names.host(point)} back.`],
      wireshark: addresses.map((address) => withAddress(address)).join(' || '),
    };
  },
});

/** Own addresses that stand for the captured side in its fingerprint. */
const NAMED = 3;

/** The ends on this side, first ones in order: they are the same in the next capture, whatever its file is called. */
const ownAddresses = (waiting: readonly Conversation[], remote: readonly string[]): string[] =>
  [...new Set(waiting.flatMap(({ client, server }) => [client.address, server.address]))]
    .filter((address) => !remote.includes(address))
    .sort()
    .slice(0, NAMED);

function occurrenceOf(evidence: Evidence, point: number, silent: readonly GoneSilent[]): LocalOutage {
  const hosts = silent.map(({ host }) => host);
  const waiting = [...new Set(silent.flatMap(({ conversations }) => conversations))];
  const touched = [...new Set([...waiting, ...unheardConversations(evidence, hosts)])].sort(
    (a, b) => a.index - b.index,
  );
  const addresses = [...new Set(hosts.map(({ address }) => address))].sort();
  const lastHeard = Math.max(...hosts.map(({ lastSent }) => lastSent!));
  const packets: EvidencePacket[] = waiting.flatMap((conversation) =>
    indexOf(evidence)
      .connections(conversation)
      .filter((connection) => connection.point === point)
      .flatMap(({ server, directions }) => {
        const { last } = directions[addresses.includes(server.address) ? 0 : 1];
        return last === null ? [] : [{ ...last, point, note: 'last packet, unanswered', direction: '>' as const }];
      }),
  );
  return {
    key: ownAddresses(waiting, addresses).join(','),
    grade: gradeOf({ 'several-at-once': 'passed', 'nobody-else-heard': 'passed' }),
    subject: { protocol: 'ip', client: null, server: null },
    conversations: touched.map(({ index }) => index),
    place: `on the side of ${evidence.points[point].name}`,
    ...excerpt(packets),
    reach: waiting.length,
    measured: { addresses, conversations: waiting.length },
    addresses,
    lastHeard,
    silence: Math.max(...hosts.map(({ lastReceived }) => lastReceived!)) - lastHeard,
    waiting: waiting.length,
    point,
  };
}
