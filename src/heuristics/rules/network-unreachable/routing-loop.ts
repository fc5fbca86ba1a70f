import type { Conversation, Evidence, IcmpError, PacketLoop, Probe } from '../../../flows/evidence/evidence.ts';
import { circleMembers } from '../../facts/circle-members.ts';
import { goesInCircle, LOOP_THRESHOLDS, stepOf } from '../../facts/counter/loops.ts';
import { conversationsOf } from '../../facts/icmp-findings.ts';
import { gradeOf, whereSeen } from '../../rule/grade.ts';
import { defineRule, type EvidencePacket, type Occurrence } from '../../rule/rule.ts';
import { appendTo } from '../../words/append-to.ts';
import { escaped, mtr, routeTo } from '../../words/commands.ts';
import { counted } from '../../words/counted.ts';
import { toAddress } from '../../words/display-filter.ts';
import { excerpt, packetsAt } from '../../words/excerpt.ts';

const thresholds = {
  ...LOOP_THRESHOLDS,
  expired: { value: 2, unit: 'packets', source: 'docs/thresholds.md, two-show-a-habit' },
  returns: { value: 3, unit: 'count', source: 'docs/thresholds.md, loop-returns' },
  /** A packet with a TTL this small is meant to expire: traceroute starts at 1 and adds one hop at a time. */
  probeTtl: { value: 30, unit: 'hops', source: 'docs/thresholds.md, probe-ttl' },
} as const;
const TCP = 6;
const UDP = 17;
interface RoutingLoop extends Occurrence {
  destination: string;
  passes: number;
  step: number;
  expired: number;
  routers: string[];
  /** Addresses of the machines that hand the packet to each other; empty where they are not known. */
  members: string[];
}

/** The same packet returns repeatedly with a falling TTL, or routers report TTL exceeded. */
export const routingLoop = defineRule<RoutingLoop>({
  meta: {
    id: 'routing-loop',
    faultClass: 'network-unreachable',
    level: 'error',
    recordedIn: 'lab/net-routing-loop',
    place: 'mechanism',
    explains: ['no-route'],
    explainsSymptomsOf: ['lost-between-points', 'silent-path'],
    summary: 'Packets circle between routers until their TTL is used up',
    meaning: 'Two machines each believe that the other is the way to the destination.',
    rule: 'One IP packet passes a point three times or more with falling TTL (six times where it falls by one or unevenly), which never rises again; or ICMP time exceeded in transit comes back twice or more for packets that did not leave with a small TTL as probes do; or a traceroute meets the same router again three times, with others between.',
    notThis: [
      'An any-capture sees a forwarded packet twice (TTL one less): three passes are asked for.',
      'Captures of several places of a path, merged into one file: six passes are asked for where the TTL falls by one or unevenly.',
      'The TTL rises again: these are copies from several places.',
      'Traceroute and mtr send packets that are meant to expire.',
      'The conversation is answered: one of its packets expired elsewhere.',
      'Errors about packets that are not in the capture (backscatter of an attack).',
    ],
    causes: [
      'A static route points back',
      'The pod range is routed to a node that no longer owns it and sends it to its default gateway',
    ],
    confirm: [
      { on: 'both routers', command: 'ip route get <destination>', expect: 'each names the other as next hop' },
    ],
    fix: ['Correct the route on one of them; add an unreachable route for the whole pod range on each node'],
    references: ['RFC 792', 'RFC 1812, 5.3.1'],
  },
  thresholds,

  *detect(evidence) {
    const expired = expiredErrors(evidence);
    const destinations = new Set([...evidence.loops.map((loop) => loop.destination), ...expired.keys()]);
    for (const destination of destinations) {
      const loops = evidence.loops.filter(
        (loop) => loop.destination === destination && goesInCircle(loop) === 'passed',
      );
      const errors = expired.get(destination) ?? [];
      if (loops.length > 0 || errors.length >= thresholds.expired.value)
        yield occurrenceOf(evidence, destination, loops, errors);
    }
  },

  explain({ destination, passes, step, expired, routers, members, subject }, names) {
    const machines = members.length > 0 ? members : routers;
    const all = machines.map((address) => names.address(address)).join(' and ');
    const between = machines.length === 0 ? '' : machines.length === 1 ? ` at ${all}` : ` between ${all}`;
    const seen =
      passes > 0
        ? `one packet passes the same point up to ${counted(passes, 'time')}, its TTL falling by ${step} each time`
        : `${counted(expired, 'packet expires', 'packets expire')} on the way`;
    return {
      message: `Packets to ${names.address(destination)} go in a circle${between}: ${seen}`,
      why: `Each machine of the circle sends the packets on to the next until the TTL is 0.${step > 0 ? ` ${stepText(step)}` : ''}`,
      causes: [
        {
          id: 'routes-point-back',
          cause:
            machines.length > 1
              ? `${all} route ${destination} to each other`
              : step > 1
                ? `${step} machines route ${destination} to each other`
                : 'a machine routes the packets back to where they came from',
          for: [
            ...(passes > 0 ? [`TTL falls by ${step} between passes`] : []),
            ...(expired > 0 ? [`${expired} time exceeded from ${routers.join(', ')}`] : []),
          ],
          against: [],
          fix: [
            machines.length > 1
              ? `Correct the route to ${destination} on ${machines.join(' or on ')}: each sends the packets to the other. The one that has no route of its own to ${destination} must not get them back by its default route (a blackhole or unreachable route for the range ends the circle).`
              : `Correct the route to ${destination} on ${all === '' ? 'the machine behind this capture point' : all}.`,
          ],
        },
      ],
      confirm: [
        ...machines.map((machine) =>
          routeTo(names.machine(machine), destination, {
            expect:
              members.length === 2 ? `via ${members.find((other) => other !== machine)}` : 'the next hop points back',
            ...(members.length === 2
              ? { shows: { has: `via ${escaped(members.find((other) => other !== machine) ?? '')}\\b` } }
              : {}),
          }),
        ),
        ...(subject.client === null ? [] : [mtr(names.machine(subject.client), destination, 'the same hops repeat')]),
      ],
      fix: [],
      wireshark: toAddress(destination),
    };
  },
});

/**
 * Errors "time exceeded in transit", by destination. Errors caused by probes are left out, unless the probes show a
 * loop.
 */
function expiredErrors(evidence: Evidence): Map<string, IcmpError[]> {
  const errors = new Map<string, { error: IcmpError; ttl: number | null }[]>();
  const ttls = knownTtls(evidence);
  for (const error of evidence.icmpErrors) {
    const inTransit = error.code === 0 && error.type === (error.version === 4 ? 11 : 3);
    if (!inTransit || error.quoted === null || !isSilent(evidence, conversationsOf(evidence, [error]))) continue;
    appendTo(errors, error.quoted.destination.address, { error, ttl: sentTtl(evidence, ttls, error) });
  }
  const found = new Map<string, IcmpError[]>();
  for (const [destination, all] of errors) {
    const real = all.filter(({ error, ttl }) =>
      ttl === null ? !isProbed(evidence, error) : ttl > thresholds.probeTtl.value,
    );
    const probes = all.filter(({ ttl }) => ttl !== null && ttl <= thresholds.probeTtl.value);
    const circling = returnsOf(probes) >= thresholds.returns.value ? probes : [];
    const list = [...real, ...circling].map(({ error }) => error);
    if (list.length > 0) found.set(destination, list);
  }
  return found;
}

/** Conversations were captured, and no server answers. Packets of an answered conversation do not loop here. */
const isSilent = (evidence: Evidence, conversations: readonly Conversation[]): boolean =>
  conversations.length > 0 &&
  !conversations.some((conversation) =>
    conversation.legs.some(
      (leg) =>
        (leg.kind === 'tcp' && evidence.connections[leg.index].synAck.length > 0) ||
        (leg.kind === 'datagram' && evidence.datagrams[leg.index].packets[1] > 0),
    ),
  );

type Quotable = Pick<Probe, 'protocol' | 'source' | 'destination' | 'sequence'>;

const sentKey = (point: number, { protocol, source, destination, sequence }: Quotable): string =>
  `${point} ${protocol === UDP ? 'udp' : 'echo'} ${source.address} ${source.port} ${destination.address} ${destination.port} ${sequence}`;

/** TTLs of echo requests and of datagrams that had few hops left. */
function knownTtls(evidence: Evidence): Map<string, number> {
  const ttls = new Map<string, number>();
  for (const probe of evidence.probes) if (probe.protocol === UDP) ttls.set(sentKey(probe.point, probe), probe.ttl);
  for (const { point, source, destination, id, sequence, request, ttl } of evidence.echoes) {
    if (request === null) continue;
    const ends = { source: { address: source, port: id }, destination: { address: destination, port: id } };
    ttls.set(sentKey(point, { ...ends, protocol: 1, sequence }), ttl);
  }
  return ttls;
}

/** TTL of the quoted packet when it passed the point. Null if the evidence does not hold it. */
function sentTtl(evidence: Evidence, known: Map<string, number>, error: IcmpError): number | null {
  const { point, quoted } = error;
  const { source, protocol } = quoted!;
  if (protocol !== TCP) return known.get(sentKey(point, quoted!)) ?? null;
  const ttls = conversationsOf(evidence, [error])
    .flatMap((conversation) => conversation.legs)
    .filter((leg) => leg.kind === 'tcp' && leg.point === point && leg.client.port === source.port)
    .flatMap((leg) => evidence.connections[leg.index].directions[0].ttls.map(({ value }) => value));
  return ttls.length === 0 ? null : Math.min(...ttls);
}

/**
 * Counts how often probes of rising TTL meet a router again, with another router between.
 *
 *   TTL     1  2  3  4  5
 *   router  A  B  A  B  A     three returns
 */
function returnsOf(probes: readonly { error: IcmpError; ttl: number | null }[]): number {
  const byTtl = new Map<number, string>();
  for (const { error, ttl } of probes) if (!byTtl.has(ttl!)) byTtl.set(ttl!, error.from);
  const routers = [...byTtl].sort(([a], [b]) => a - b).map(([, router]) => router);
  return routers.filter((router, at) => router !== routers[at - 1] && routers.slice(0, at).includes(router)).length;
}

/**
 * True if the sender itself used small TTLs. Also true if the sender is not heard here, because then its TTLs are
 * unknown.
 */
function isProbed(evidence: Evidence, { point, quoted }: IcmpError): boolean {
  const sender = quoted!.source.address;
  const routersHeard = new Set(
    evidence.icmpErrors
      .filter(
        (other) =>
          other.quoted?.source.address === sender &&
          other.quoted.destination.address === quoted!.destination.address &&
          other.code === 0,
      )
      .map((other) => other.from),
  );
  const ttls = evidence.hosts
    .filter((host) => host.address === sender && host.point === point)
    .flatMap((host) => host.ttls);
  const small = ttls.filter(({ value }) => value <= thresholds.probeTtl.value).length;
  return ttls.length === 0 || routersHeard.size > 2 || small > 0;
}

function occurrenceOf(evidence: Evidence, destination: string, loops: PacketLoop[], errors: IcmpError[]): RoutingLoop {
  const conversations = new Set(conversationsOf(evidence, errors).map((conversation) => conversation.index));
  for (const conversation of evidence.conversations) {
    if (conversation.legs.some((leg) => leg.server.address === destination)) conversations.add(conversation.index);
  }
  const longest = loops.reduce<PacketLoop | null>(
    (best, loop) => (best === null || loop.ttls.length > best.ttls.length ? loop : best),
    null,
  );
  const packets: EvidencePacket[] = [
    ...(longest === null
      ? []
      : packetsAt(longest.point, longest.packets, (_, index) => `pass ${index + 1}, TTL ${longest.ttls[index]}`)),
    ...errors.slice(0, 10).flatMap((error) => packetsAt(error.point, [error], `time exceeded from ${error.from}`, '<')),
  ];
  return {
    key: destination,
    grade: gradeOf({ 'ttl-falls-and-never-rises': whereSeen(longest !== null) }),
    subject: { protocol: 'ip', client: longest?.source ?? errors[0].quoted!.source.address, server: destination },
    conversations: [...conversations],
    ...excerpt(packets),
    reach: Math.max(loops.length, conversations.size),
    measured: { passes: longest?.packets.length ?? 0, timeExceeded: errors.length },
    destination,
    passes: longest?.packets.length ?? 0,
    step: longest === null ? 0 : stepOf(longest),
    expired: errors.length,
    routers: [...new Set(errors.map((error) => error.from))].sort(),
    members: longest === null ? [] : circleMembers(evidence, longest),
  };
}

/** What the step of the TTL says. A packet that comes in and goes out by the device that was captured passes it twice. */
const stepText = (step: number): string =>
  step > 1
    ? 'The step of the TTL is the number of machines in the circle.'
    : step === 1
      ? 'The TTL falls by one between passes: the packet comes in by this device and goes out by it again.'
      : '';
