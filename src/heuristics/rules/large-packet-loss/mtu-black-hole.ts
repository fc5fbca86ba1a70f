import type { Evidence } from '../../../flows/evidence/evidence.ts';
import { shellQuote } from '../../../text/shell-quote.ts';
import { GATES } from '../../facts/gates.ts';
import { ONE_WAY_SHARE } from '../../facts/one-way.ts';
import { breakPointOf } from '../../facts/place.ts';
import type { Cliff, Missing } from '../../facts/sizes/cliff.ts';
import { type IcmpTrail, icmpTrail } from '../../facts/sizes/icmp-trail.ts';
import { fittingMtus } from '../../facts/sizes/path-mtu.ts';
import { cliffsOf } from '../../facts/sizes/size-cliff.ts';
import { SIZE_THRESHOLDS } from '../../facts/sizes/size-thresholds.ts';
import { subjectOf } from '../../facts/subject.ts';
import { type Overhead, overheadOf } from '../../facts/tunnel-overhead.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type Names, type Occurrence } from '../../rule/rule.ts';
import type { Cause } from '../../rule/weigh.ts';
import { counted } from '../../words/counted.ts';
import { excerpt } from '../../words/excerpt.ts';
import { pingOctets } from '../../words/ping-octets.ts';

interface BlackHole extends Occurrence {
  sender: string;
  receiver: string;
  largestPassed: number;
  smallestLost: number;
  sendings: number;
  dontFragment: boolean;
  icmp: Cliff['icmp'];
  icmpMtu: number;
  icmpFrom: string | null;
  outerLost: number | null;
  missing: Missing | null;
  trail: IcmpTrail | null;
  overhead: Overhead | null;
  /** The packets are in a tunnel that hides its headers, or the captures contain tunnels elsewhere. */
  tunnelsSeen: boolean;
  from: number | null;
  to: number | null;
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
    const { sender, receiver, largestPassed, smallestLost, sendings, icmpMtu, icmpFrom, from, to } = occurrence;
    const { missing } = occurrence;
    const limit = icmpMtu > 0 ? `; ${icmpFrom} says the MTU is ${icmpMtu}` : '';
    const passed = largestPassed > 0 ? `up to ${largestPassed} octets pass` : 'small packets pass';
    return {
      message: `Large packets from ${names.address(sender)} to ${names.address(receiver)} are lost: IP packets of ${smallestLost} octets never arrive (${missing === null ? `${sendings} sendings` : `${missing.octets} octets are missing for ${missing.seconds.toFixed(1)} s`}), ${passed}${limit}`,
      why:
        missing !== null
          ? `${names.address(receiver)} waits for ${counted(missing.segments, 'full segment')} that ${names.address(sender)} has sent, for what it sends afterwards has a later sequence number. It repeats them as long as it gets no acknowledgement, and all that arrives from it is smaller.`
          : `A device on the path does not carry packets of ${smallestLost} octets, and the sender does not learn it${reasonOf(occurrence, names)}. It sends the same large packet again and again until it gives up.`,
      causes: causesOf(occurrence, names),
      confirm: [
        ...(largestPassed > 0
          ? [
              {
                on: sender,
                command: `ping -c 3 -M do -s ${pingOctets(largestPassed, receiver)} ${shellQuote(receiver)}`,
                expect: 'answered',
              },
            ]
          : []),
        {
          on: sender,
          command: `ping -c 3 -M do -s ${pingOctets(smallestLost, receiver)} ${shellQuote(receiver)}`,
          expect: 'no answer',
        },
        {
          on: from === null ? 'each node of the path' : names.host(from),
          command: 'ip -br link; ip link show | grep mtu',
          expect: `a device with an MTU from ${Math.max(largestPassed, 576)} to ${smallestLost - 1}`,
        },
        {
          on: to === null ? 'the receiving node' : names.host(to),
          command: "tcpdump -nn -i any 'icmp[0]==3 and icmp[1]==4'",
          expect: 'shows whether fragmentation needed is sent, and where it stops',
        },
      ],
      fix: [
        `Give the sender (or the pod network) an MTU of at most ${icmpMtu > 0 ? icmpMtu : Math.max(largestPassed, 576)}${largestPassed > 0 && icmpMtu === 0 ? ' (the largest that passed)' : ''}, or raise the MTU of the device that drops.`,
        'Or clamp the MSS on the node: iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu',
        'Let ICMP type 3 code 4 (IPv6: type 2) through to the sender.',
      ],
      wireshark: `ip.src==${sender} && ip.dst==${receiver} && ip.len>=${smallestLost}`,
    };
  },
});

function reasonOf({ icmp, trail }: BlackHole, names: Names): string {
  if (icmp === 'ignored') return ' although ICMP "fragmentation needed" reaches its capture point: it ignores it';
  if (icmp === 'none') return ': no ICMP "fragmentation needed" is seen';
  return `: ICMP "fragmentation needed" is sent but does not reach it${placeOf(trail, names)}`;
}

function placeOf(trail: IcmpTrail | null, names: Names): string {
  if (trail === null) return '';
  const missing = trail.missingAt === null ? '' : ` and is absent at ${names.point(trail.missingAt)}`;
  return `; it passes ${names.point(trail.lastSeen)}${missing}`;
}

/** MTU of Ethernet (RFC 894). It is assumed under a tunnel when nothing else is known. */
const ETHERNET_MTU = 1500;

function causesOf(occurrence: BlackHole, names: Names): Cause[] {
  const { largestPassed, smallestLost, icmpMtu, overhead, tunnelsSeen, outerLost } = occurrence;
  const fitting = icmpMtu > 0 ? [] : fittingMtus(largestPassed, smallestLost);
  return [
    {
      id: 'smaller-mtu',
      cause:
        icmpMtu > 0 ? `a device with MTU ${icmpMtu} on the path` : 'a tunnel or link with a smaller MTU on the path',
      telling: [
        `the limit lies between ${largestPassed} and ${smallestLost} octets`,
        ...fitting.map(({ mtu, reason }) => `${mtu} would fit: ${reason}`),
        ...(outerLost !== null ? [`in the encrypted tunnel they are packets of ${outerLost} octets`] : []),
        ...(overhead === null
          ? tunnelsSeen
            ? ['the packets travel in a tunnel, whose headers come on top']
            : []
          : [
              `the packets travel as ${overhead.name}, which adds ${overhead.octets} octets: over links of ${ETHERNET_MTU} the sender's MTU may be ${ETHERNET_MTU - overhead.octets} at most`,
            ]),
      ],
      for: [],
      against: [],
    },
    ...icmpCauses(occurrence, names),
    {
      id: 'content-filter',
      cause: 'a middlebox drops large packets for what is in them',
      for: [],
      against: ['every large packet is lost, not one kind of content'],
    },
  ];
}

/** Causes by what happened to the ICMP error that reports the MTU. */
function icmpCauses({ icmp, trail, sender, dontFragment }: BlackHole, names: Names): Cause[] {
  if (icmp !== 'ignored') {
    const seen = trail === null ? 'another point' : names.point(trail.lastSeen);
    return [
      {
        id: 'icmp-filtered-on-path',
        cause: 'ICMP "fragmentation needed" is filtered on the way back',
        telling:
          icmp === 'none'
            ? []
            : [
                trail?.missingAt == null
                  ? `the ICMP error was captured at ${seen}, not at the sender`
                  : `the ICMP error was captured at ${seen}, addressed to ${names.address(trail.to)}, and not at ${names.point(trail.missingAt)}, where it should have come next`,
              ],
        for: [],
        against: [],
      },
    ];
  }
  const unheeded = 'the ICMP error was captured at the sender, which did not shrink its packets';
  const foreign = trail !== null && trail.quotedSource !== '' && trail.quotedSource !== sender;
  return [
    {
      id: 'icmp-filtered-on-sender',
      cause: 'a firewall on the sender drops the ICMP errors',
      telling: foreign ? [] : [unheeded],
      for: foreign ? [unheeded] : [],
      against: [],
    },
    ...(foreign
      ? [
          {
            id: 'icmp-not-untranslated',
            cause: 'the sender cannot tell which connection the ICMP error is about: its translation was not undone',
            telling: [`it quotes a packet of ${names.address(trail.quotedSource)}, not of ${names.address(sender)}`],
            for: [],
            against: [],
          },
        ]
      : [
          {
            id: 'discovery-off',
            cause: 'path MTU discovery is off on the sender (net.ipv4.ip_no_pmtu_disc)',
            for: [],
            against: dontFragment ? ['its packets forbid fragmentation (DF), as discovery wants'] : [],
          },
        ]),
  ];
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
    tunnelsSeen: around !== undefined || evidence.tunnels.length > 0,
    from: found?.between[0] ?? null,
    to: found?.between[1] ?? null,
  };
}
