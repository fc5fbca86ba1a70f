import type { Connection, Direction, Evidence, TcpDirection } from '../../../flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { addressOf } from '../../../text/addresses.ts';
import { endpointText } from '../../facts/attempts.ts';
import { connectionsBySocket } from '../../facts/client-sockets.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { inOrder } from '../../facts/packet-order.ts';
import { gradeOf } from '../../rule/grade.ts';
import { defineRule, type EvidencePacket, type Occurrence } from '../../rule/rule.ts';
import { appendTo } from '../../words/append-to.ts';
import { escaped, sysctl, trackedTo, trackingCounters } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { withAddress } from '../../words/display-filter.ts';
import { excerpt, packetsAt } from '../../words/excerpt.ts';
import { setsSysctl } from '../../words/repairs.ts';

const thresholds = {
  answerSeconds: { value: 0.1, unit: 's', source: 'docs/thresholds.md, invalid-answer' },
} as const;

interface InvalidReset extends Occurrence {
  client: string;
  service: string;
  serviceAddress: string;
  pod: string;
  orphans: number;
  broken: number;
  point: number;
}

/** A running connection, and a segment of it that arrived with another address. */
interface Orphan {
  running: Connection;
  orphan: Connection;
  /** The direction to the client in the orphan's connection. */
  toClient: Direction;
}

/** A segment of a running connection arrives untranslated, and the client resets it. */
export const conntrackInvalidReset = defineRule<InvalidReset>({
  meta: {
    id: 'conntrack-invalid-reset',
    faultClass: 'service',
    level: 'error',
    recordedIn: 'lab/cni-conntrack-invalid-rst',
    place: 'mechanism',
    explains: ['half-open', 'reset-injected', 'packet-loss', 'peer-vanished'],
    explainsSymptomsOf: ['lost-between-points'],
    summary: 'A segment of a running connection arrives untranslated and draws a reset',
    meaning:
      'Conntrack took one segment of the server for invalid (out of its window) and did not translate it back. The client gets it from an unknown address and resets it; the reset meets the server, and the connection dies. The application sees "connection reset by peer" now and then.',
    rule: 'In the middle of a connection a segment without handshake comes to the same client port from another address, acknowledges octets of that connection, and the client answers with a reset within 0.1 s.',
    notThis: [
      'At the handshake: that is reply-not-untranslated.',
      'The acknowledgement number does not belong to the running connection: a late packet of an older one.',
      'The client does not reset it: two services behind one address, or direct server return.',
    ],
    causes: [
      'Out-of-window segments (retransmissions, offload) that conntrack marks INVALID',
      'kube-proxy older than 1.15, which lets INVALID packets pass',
    ],
    confirm: [
      { on: '<node of the client>', command: 'conntrack -S', expect: 'invalid rises' },
      { on: '<node of the client>', command: 'sysctl net.netfilter.nf_conntrack_tcp_be_liberal', expect: '= 0' },
    ],
    fix: ['sysctl net.netfilter.nf_conntrack_tcp_be_liberal=1, or drop INVALID packets before they reach the pod'],
    references: ['kubernetes/kubernetes #74839', 'Linux nf_conntrack-sysctl: nf_conntrack_tcp_be_liberal'],
  },
  thresholds,

  *detect(evidence) {
    const groups = new Map<string, Orphan[]>();
    for (const found of orphansOf(evidence)) {
      const key = `${found.running.client.address} ${endpointText(found.running.server)}`;
      appendTo(groups, key, found);
    }
    for (const group of groups.values()) yield occurrenceOf(evidence, group);
  },

  explain(found, names) {
    const node = names.nodeOf(addressOf(found.client));
    return {
      message: `A segment of a running connection to ${names.address(found.service)} arrives from ${names.address(found.pod)}, and ${names.address(found.client)} resets it (${counted(found.orphans, 'time')})`,
      why: 'Conntrack did not translate this segment back because it took it for invalid. The client knows no connection with that address, so it resets, and the server drops the real connection.',
      causes: [
        {
          id: 'conntrack-invalid',
          cause: 'conntrack marks out-of-window segments INVALID and passes them untranslated',
          for: [
            'the segment acknowledges octets of the running connection',
            ...(found.broken > 0
              ? [`${counted(found.broken, 'of these connections ends', 'of these connections end')} by reset`]
              : []),
          ],
          against: [],
          fix: [
            setsSysctl(
              node,
              'net.netfilter.nf_conntrack_tcp_be_liberal',
              '1',
              'and on the other nodes, in /etc/sysctl.d',
            ),
            'Or drop INVALID packets (kube-proxy 1.15 and later does in iptables mode).',
          ],
        },
        {
          id: 'other-way-back',
          cause: 'the reply took another way for a moment, past the node that translates',
          for: [],
          against: [],
        },
      ],
      confirm: [
        trackingCounters(node, 'invalid', 'invalid rises with each reset'),
        sysctl(node, 'net.netfilter.nf_conntrack_tcp_be_liberal', { expect: '= 0', shows: { has: '= 0' } }),
        trackedTo(node, 'tcp', found.serviceAddress, {
          expect: 'the entry of the connection still there',
          shows: { has: escaped(found.serviceAddress) },
        }),
      ],
      fix: [],
      wireshark: `tcp && ${withAddress(found.client)} && (${withAddress(found.serviceAddress)} || ${withAddress(found.pod)})`,
    };
  },
});

function* orphansOf(evidence: Evidence): Iterable<Orphan> {
  const bySocket = connectionsBySocket(evidence);
  for (const orphan of evidence.connections) {
    const found = orphanDirection(orphan);
    if (found === null) continue;
    const client = found === TO_CLIENT ? orphan.client : orphan.server;
    const other = found === TO_CLIENT ? orphan.server : orphan.client;
    const running = bySocket(orphan.point, client).find(
      (one) =>
        one !== orphan &&
        one.client.port === client.port &&
        one.client.address === client.address &&
        one.server.address !== other.address &&
        one.first.time <= orphan.first.time &&
        one.directions[TO_CLIENT].packets > 0 &&
        acknowledges(orphan.directions[found], one.directions[TO_SERVER]),
    );
    if (running !== undefined) yield { running, orphan, toClient: found };
  }
}

/**
 * Direction of a segment without a handshake that the other side answers only with a reset. Null for other connections.
 */
function orphanDirection({ syn, synAck, directions, resets }: Connection): Direction | null {
  if (syn.length > 0 || synAck.length > 0) return null;
  for (const direction of [TO_CLIENT, TO_SERVER] as const) {
    const speaks = directions[direction];
    const answers = directions[direction === TO_CLIENT ? TO_SERVER : TO_CLIENT];
    if (speaks.packets === 0 || speaks.resets > 0 || speaks.first === null) continue;
    if (answers.resets === 0 || answers.resets !== answers.packets) continue;
    const start = speaks.first.time;
    const soon = resets.some(({ time }) => time >= start && time - start <= thresholds.answerSeconds.value);
    if (soon) return direction;
  }
  return null;
}

/** The orphan acknowledges octets that the client sent in the running connection (serial arithmetic, RFC 9293, 3.4). */
function acknowledges({ ackHigh }: TcpDirection, { seqLow, seqHigh }: TcpDirection): boolean {
  if (ackHigh === null || seqLow === null || seqHigh === null) return false;
  return ((ackHigh - seqLow) | 0) >= 0 && ((seqHigh - ackHigh) | 0) >= 0;
}

function occurrenceOf(evidence: Evidence, group: readonly Orphan[]): InvalidReset {
  const [{ running, orphan, toClient }] = group;
  const index = indexOf(evidence);
  const conversations = new Set(
    group.flatMap((one) => [
      index.conversationOf('tcp', one.running.index),
      index.conversationOf('tcp', one.orphan.index),
    ]),
  );
  const pod = toClient === TO_CLIENT ? orphan.server : orphan.client;
  const runs = [...new Set(group.map((one) => one.running))];
  return {
    key: `${running.client.address}>${endpointText(running.server)}<${pod.address}`,
    grade: gradeOf({ 'acknowledges-that-connection': 'passed' }),
    subject: {
      protocol: 'tcp',
      client: running.client.address,
      server: endpointText(pod),
      serverBeforeNat: endpointText(running.server),
    },
    conversations: [...conversations].flatMap((conversation) => conversation?.index ?? []),
    place: `on the way back to ${evidence.points[running.point].name}`,
    ...excerpt(group.flatMap(packetsOf).sort(inOrder)),
    reach: runs.length,
    measured: {
      orphans: group.length,
      connections: runs.length,
      brokenByReset: runs.filter((one) => one.resets.length > 0).length,
    },
    client: running.client.address,
    service: endpointText(running.server),
    serviceAddress: running.server.address,
    pod: pod.address,
    orphans: group.length,
    broken: runs.filter((one) => one.resets.length > 0).length,
    point: running.point,
  };
}

function packetsOf({ running, orphan, toClient }: Orphan): EvidencePacket[] {
  const { first } = orphan.directions[toClient];
  return [
    ...(first === null ? [] : packetsAt(orphan.point, [first], 'segment of the connection, from another address', '<')),
    ...packetsAt(orphan.point, orphan.resets, 'the client resets it', '>'),
    ...packetsAt(running.point, running.resets, 'the connection itself is reset', ''),
  ];
}
