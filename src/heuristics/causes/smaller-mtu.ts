import { shellQuote } from '../../text/shell-quote.ts';
import type { BeyondBreak } from '../facts/sizes/beyond-break.ts';
import type { Cliff } from '../facts/sizes/cliff.ts';
import type { IcmpTrail } from '../facts/sizes/icmp-trail.ts';
import { fittingMtus, namedMtus } from '../facts/sizes/path-mtu.ts';
import type { Overhead } from '../facts/tunnel-overhead.ts';
import type { Command, Fix, Names } from '../rule/rule.ts';
import type { Cause } from '../rule/weigh.ts';
import { deviceMtus, kubectl, pings, pingsSizes, pingsWhole, tracesPath, watchesTooBig } from '../words/commands.ts';
import { type Family, familyOf } from '../words/display-filter.ts';
import { clampMss, lockMtu } from '../words/repairs.ts';

/** A size limit on the path from a sender to a receiver, with all that is known of it. */
export interface SizeLimit {
  sender: string;
  receiver: string;
  largestPassed: number;
  smallestLost: number;
  dontFragment: boolean;
  icmp: Cliff['icmp'];
  icmpMtu: number;
  icmpFrom: string | null;
  outerLost: number | null;
  trail: IcmpTrail | null;
  overhead: Overhead | null;
  /** The packets are in a tunnel that hides its headers, or the captures contain tunnels elsewhere. */
  tunnelsSeen: boolean;
  beyond: BeyondBreak;
  /** The last point that saw the packets, and the first one that did not. */
  from: number | null;
  to: number | null;
}

/** MTU of Ethernet (RFC 894). It is assumed under a tunnel when nothing else is known. */
const ETHERNET_MTU = 1500;
/** Least MTU of a link that carries IPv6 (RFC 8200, 5). Every link of a cluster network carries it. */
const LEAST_MTU = 1280;

/** The ICMP error that tells a sender the MTU (RFC 1191, RFC 8201). */
export const TOO_BIG: Readonly<Record<Family, string>> = {
  4: 'ICMP "fragmentation needed"',
  6: 'ICMPv6 "packet too big"',
};

/** The largest MTU that the captures allow, and how it is known. */
interface Advised {
  mtu: number;
  because: string;
  /** False where the true limit may be lower: then a command has to find it. */
  isExact: boolean;
}

function advisedMtu({ icmpMtu, icmpFrom, overhead, largestPassed, smallestLost }: SizeLimit): Advised {
  if (icmpMtu >= LEAST_MTU) return { mtu: icmpMtu, because: `as ${icmpFrom} says`, isExact: true };
  const inTunnel = overhead === null ? 0 : ETHERNET_MTU - overhead.octets;
  if (largestPassed >= LEAST_MTU && largestPassed >= inTunnel)
    return { mtu: largestPassed, because: 'the largest packet that passed', isExact: false };
  if (overhead !== null && inTunnel >= LEAST_MTU && inTunnel < smallestLost)
    return {
      mtu: inTunnel,
      because: `${ETHERNET_MTU} less the ${overhead.octets} octets of ${overhead.name}; less where the underlay has a smaller MTU`,
      isExact: false,
    };
  return { mtu: LEAST_MTU, because: 'it passes every link that may carry IPv6', isExact: false };
}

/** Commands that show the limit, or narrow it. */
export function sizeLimitCommands(limit: SizeLimit, names: Names): Command[] {
  const { sender, receiver, largestPassed, smallestLost, from, to, beyond, icmp, icmpMtu, icmpFrom } = limit;
  const family = familyOf(receiver);
  const asker = from === null ? names.address(sender) : names.host(from);
  const { target } = beyond;
  const sizes = sizesBetween(limit);
  const ofTarget: Command[] =
    target === null
      ? [
          kubectl(
            `get services -A | grep -w ${shellQuote(String(beyond.servicePort))}`,
            `the service; then ping its pods from ${names.nodeOf(beyond.front ?? receiver)}, which answers pings to ${beyond.front} itself`,
          ),
        ]
      : [
          ...(isWithin(limit, icmpMtu)
            ? [pingsWhole(asker, target, icmpMtu, true, `: the MTU that ${icmpFrom} tells`)]
            : sizes.length === 0
              ? [pingsWhole(asker, target, largestPassed, true)]
              : [pingsSizes(asker, target, sizes, 'the largest size that is answered, plus the headers, is the MTU')]),
          tracesPath(asker, target, 'pmtu: the MTU that fits, and the hop where it ends'),
          pingsWhole(asker, target, smallestLost, false, ', or "message too long" with the MTU of the device'),
          pings(asker, target, true, ': small packets pass'),
        ];
  const deviceRange = `a device with an MTU below ${smallestLost}${largestPassed > 0 ? `, and of ${largestPassed} or more` : ''}`;
  const machines = from === null ? [names.nodeOf(beyond.front ?? receiver)] : [names.host(from)];
  if (to !== null) machines.push(names.host(to));
  return [
    ...(beyond.target === null ? [deviceMtus(machines[0], deviceRange)] : []),
    ...ofTarget,
    ...[...new Set(machines)].map((machine) => deviceMtus(machine, deviceRange)),
    ...(icmp === 'ignored'
      ? []
      : [
          watchesTooBig(asker, family, {
            expect: `whether ${TOO_BIG[family]} is sent here, and to whom`,
          }),
        ]),
  ];
}

/** Whether a size lies between the largest that passed and the smallest that did not. */
const isWithin = ({ largestPassed, smallestLost }: SizeLimit, size: number): boolean =>
  size >= largestPassed && size > 0 && size < smallestLost;

/**
 * Sizes of IP packets to try between the largest that passed and the smallest that did not: the usual MTUs, below what
 * the headers of a known tunnel leave of Ethernet.
 */
function sizesBetween(limit: SizeLimit): number[] {
  const { largestPassed: passed, smallestLost: lost, overhead } = limit;
  const inTunnel = ETHERNET_MTU - (overhead?.octets ?? 0);
  const known = fittingMtus(Math.max(passed, LEAST_MTU), Math.min(lost, inTunnel)).map(({ mtu }) => mtu);
  const usual = overhead !== null && isWithin(limit, inTunnel) ? [inTunnel, ...known] : known;
  if (usual.length > 1) return usual;
  const step = Math.max(1, Math.floor((lost - passed) / 8));
  return [1, 2, 3, 4, 5, 6, 7].map((part) => lost - part * step).filter((size) => size > passed);
}

/** What repairs it: at once on the sender, then for good. */
function sizeFixes(limit: SizeLimit, names: Names): Fix[] {
  const { sender, receiver, from, to } = limit;
  const { mtu, because, isExact } = advisedMtu(limit);
  const device =
    from === null || to === null
      ? 'the device that drops'
      : names.point(from) === names.point(to)
        ? `the device behind ${names.point(from)}`
        : `what lies between ${names.point(from)} and ${names.point(to)}`;
  return [
    `Give ${names.address(sender)} (for pods: the MTU of the CNI) an MTU of at most ${mtu} (${because})${isExact ? '' : ', or what the commands find'}; or raise that of ${device}.`,
    { on: names.machine(sender), ...lockMtu(receiver, mtu), note: 'at once, for this destination, until then' },
    {
      on: from === null ? names.nodeOf(limit.beyond.front ?? receiver) : names.host(from),
      ...clampMss(familyOf(receiver)),
      note: 'for TCP that this node forwards',
    },
  ];
}

/** Causes of a size limit that the sender does not learn. */
export function sizeLimitCauses(limit: SizeLimit, names: Names): Cause[] {
  const { largestPassed, smallestLost, icmpMtu, overhead, tunnelsSeen, outerLost } = limit;
  const named = icmpMtu > 0 || overhead !== null ? [] : namedMtus(largestPassed, smallestLost);
  return [
    {
      id: 'smaller-mtu',
      cause:
        icmpMtu > 0 ? `a device with MTU ${icmpMtu} on the path` : 'a tunnel or link with a smaller MTU on the path',
      telling: [
        rangeOf(largestPassed, smallestLost),
        ...(named.length === 0
          ? []
          : [`usual MTUs of that size: ${named.map(({ mtu, reason }) => `${mtu} (${reason})`).join(', ')}`]),
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
      fix: sizeFixes(limit, names),
    },
    ...icmpCauses(limit, names),
    {
      id: 'content-filter',
      cause: 'a middlebox drops large packets for what is in them',
      for: [],
      against: ['every large packet is lost, not one kind of content'],
    },
  ];
}

function rangeOf(passed: number, lost: number): string {
  if (passed === 0) return `the limit lies below ${lost} octets`;
  return lost - passed === 1 ? `the limit is ${passed} octets` : `the limit lies between ${passed} and ${lost} octets`;
}

/** Causes by what happened to the ICMP error that reports the MTU. */
function icmpCauses({ icmp, icmpFrom, trail, sender, receiver, dontFragment }: SizeLimit, names: Names): Cause[] {
  const error =
    familyOf(receiver) === 6 ? 'ICMPv6 type 2 (packet too big)' : 'ICMP type 3 code 4 (fragmentation needed)';
  if (icmp !== 'ignored') {
    const seen = trail === null ? 'another point' : names.point(trail.lastSeen);
    return [
      {
        id: 'icmp-filtered-on-path',
        cause: `${TOO_BIG[familyOf(receiver)]} is filtered on the way back`,
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
        fix: [
          trail?.missingAt == null
            ? `Let ${error} through to ${names.address(sender)}.`
            : `Let ${error} from ${icmpFrom} to ${names.address(trail.to)} pass between ${names.point(trail.lastSeen)} and ${names.point(trail.missingAt)}.`,
        ],
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
      fix: [`Let ${error} in on ${names.address(sender)} itself.`],
    },
    ...(foreign
      ? [
          {
            id: 'icmp-not-untranslated',
            cause: 'the sender cannot tell which connection the ICMP error is about: its translation was not undone',
            telling: [`it quotes a packet of ${names.address(trail.quotedSource)}, not of ${names.address(sender)}`],
            for: [],
            against: [],
            fix: [
              `Let the node that translates the connection translate ${error} as well (connection tracking, RELATED).`,
            ],
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
