import type { Connection, Conversation, Evidence } from '../../../flows/evidence/evidence.ts';
import { TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { isPrivate, isSpecial, netOf } from '../../../text/addresses.ts';
import { shellQuote } from '../../../text/shell-quote.ts';
import { type Attempt, attemptsOf, endpointText } from '../../facts/attempts.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { GATES, gatesOf } from '../../facts/gates.ts';
import { ONE_WAY_SHARE } from '../../facts/one-way.ts';
import { breakPointOf } from '../../facts/place.ts';
import { serviceAddressesOf } from '../../facts/service-addresses.ts';
import { TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { appendTo } from '../../words/append-to.ts';
import { connects, masqueradeRules, runs } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { familyOf, oneWay } from '../../words/display-filter.ts';
import { excerpt, synPackets } from '../../words/excerpt.ts';
import { groupBy } from '../../words/group-by.ts';

const thresholds = {
  minimumSyns: { value: 2, unit: 'packets', source: 'docs/thresholds.md, two-show-a-habit' },
  guardSeconds: { value: 1, unit: 's', source: 'RFC 6298, 2.1: the first retransmission of a SYN' },
} as const;

interface Hairpin extends Occurrence {
  pod: string;
  service: string;
  serviceAddress: string;
  port: number;
  syns: number;
  /** Packets from the pod to itself were captured. */
  seenReturning: boolean;
  servesOthers: number;
  othersReachService: boolean;
  point: number;
}

/** A pod cannot reach itself through its own service. */
export const hairpinFailure = defineRule<Hairpin>({
  meta: {
    id: 'hairpin-failure',
    faultClass: 'service',
    level: 'error',
    recordedIn: 'lab/cni-hairpin-off',
    place: 'mechanism',
    explainsSymptomsOf: ['lost-between-points', 'silent-path'],
    summary: 'A pod cannot reach itself through its own service',
    meaning:
      'The service chose the very pod that asks. The packet would have to leave by the bridge port that it came in by, and without hairpin mode a bridge drops it. It fails each time the service picks the pod itself.',
    rule: 'A pod that serves a port to others sends SYNs to a service address on the same port, or to one of another net that the bridge of its node never sees, and nothing answers; or its packets are seen translated to the address of the pod itself.',
    notThis: [
      'Another destination is silent for the pod too, or the service is silent for other clients: the trouble is wider.',
      'Loopback: no bridge has a part in it.',
      'A further point shows the packets translated to another pod.',
      'The pod serves that port to nobody in the capture.',
      'The capture ends within 1 s of the SYN.',
    ],
    causes: [
      'Hairpin mode is off at the bridge port of the pod',
      'No masquerade for a pod that reaches itself: it gets a packet with its own source address and drops it',
    ],
    confirm: [
      { on: '<node>', command: 'cat /sys/class/net/<veth>/brport/hairpin_mode', expect: '0' },
      { on: '<node>', command: 'bridge -d link show dev <veth>', expect: 'hairpin off' },
    ],
    fix: ['kubelet --hairpin-mode=hairpin-veth, or hairpinMode in the configuration of the CNI bridge plugin'],
    references: [
      'Kubernetes: Debug Services, a Pod fails to reach itself via the Service IP',
      'CNI bridge plugin: hairpinMode',
    ],
  },
  thresholds: { ...thresholds, ...TRACEROUTE_THRESHOLDS, ...GATES, oneWayShare: ONE_WAY_SHARE },

  *detect(evidence) {
    const attempts = attemptsOf(evidence);
    const silent = attempts.filter((attempt) => isSilent(evidence, attempt));
    const groups = new Map<string, Attempt[]>();
    const toldWith = new Set(asAsked(silent, silent));
    for (const attempt of silent) {
      if (toldWith.has(attempt) || !isHairpin(evidence, silent, attempt)) continue;
      const key = `${attempt.connection.client.address} ${endpointText(attempt.connection.server)}`;
      appendTo(groups, key, attempt);
    }
    for (const group of groups.values()) yield occurrenceOf(evidence, attempts, group, asAsked(silent, group));
  },

  explain(found, names) {
    const pod = names.address(found.pod);
    const node = names.nodeOf(found.pod);
    return {
      message: `${pod} cannot reach itself ${found.serviceAddress === found.pod ? `on port ${found.port}` : `through ${names.address(found.service)}`}: ${counted(found.syns, 'SYN')} without an answer`,
      why: found.seenReturning
        ? 'The packets were translated to the address of the pod that sent them, and got no answer.'
        : `${pod} serves port ${found.port} itself, and only its own way to itself by the service is silent.`,
      causes: [
        {
          id: 'hairpin-off',
          cause: 'hairpin mode is off at the bridge port of the pod',
          for: [
            ...(found.servesOthers > 0
              ? [`${pod} answers ${counted(found.servesOthers, 'connection')} of others on port ${found.port}`]
              : []),
            ...(found.othersReachService ? ['others reach the same service'] : []),
          ],
          against: found.seenReturning ? ['packets from the pod to itself are seen'] : [],
          confirm: [
            runs(node, 'grep . /sys/class/net/*/brport/hairpin_mode', {
              expect: '0 at the device of the pod',
              shows: { has: ':0' },
            }),
          ],
          fix: [
            {
              on: node,
              command: `bridge fdb show | grep -i "$(ip neigh show ${shellQuote(found.pod)} | cut -d ' ' -f 5 | grep : || echo no-neighbour-entry)" | cut -d ' ' -f 3 | xargs -I DEV ip link set DEV type bridge_slave hairpin on`,
              note: `hairpin mode on at the bridge port of ${found.pod}`,
            },
            'For good: hairpinMode: true in the CNI bridge configuration (kubelet --hairpin-mode=hairpin-veth), then start the pod anew.',
          ],
        },
        {
          id: 'no-masquerade',
          cause: 'no masquerade: the pod gets a packet with its own source address and drops it',
          for: found.seenReturning ? ['packets from the pod to itself are seen'] : [],
          against: [],
          confirm: [
            masqueradeRules(node, familyOf(found.pod), {
              expect: `no rule that masquerades packets of ${found.pod} to itself (kube-proxy: KUBE-MARK-MASQ for -s ${found.pod}; masqueradeAll; hairpin masquerade of the CNI)`,
            }),
          ],
          fix: [
            `Masquerade what ${pod} sends to itself through ${names.address(found.service)} on ${node}: kube-proxy --masquerade-all or --cluster-cidr, the hairpin masquerade of the CNI, or no preserved client address at the load balancer.`,
          ],
        },
        {
          id: 'service-silent',
          cause: 'the service is silent for everybody',
          for: [],
          against: found.othersReachService ? ['others reach the same service'] : [],
          fix: [
            found.serviceAddress === found.pod
              ? `Look at the service that leads to port ${found.port} of ${pod}, if others do not reach it either.`
              : `Look at the endpoints of ${names.address(found.service)}, if others do not reach it either.`,
          ],
        },
      ],
      confirm: [
        connects(pod, found.serviceAddress, found.port, 'times out'),
        connects(
          `another pod than ${found.pod}`,
          found.serviceAddress,
          found.port,
          'connects',
          ', where the pod itself does not',
        ),
      ],
      fix: [],
      wireshark: `${oneWay(found.pod, found.serviceAddress)} && tcp.port==${found.port}`,
    };
  },
});

function isSilent(evidence: Evidence, { connection, outcome }: Attempt): boolean {
  const first = connection.syn[0];
  return (
    outcome === 'silent' &&
    connection.syn.length >= thresholds.minimumSyns.value &&
    indexOf(evidence).endOf(connection.point) - first.time >= thresholds.guardSeconds.value &&
    gatesOf(evidence).absence(connection.point).ok
  );
}

function isHairpin(evidence: Evidence, silent: readonly Attempt[], { conversation, connection }: Attempt): boolean {
  const { client, server } = connection;
  if (isSpecial(client.address)) return false;
  if (returns(conversation)) return true;
  if (conversation.legs.some((leg) => leg.server.address !== server.address)) return false;
  const services = serviceAddressesOf(evidence);
  if (!isPrivate(server.address) || services.isMachine(server.address)) return false;
  if (services.signOf(server.address) === null && !endsAtBridge(evidence, conversation)) return false;
  return served(evidence, connection).length > 0 && !isWiderTrouble(silent, connection);
}

/**
 * The bridge lacks all packets that the pod sent to another net, although they must pass it. The bridge should have
 * sent them back to the pod after their translation. Pods of one net do not use the bridge's own address.
 */
const endsAtBridge = ({ points }: Evidence, { hops, client, server }: Conversation): boolean =>
  netOf(client.address) !== netOf(server.address) &&
  hops.some(
    ({ from, to, unknown, packets, lost }) =>
      unknown === null &&
      lost > 0 &&
      lost === packets &&
      points[from].role === 'pod-veth' &&
      points[to].role === 'bridge' &&
      points[from].host === points[to].host,
  );

/** This client gets no answer from another destination, or another client gets none from this destination. */
const isWiderTrouble = (silent: readonly Attempt[], { client, server }: Connection): boolean =>
  silent.some(
    ({ connection: other }) =>
      (other.client.address === client.address) !== (endpointText(other.server) === endpointText(server)),
  );

/** The same SYNs before translation, if one point shows both: client endpoint and initial sequence number are equal. */
function asAsked(silent: readonly Attempt[], group: readonly Attempt[]): Attempt[] {
  const translated = new Map<string, Attempt[]>();
  for (const attempt of group) {
    const { client, server } = attempt.connection;
    const key = synOf(attempt);
    if (key !== null && server.address === client.address) appendTo(translated, key, attempt);
  }
  return silent.filter((other) =>
    translated
      .get(synOf(other) ?? '')
      ?.some(({ connection: { server } }) => server.address !== other.connection.server.address),
  );
}

function synOf({ connection: { client, directions } }: Attempt): string | null {
  const { iss } = directions[TO_SERVER];
  return iss === null ? null : `${endpointText(client)} ${iss}`;
}

/** A point shows packets from the pod to itself. */
const returns = ({ legs, client }: Conversation): boolean =>
  legs.some((leg) => leg.server.address === client.address || leg.client.address === leg.server.address);

/** Connections of other clients, at any point, that this client answered as a server on the port that it now asks. */
const served = (evidence: Evidence, { client, server }: Connection): Connection[] =>
  (answeredBy(evidence).get(endpointText({ ...client, port: server.port })) ?? []).filter(
    (other) => other.client.address !== client.address,
  );

const listeners = new WeakMap<Evidence, Map<string, Connection[]>>();

/** Answered connections, by server. */
function answeredBy(evidence: Evidence): Map<string, Connection[]> {
  const known = listeners.get(evidence);
  if (known !== undefined) return known;
  const answered = evidence.connections.filter(({ synAck }) => synAck.length > 0);
  const found = groupBy(answered, ({ server }) => endpointText(server));
  listeners.set(evidence, found);
  return found;
}

function occurrenceOf(
  evidence: Evidence,
  attempts: readonly Attempt[],
  group: readonly Attempt[],
  before: readonly Attempt[],
): Hairpin {
  const { client, point } = group[0].connection;
  const { server } = (before[0] ?? group[0]).connection;
  const conversations = [...group, ...before].map((attempt) => attempt.conversation);
  const packets = group.flatMap((attempt) => synPackets(attempt.connection));
  const seenReturning = conversations.some(returns);
  const broken = breakPointOf(conversations);
  return {
    key: `${client.address}>${endpointText(server)}`,
    grade: gradeOf({ 'seen-returning': whereSeen(seenReturning) }),
    subject: { protocol: 'tcp', client: client.address, server: client.address, serverBeforeNat: endpointText(server) },
    conversations: [...new Set(conversations)].map((conversation) => conversation.index),
    between: broken?.between ?? null,
    place: `at the bridge port of ${evidence.points[point].name}`,
    ...excerpt(packets),
    reach: group.length,
    measured: {
      connections: group.length,
      syns: packets.length,
      servesOthers: served(evidence, group[0].connection).length,
    },
    pod: client.address,
    service: endpointText(server),
    serviceAddress: server.address,
    port: server.port,
    syns: packets.length,
    seenReturning,
    servesOthers: served(evidence, group[0].connection).length,
    othersReachService: attempts.some(
      ({ outcome, connection: other }) =>
        outcome === 'answered' &&
        endpointText(other.server) === endpointText(server) &&
        other.client.address !== client.address,
    ),
    point,
  };
}
