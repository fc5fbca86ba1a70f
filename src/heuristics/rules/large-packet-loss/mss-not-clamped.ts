import type { Connection, Conversation, Direction, Evidence, IcmpError } from '../../../flows/evidence/evidence.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { isTooBig } from '../../facts/sizes/cliff.ts';
import { subjectOf } from '../../facts/subject.ts';
import { gradeOf } from '../../rule/grade.ts';
import { defineRule, type Occurrence } from '../../rule/rule.ts';
import { routeTo, runs } from '../../words/commands.ts';
import { familyOf, oneWay } from '../../words/display-filter.ts';
import { excerpt, packetsAt } from '../../words/excerpt.ts';
import { groupBy } from '../../words/group-by.ts';
import { clampMss } from '../../words/repairs.ts';

const thresholds = {
  smallestMtu: { value: 576, unit: 'octets', source: 'RFC 791, 3.2: every host takes packets of this size' },
} as const;

/** Octets of the IP and TCP headers without options, which the MSS excludes (RFC 6691, 2). */
const TCP_IP_OCTETS = { 4: 40, 6: 60 } as const;

interface Unclamped extends Occurrence {
  sender: string;
  receiver: string;
  mss: number;
  mtu: number;
  router: string;
  fits: number;
}

/** The agreed MSS allows packets larger than an ICMP error said that the path can carry. */
export const mssNotClamped = defineRule<Unclamped>({
  meta: {
    id: 'mss-not-clamped',
    faultClass: 'large-packet-loss',
    level: 'note',
    recordedIn: 'test/pcaps/healthy-pmtud',
    place: 'mechanism',
    explainedBy: ['mtu-black-hole'],
    summary: 'Connections agree on segments larger than the path carries',
    meaning:
      'Every new connection has to learn the path MTU from ICMP before its first large segment passes. It works as long as these errors come through; the day they do not, transfers hang.',
    rule: 'ICMP fragmentation needed (IPv6: packet too big) quotes a packet from one host to another and says an MTU of 576 or more, and the MSS that the second announces to the first, as it stands nearest to the first, is larger than that MTU less the headers.',
    notThis: [
      'The MSS is clamped on the way: what counts is what stands in the SYN nearest to the sender.',
      'Nothing proves the MTU of the path: a tunnel on it is no proof, an ICMP error is.',
      'An ICMP error that says no MTU, or less than 576.',
      'The error is about other hosts.',
    ],
    causes: ['No TCPMSS rule on the node', 'A client outside the cluster', 'A pod MTU larger than that of the tunnel'],
    confirm: [
      {
        on: '<node>',
        command: 'iptables -t mangle -S | grep TCPMSS',
        expect: 'no rule with --clamp-mss-to-pmtu',
      },
    ],
    fix: [
      'Clamp the MSS: iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu',
      'Or give pods the MTU of the tunnel',
    ],
    references: ['RFC 2923, 2.1', 'RFC 6691', 'RFC 1191'],
  },
  thresholds,

  *detect(evidence) {
    const errors = evidence.icmpErrors.filter((error) => isTooBig(error) && error.mtu >= thresholds.smallestMtu.value);
    if (errors.length === 0) return;
    const about = groupBy(errors, ({ quoted }) => pairKey(quoted?.source.address, quoted?.destination.address));
    const found = indexOf(evidence).tcp.flatMap((conversation) =>
      ([0, 1] as const).flatMap((direction) => unclampedOf(evidence, conversation, direction, about) ?? []),
    );
    for (const group of groupBy(found, ({ sender, receiver }) => `${sender}>${receiver}`).values())
      yield occurrenceOf(group);
  },

  explain({ sender, receiver, mss, mtu, router, fits, reach }, names) {
    return {
      message: `${names.address(receiver)} announces an MSS of ${mss} to ${names.address(sender)}, and the path carries IP packets of ${mtu} octets only: an MSS of ${fits} would fit`,
      why: `${names.address(router)} says that the MTU is ${mtu}. ${reach === 1 ? 'The connection depends' : `${reach} connections depend`} on ICMP errors to find out; nothing on the way lowers the MSS in the handshake.`,
      causes: [
        {
          id: 'mss-not-clamped',
          cause: 'no rule clamps the MSS where the path narrows',
          for: [`the SYN nearest to ${names.address(sender)} still says ${mss}`],
          against: [],
        },
      ],
      confirm: [
        runs(
          names.machine(router),
          `${familyOf(receiver) === 6 ? 'ip6tables' : 'iptables'} -t mangle -S | grep TCPMSS`,
          {
            expect: 'no rule with --clamp-mss-to-pmtu',
            shows: { lacks: 'TCPMSS' },
          },
        ),
        routeTo(names.machine(sender), receiver, { expect: `mtu ${mtu} once it has been learnt` }),
      ],
      fix: [
        {
          on: names.machine(router),
          ...clampMss(familyOf(receiver)),
          note: `or give ${sender} and ${receiver} an MTU of ${mtu}`,
        },
      ],
      wireshark: `tcp.flags.syn==1 && ${oneWay(receiver, sender)}`,
    };
  },
});

const pairKey = (sender: string | undefined, receiver: string | undefined): string => `${sender} ${receiver}`;

interface Found {
  conversation: Conversation;
  near: Connection;
  direction: Direction;
  sender: string;
  receiver: string;
  mss: number;
  error: IcmpError;
}

/** The MSS as seen nearest to the sender of the data. A clamp after that point does not matter. */
function unclampedOf(
  evidence: Evidence,
  conversation: Conversation,
  direction: Direction,
  about: ReadonlyMap<string, readonly IcmpError[]>,
): Found | null {
  const legs = indexOf(evidence).connections(conversation);
  const near = direction === 0 ? legs[0] : legs[legs.length - 1];
  const [sender, receiver] = direction === 0 ? [near.client, near.server] : [near.server, near.client];
  const { mss } = near.directions[direction === 0 ? 1 : 0];
  if (mss === null) return null;
  const largest = mss + TCP_IP_OCTETS[near.ipVersion];
  const error = about.get(pairKey(sender.address, receiver.address))?.find(({ mtu }) => largest > mtu);
  if (error === undefined) return null;
  return { conversation, near, direction, sender: sender.address, receiver: receiver.address, mss, error };
}

function occurrenceOf(group: readonly Found[]): Unclamped {
  const [{ sender, receiver, error, near }] = group;
  const mss = Math.max(...group.map((found) => found.mss));
  const handshakes = group.flatMap(({ near: leg, direction, mss: announced }) =>
    packetsAt(
      leg.point,
      (direction === 0 ? leg.synAck : leg.syn).slice(0, 1),
      `MSS ${announced}`,
      direction === 0 ? '<' : '>',
    ),
  );
  return {
    key: `${sender}>${receiver}`,
    grade: gradeOf({ 'mss-above-the-told-mtu': 'passed' }),
    subject: subjectOf(group.map(({ conversation }) => conversation)).subject,
    conversations: [...new Set(group.map(({ conversation }) => conversation.index))],
    ...excerpt([...handshakes, ...packetsAt(error.point, [error], `${error.from} says the MTU is ${error.mtu}`)]),
    reach: group.length,
    measured: { mss, mtu: error.mtu, connections: group.length },
    sender,
    receiver,
    mss,
    mtu: error.mtu,
    router: error.from,
    fits: error.mtu - TCP_IP_OCTETS[near.ipVersion],
  };
}
