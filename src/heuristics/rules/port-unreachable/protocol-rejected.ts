import type { Evidence, IcmpError, TunnelFlow } from '../../../flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../../flows/evidence/evidence.ts';
import { indexOf } from '../../facts/evidence-index.ts';
import { type IcmpGroup, icmpGroups } from '../../facts/icmp-findings.ts';
import { type Command, defineRule } from '../../rule/rule.ts';
import { firewallRules, runs } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { familyOf, protocolUnreachable } from '../../words/display-filter.ts';

const thresholds = {
  errors: { value: 3, unit: 'count', source: 'docs/thresholds.md, protocol-errors' },
  seconds: { value: 1, unit: 's', source: 'docs/thresholds.md, protocol-errors' },
} as const;

/** IANA protocol numbers of tunnels and of protocols used beside TCP and UDP. */
const PROTOCOL_NAMES: Readonly<Record<number, string>> = {
  4: 'IPIP',
  41: '6in4',
  47: 'GRE',
  50: 'ESP (IPsec)',
  51: 'AH (IPsec)',
  89: 'OSPF',
  112: 'VRRP',
  115: 'L2TP',
  132: 'SCTP',
};
/** Protocols that carry other packets. */
const TUNNELS = new Set([4, 41, 47, 50, 115]);

interface ProtocolRejected extends IcmpGroup {
  protocol: number;
  name: string;
  seconds: number;
  /** The machine itself sends packets of the protocol, both before and after the last error. */
  isPart: boolean;
}

/** A machine reports that it does not support the protocol of the packets. */
export const protocolRejected = defineRule<ProtocolRejected>({
  meta: {
    id: 'protocol-rejected',
    faultClass: 'port-unreachable',
    level: 'warning',
    recordedIn: 'test/pcaps/ipip-not-taken',
    place: 'mechanism',
    explains: ['tunnel-blocked'],
    explainsSymptomsOf: ['lost-between-points', 'silent-path'],
    summary: 'A machine answers that it does not take this IP protocol',
    meaning:
      'The packets arrive, and nothing there takes IPIP, GRE, 6in4 or whatever they carry: the module or the interface is missing, or a rule rejects the protocol.',
    rule: 'ICMP protocol unreachable (IPv4 3/2; IPv6 4/1, unrecognized next header) about packets of one protocol from one address to another, three times or more in a second or longer; a warning where the machine sends packets of that protocol itself.',
    notThis: [
      'Port unreachable (3/3) has its own rule.',
      'One or two of them while a tunnel is set up.',
      'The other end sends packets of the same protocol after the last error, and none before: its tunnel was set up, told as a note.',
      'The sender is not heard in the capture: backscatter, told as a note.',
    ],
    causes: [
      'The tunnel interface or kernel module is missing on the other end',
      'The tunnel of the other end has another remote address',
      'A rule rejects the protocol (icmp-proto-unreachable)',
    ],
    confirm: [
      { on: '<who said it>', command: 'ip -d tunnel show; lsmod | grep -E "ipip|gre|sit"', expect: 'no tunnel' },
    ],
    fix: ['Set up the tunnel on the other end, or allow the protocol'],
    references: ['RFC 792', 'RFC 1122, 3.2.2.1', 'RFC 4443, 3.4'],
  },
  thresholds,

  *detect(evidence) {
    const protocols = new Set(evidence.icmpErrors.filter(isProtocolError).map(({ quoted }) => quoted!.protocol));
    for (const protocol of protocols) {
      const wanted = (error: IcmpError): boolean => isProtocolError(error) && error.quoted!.protocol === protocol;
      for (const group of icmpGroups(evidence, wanted)) {
        const errors = evidence.icmpErrors.filter((error) => wanted(error) && isOfGroup(error, group));
        if (group.errors < thresholds.errors.value || spanOf(errors) < thresholds.seconds.value) continue;
        yield occurrenceOf(evidence, group, protocol, errors);
      }
    }
  },

  explain({ from, client, destination, protocol, name, errors, seconds, isPart }, names) {
    const isTunnel = TUNNELS.has(protocol);
    const tunnelCommand = (expect: string): Command =>
      runs(names.machine(from), isTunnel ? 'ip -d link show; ip -d tunnel show' : 'ss -a -w', {
        expect: isTunnel ? expect : `nobody who takes protocol ${protocol}`,
      });
    return {
      message: `${names.address(from)} answers ${names.address(client)} that it does not take ${isPart ? `some of its ${name}` : name} (${counted(errors, 'time')} in ${seconds.toFixed(1)} s)`,
      why: `The packets of ${names.address(client)} to ${names.address(destination)} have IP protocol ${protocol} (${name}), and "${familyOf(from) === 6 ? 'unrecognized next header' : 'protocol unreachable'}" says that ${from === destination ? `nothing on that machine takes ${isPart ? 'these packets. It sends such packets itself: it takes others' : 'it'}` : `${names.address(from)}, a machine on the way, does not let it pass`}.`,
      causes: [
        {
          id: 'protocol-not-taken',
          cause: isTunnel
            ? `the ${name} tunnel does not exist on ${from}, or it names another remote address`
            : `nothing on ${from} takes ${name}`,
          telling: from === destination && !isPart ? ['the destination itself says so'] : [],
          for: [],
          against: [
            ...(from === destination ? [] : [`${from} is not the destination ${destination}`]),
            ...(isPart ? [`${destination} sends ${name} itself`] : []),
          ],
          confirm: [tunnelCommand(`no ${name} device with remote ${client}`)],
          fix: [
            isTunnel
              ? `Set up the ${name} tunnel on ${names.address(from)} with remote ${client}, or stop sending it there.`
              : `Allow protocol ${protocol} on ${names.address(from)}, or stop sending it there.`,
          ],
        },
        ...(isPart
          ? [
              {
                id: 'inner-packet-not-taken',
                cause: `what carries ${name} on ${from} takes some of the packets only: other inner addresses, or another key`,
                telling: [`${destination} sends ${name} while it refuses some`],
                for: [],
                against: [],
                confirm: [tunnelCommand(`the ${name} devices: remote addresses and keys of what they take`)],
                fix: [
                  `Compare what the ${name} device on ${names.address(from)} takes (remote address, key, inner addresses) with what ${names.address(client)} sends.`,
                ],
              },
            ]
          : []),
        {
          id: 'reject-rule',
          cause: `a rule rejects IP protocol ${protocol}`,
          telling: from === destination ? [] : ['a machine on the way says so'],
          for: [],
          against: [],
          confirm: [
            firewallRules(names.machine(from), familyOf(from), 'reject', {
              expect: `a rule for protocol ${protocol}${from === destination ? ', if the device is there' : ''}`,
            }),
          ],
          fix: [
            `Let IP protocol ${protocol} from ${names.address(client)} to ${names.address(destination)} pass on ${names.address(from)}.`,
          ],
        },
      ],
      confirm: [],
      fix: [],
      wireshark: protocolUnreachable(familyOf(from)),
    };
  },
});

/** Protocol unreachable (RFC 792) or unrecognized next header (RFC 4443, 3.4). */
const isProtocolError = ({ version, type, code, quoted }: IcmpError): boolean =>
  quoted !== null && (version === 4 ? type === 3 && code === 2 : type === 4 && code === 1);

const isOfGroup = ({ from, quoted }: IcmpError, group: IcmpGroup): boolean =>
  from === group.from && quoted!.source.address === group.client && quoted!.destination.address === group.destination;

/** Seconds from the first to the last error, at the point where this time is longest. */
function spanOf(errors: readonly IcmpError[]): number {
  const first = new Map<number, number>();
  return errors.reduce((longest, { point, time }) => {
    if (!first.has(point)) first.set(point, time);
    return Math.max(longest, time - first.get(point)!);
  }, 0);
}

function occurrenceOf(
  evidence: Evidence,
  group: IcmpGroup,
  protocol: number,
  errors: readonly IcmpError[],
): ProtocolRejected {
  const { client, destination, from } = group;
  const sent = carriedBetween(evidence, client, destination, protocol);
  const back = carriedBetween(evidence, destination, client, protocol);
  const isHeard = sent.starts.size > 0;
  const isSetUp =
    back.starts.size > 0 && errors.every(({ point, time }) => (back.starts.get(point) ?? Infinity) >= time);
  const isPart = back.starts.size > 0 && !isSetUp;
  const seconds = spanOf(errors);
  return {
    ...group,
    key: `${client}>${destination} ${protocol} by ${from}`,
    ...(isSetUp || !isHeard ? { level: 'note' as const } : isPart ? {} : { level: 'error' as const }),
    conversations: [...new Set([...group.conversations, ...sent.conversations])],
    measured: { ...group.measured, protocol, seconds, isPart },
    protocol,
    name: PROTOCOL_NAMES[protocol] ?? `IP protocol ${protocol}`,
    seconds,
    isPart,
  };
}

const KINDS_OF_PROTOCOL: Readonly<Record<number, readonly TunnelFlow['kind'][]>> = {
  4: ['ipip', '4in6'],
  41: ['6in4', '6in6'],
  47: ['gre'],
};

/**
 * For packets of the protocol from `source` to `destination`: the first time at each point, and the conversations that
 * consist of them or are carried in them.
 */
function carriedBetween(
  evidence: Evidence,
  source: string,
  destination: string,
  protocol: number,
): { starts: Map<number, number>; conversations: number[] } {
  const index = indexOf(evidence);
  const kinds = KINDS_OF_PROTOCOL[protocol] ?? [];
  const tunnels = evidence.tunnels.filter(
    (flow) => flow.source === source && flow.destination === destination && kinds.includes(flow.kind),
  );
  const bare = evidence.datagrams.flatMap((flow) => {
    if (flow.protocol !== protocol) return [];
    const isThere = flow.client.address === source && flow.server.address === destination;
    const isBack = flow.server.address === source && flow.client.address === destination;
    const first = isThere ? flow.first[TO_SERVER] : isBack ? flow.first[TO_CLIENT] : null;
    return first === null ? [] : [{ index: flow.index, point: flow.point, first }];
  });
  const starts = new Map<number, number>();
  for (const { point, first } of [...tunnels, ...bare])
    starts.set(point, Math.min(starts.get(point) ?? Number.POSITIVE_INFINITY, first.time));
  const carriers = new Set(tunnels.map((flow) => flow.index));
  const bareOnes = new Set(bare.map((flow) => flow.index));
  const isIn = (list: readonly number[]): boolean => list.some((tunnel) => carriers.has(tunnel));
  const conversations = evidence.conversations.filter(
    (conversation) =>
      index.connections(conversation).some(({ directions }) => directions.some((side) => isIn(side.tunnels))) ||
      index.datagrams(conversation).some((flow) => isIn(flow.tunnels) || bareOnes.has(flow.index)),
  );
  return { starts, conversations: conversations.map((conversation) => conversation.index) };
}
