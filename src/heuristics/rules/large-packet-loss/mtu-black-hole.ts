import type { Evidence } from '../../../flows/evidence/evidence.ts';
import { type SizeLimit, sizeLimitCauses, sizeLimitCommands, TOO_BIG } from '../../causes/smaller-mtu.ts';
import { GATES } from '../../facts/gates.ts';
import { ONE_WAY_SHARE } from '../../facts/one-way.ts';
import { breakPointOf } from '../../facts/place.ts';
import { beyondBreak } from '../../facts/sizes/beyond-break.ts';
import type { Cliff, Missing } from '../../facts/sizes/cliff.ts';
import { type IcmpTrail, icmpTrail } from '../../facts/sizes/icmp-trail.ts';
import { cliffsOf } from '../../facts/sizes/size-cliff.ts';
import { SIZE_THRESHOLDS } from '../../facts/sizes/size-thresholds.ts';
import { subjectOf } from '../../facts/subject.ts';
import { overheadOf } from '../../facts/tunnel-overhead.ts';
import { carries } from '../../facts/vtep.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type Names, type Occurrence } from '../../rule/rule.ts';
import { counted } from '../../words/counted.ts';
import { familyOf, lengthFrom, oneWay } from '../../words/display-filter.ts';
import { excerpt } from '../../words/excerpt.ts';

interface BlackHole extends Occurrence, SizeLimit {
  sendings: number;
  missing: Missing | null;
}

/** Small packets pass, and large packets never do. */
export const mtuBlackHole = defineRule<BlackHole>({
  meta: {
    id: 'mtu-black-hole',
    faultClass: 'large-packet-loss',
    level: 'error',
    recordedIn: 'test/pcaps/case-2',
    place: 'last-seen',
    explains: ['fragments-lost', 'tunnel-blocked', 'zero-window-stall', 'reordering'],
    explainsSymptomsOf: ['lost-between-points', 'silent-path'],
    summary: 'Small packets pass and large ones never do',
    meaning:
      'A link on the path has a smaller MTU than the sender believes, and the message that would tell it (ICMP fragmentation needed) is missing, filtered or ignored. Handshakes work, transfers hang.',
    rule: 'In one direction every packet of a size and above is lost however often it is sent (three sendings, or two whose distance doubles, or sizes of echo requests, or what two capture points show, or whole segments that their receiver waits for 3 s and more while smaller packets of the sender come), while smaller ones get through; the limit lies between the largest that passed and the smallest that never did. ICMP that tells the MTU is followed back along the capture points: where it was last seen, and where it should have come next.',
    notThis: [
      'Working path MTU discovery: the sender shrinks its segments within a second, whether the ICMP error was captured or not.',
      'Random loss hits small packets too, and a retransmission gets through.',
      'A dead peer acknowledges nothing of any size.',
      'A shut window: the receiver, not the path, stops the sender.',
      'ICMP that is absent at a point proves nothing where the capture was filtered or did not run at the time: then no place is told.',
      'Super-segments of transmit offload are larger than any packet on the wire: sizes are then those of the agreed MSS.',
    ],
    causes: [
      'Tunnel MTU smaller than the sender’s',
      'MSS not clamped at the tunnel',
      'ICMP type 3 code 4 filtered',
      'Underlay with a smaller MTU (cloud, VPN, double encapsulation)',
    ],
    confirm: [
      { on: '<sender>', command: 'ping -M do -s <largest that passed - 28> <receiver>', expect: 'answered' },
      { on: '<sender>', command: 'ping -M do -s <smallest lost - 28> <receiver>', expect: 'no answer' },
      { on: 'each device of the path', command: 'ip link show', expect: 'an MTU below the sender’s' },
    ],
    fix: [
      'Set the same MTU on both ends of the path (sender, CNI configuration)',
      'Clamp the MSS: iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu',
      'Let ICMP type 3 code 4 (IPv6: type 2) through',
    ],
    references: ['RFC 2923, 2.1', 'RFC 1191', 'RFC 8201', 'RFC 4821'],
  },
  thresholds: { ...SIZE_THRESHOLDS, ...GATES, oneWayShare: ONE_WAY_SHARE },

  *detect(evidence) {
    for (const cliff of cliffsOf(evidence)) yield occurrenceOf(evidence, cliff);
  },

  explain(occurrence, names) {
    const { sender, receiver, largestPassed, smallestLost, sendings, icmpMtu, icmpFrom } = occurrence;
    const { missing } = occurrence;
    const limit = icmpMtu > 0 ? `; ${icmpFrom} says the MTU is ${icmpMtu}` : '';
    const passed = largestPassed > 0 ? `up to ${largestPassed} octets pass` : 'small packets pass';
    return {
      message: `Large packets from ${names.address(sender)} to ${names.address(receiver)} are lost: IP packets of ${smallestLost} octets never arrive (${missing === null ? `sent ${counted(sendings, 'time')}` : `${missing.octets} octets are missing for ${missing.seconds.toFixed(1)} s`}), ${passed}${limit}`,
      why:
        missing !== null
          ? `${names.address(receiver)} waits for ${counted(missing.segments, 'full segment')} that ${names.address(sender)} has sent, for what it sends afterwards has a later sequence number. It repeats ${missing.segments === 1 ? 'it' : 'them'} as long as it gets no acknowledgement, and all that arrives from it is smaller.`
          : `A device on the path does not carry packets of ${smallestLost} octets, and the sender does not learn it${reasonOf(occurrence, names)}.${isRepeated(occurrence) ? ' It sends the same large packet again and again until it gives up.' : ''}`,
      causes: sizeLimitCauses(occurrence, names),
      confirm: sizeLimitCommands(occurrence, names),
      fix: [],
      wireshark: `${oneWay(sender, receiver)} && ${lengthFrom(familyOf(receiver), smallestLost)}`,
    };
  },
});

/** TCP sends the same segment again; a ping or a datagram is another packet each time. */
const isRepeated = ({ subject }: BlackHole): boolean => subject.protocol !== 'icmp' && subject.protocol !== 'udp';

function reasonOf({ icmp, trail, receiver }: BlackHole, names: Names): string {
  const error = TOO_BIG[familyOf(receiver)];
  if (icmp === 'ignored') return ` although ${error} reaches its capture point: it ignores it`;
  if (icmp === 'none') return `: no ${error} is seen`;
  return `: ${error} is sent but does not reach it${placeOf(trail, names)}`;
}

function placeOf(trail: IcmpTrail | null, names: Names): string {
  if (trail === null) return '';
  const missing = trail.missingAt === null ? '' : ` and is absent at ${names.point(trail.missingAt)}`;
  return `; it passes ${names.point(trail.lastSeen)}${missing}`;
}

function occurrenceOf(evidence: Evidence, cliff: Cliff): BlackHole {
  const { around } = cliff;
  const found =
    around === undefined
      ? breakPointOf(cliff.conversations, cliff.direction)
      : breakPointOf(around.conversations, around.direction);
  const { subject } = subjectOf(cliff.conversations);
  const trail = icmpTrail(evidence, cliff);
  return {
    key: `${cliff.sender}>${cliff.receiver}`,
    grade: gradeOf({ 'size-decides': whereSeen(cliff.confirmed || found !== null) }),
    subject,
    conversations: cliff.conversations.map((conversation) => conversation.index),
    between: found?.between ?? null,
    ...excerpt(cliff.packets),
    reach: cliff.conversations.length,
    measured: {
      largestPassed: cliff.largestPassed,
      smallestLost: cliff.smallestLost,
      sendings: cliff.sendings,
      icmp: cliff.icmp,
      icmpMtu: cliff.icmpMtu,
      ...(around !== undefined && { outerLost: around.smallestLost }),
      ...(cliff.missing !== undefined && {
        missingOctets: cliff.missing.octets,
        missingSegments: cliff.missing.segments,
      }),
      ...(trail !== null && {
        icmpLastSeen: evidence.points[trail.lastSeen].name,
        icmpMissingAt: trail.missingAt === null ? null : evidence.points[trail.missingAt].name,
      }),
    },
    sender: cliff.sender,
    receiver: cliff.receiver,
    largestPassed: cliff.largestPassed,
    smallestLost: cliff.smallestLost,
    sendings: cliff.sendings,
    dontFragment: cliff.dontFragment,
    icmp: cliff.icmp,
    icmpMtu: cliff.icmpMtu,
    icmpFrom: cliff.icmpFrom,
    missing: cliff.missing ?? null,
    outerLost: around?.smallestLost ?? null,
    trail,
    overhead: overheadOf(
      evidence,
      cliff.conversations.flatMap(({ legs }) => legs),
    ),
    tunnelsSeen: around !== undefined || evidence.tunnels.some((flow) => carries(flow, cliff.sender, cliff.receiver)),
    beyond: beyondBreak(evidence, cliff),
    from: found?.between[0] ?? null,
    to: found?.between[1] ?? null,
  };
}
