import type { Conversation, Evidence, IcmpError, PacketRef, Probe } from '../../flows/evidence/evidence.ts';
import { TO_CLIENT } from '../../flows/evidence/evidence.ts';
import { groupBy } from '../words/group-by.ts';
import { indexOf } from './evidence-index.ts';
import type { ProbedHop } from './judge-hops.ts';
import { isLater } from './packet-order.ts';

/** How a probe ended: a router reported that it expired, the target answered, or a device refused to forward it. */
export interface ProbeAnswer extends PacketRef {
  kind: 'expired' | 'arrived' | 'refused';
  from: string;
}

/** `answer` is null when no answer came, and undefined when the evidence does not show whether one came. */
export interface TracedProbe {
  probe: Probe;
  answer: ProbeAnswer | null | undefined;
}

/** Probes of one sender to one target with TTLs that rise from 1, as seen at one point. */
export interface Traceroute {
  point: number;
  protocol: number;
  source: string;
  target: string;
  probes: TracedProbe[];
}

export const TRACEROUTE_THRESHOLDS = {
  risingTtlsWithRouter: { value: 2, unit: 'hops', source: 'docs/thresholds.md, traceroute-shape' },
  /** Different TTLs from 1 on that make a traceroute. Two are enough when a router reports that a probe expired. */
  risingTtls: { value: 3, unit: 'hops', source: 'docs/thresholds.md, traceroute-shape' },
  /** After this many seconds an ICMP error is about another probe of the same ports: mtr stops waiting after 10. */
  probeWaitSeconds: { value: 10, unit: 's', source: 'docs/thresholds.md, traceroute-wait' },
} as const;
/** Limits of the wait for answers to the probes of a traceroute. */
export const PROBE_ANSWER_THRESHOLDS = {
  /** Longest time that an answer may take at the end of a capture, seconds: longer than a satellite round trip. */
  probeGuardSeconds: { value: 2, unit: 's', source: 'docs/thresholds.md, traceroute-wait' },
  /** Linux sends one ICMP error a second to each host (net.ipv4.icmp_ratelimit); other systems send two. */
  icmpIntervalSeconds: { value: 0.9, unit: 's', source: 'docs/thresholds.md, icmp-rate' },
} as const;
const TCP = 6;
const UDP = 17;
const MILLISECONDS = 1000;

const cache = new WeakMap<Evidence, Traceroute[]>();

/** All traceroutes, by point, sender, target and protocol, each with the fate of its probes. */
export function traceroutesOf(evidence: Evidence): Traceroute[] {
  const known = cache.get(evidence);
  if (known !== undefined) return known;
  const groups = groupBy(
    evidence.probes,
    ({ point, protocol, source, destination, encapsulation }) =>
      `${point} ${protocol} ${source.address} ${destination.address} ${encapsulation.join()}`,
  );
  const candidates = [...groups.values()].filter(
    (probes) => risingTtls(probes) >= TRACEROUTE_THRESHOLDS.risingTtlsWithRouter.value,
  );
  const errors = groupBy(candidates.length > 0 ? evidence.icmpErrors : [], errorKey);
  const found = candidates.flatMap((probes) => {
    const traced = withAnswers(evidence, probes, errors);
    if (traced === null) return [];
    const hasRouter = traced.some(({ answer }) => answer?.kind === 'expired');
    if (risingTtls(probes) < TRACEROUTE_THRESHOLDS.risingTtls.value && !hasRouter) return [];
    const [{ point, protocol, source, destination }] = probes;
    return [{ point, protocol, source: source.address, target: destination.address, probes: traced }];
  });
  cache.set(evidence, found);
  return found;
}

/** The highest TTL of an unbroken rise from 1, in which each TTL is first sent after the one before. */
function risingTtls(probes: readonly Probe[]): number {
  const first = new Map<number, number>();
  for (const { ttl, packet } of probes) if (!first.has(ttl)) first.set(ttl, packet);
  let last = 0;
  while ((first.get(last + 1) ?? -1) > (first.get(last) ?? 0)) last++;
  return last;
}

// ---------------------------------------------------------------------------------------------- what others ask

/** Biflows of probes, and the packets that ICMP errors about them quote. */
interface Probing {
  flows: Set<string>;
  quotes: Set<string>;
}

const probing = new WeakMap<Evidence, Probing>();

function probingOf(evidence: Evidence): Probing {
  const known = probing.get(evidence);
  if (known !== undefined) return known;
  const probes = traceroutesOf(evidence).flatMap((trace) => trace.probes.map(({ probe }) => probe));
  const made = { flows: new Set(probes.map(flowKey)), quotes: new Set(probes.map(keyOf)) };
  probing.set(evidence, made);
  return made;
}

const flowKey = ({ point, flow }: { point: number; flow: number }): string => `${point} ${flow}`;

/** True for conversations of traceroute and mtr. Silence, resets and errors are no fault of such a conversation. */
export const isProbing = (evidence: Evidence, { legs }: Conversation): boolean =>
  evidence.probes.length > 0 && legs.some((leg) => probingOf(evidence).flows.has(flowKey(leg)));

/** True for an ICMP error that answers a probe of a traceroute: the sender of the probe wants this error. */
export const isAnswerToProbe = (evidence: Evidence, error: IcmpError): boolean =>
  evidence.probes.length > 0 && probingOf(evidence).quotes.has(errorKey(error));

// ---------------------------------------------------------------------------------------------- answers

type Asked = Pick<Probe, 'point' | 'protocol' | 'source' | 'destination' | 'sequence'>;
const keyOf = ({ point, protocol, source, destination, sequence }: Asked): string =>
  `${point} ${protocol} ${source.address} ${source.port} ${destination.address} ${destination.port} ${sequence}`;
const errorKey = ({ point, quoted }: IcmpError): string => (quoted === null ? '' : keyOf({ ...quoted, point }));

/** Null where probes with one key cannot be told apart, because an answer might belong to another TTL. */
function withAnswers(
  evidence: Evidence,
  probes: readonly Probe[],
  errors: ReadonlyMap<string, IcmpError[]>,
): TracedProbe[] | null {
  const traced = probes.map((probe): TracedProbe => ({ probe, answer: directAnswer(evidence, probe) }));
  for (const [key, same] of groupBy(traced, ({ probe }) => keyOf(probe))) {
    for (const error of errors.get(key) ?? []) {
      const open = same.filter(({ probe, answer }) => !answer && isAfter(error, probe));
      const exact = open.filter(({ probe }) => probe.ipId === error.quoted!.ipId);
      const fitting = exact.length > 0 ? exact : open;
      if (fitting.length === 0) continue;
      if (fitting.some(({ probe }) => probe.ttl !== fitting[0].probe.ttl)) return null;
      fitting[0].answer = answerOf(error);
    }
  }
  return traced;
}

const isAfter = (error: IcmpError, probe: Probe): boolean =>
  isLater(error, probe) && error.time - probe.time <= TRACEROUTE_THRESHOLDS.probeWaitSeconds.value;

function answerOf({ packet, time, version, type, code, from, quoted }: IcmpError): ProbeAnswer {
  const expired = type === (version === 4 ? 11 : 3) && code === 0;
  const arrived = from === quoted!.destination.address;
  return { packet, time, from, kind: expired ? 'expired' : arrived ? 'arrived' : 'refused' };
}

/** Answer of the target itself in the protocol of the probe. */
function directAnswer(
  evidence: Evidence,
  { point, flow, packet, protocol, destination }: Probe,
): TracedProbe['answer'] {
  const arrived = (at: PacketRef | null | undefined): ProbeAnswer | null =>
    at ? { packet: at.packet, time: at.time, from: destination.address, kind: 'arrived' } : null;
  const conversation = indexOf(evidence).conversationOfFlow(point, flow);
  if (conversation === undefined) return undefined;
  if (protocol !== TCP && protocol !== UDP) {
    const echo = indexOf(evidence)
      .echoes(conversation)
      .find((one) => one.point === point && one.request?.packet === packet);
    return echo && arrived(echo.reply);
  }
  const leg = conversation.legs.find((one) => one.point === point && one.flow === flow)!;
  if (leg.kind === 'datagram') return arrived(evidence.datagrams[leg.index].first[TO_CLIENT]);
  if (leg.kind !== 'tcp') return undefined;
  const { synAck, resets } = evidence.connections[leg.index];
  return arrived(synAck[0] ?? resets.find(({ direction }) => direction === TO_CLIENT));
}

// ---------------------------------------------------------------------------------------------- hops

/**
 * The hops of a traceroute as mtr would report them, up to the target where it answers.
 *
 *   TTL      1  2  3  4  5  6
 *   answer   A  B  C  T  T  T     the target T is hop 4; what was sent with more TTL got there also
 */
export function hopsOf(evidence: Evidence, { point, protocol, probes }: Traceroute): ProbedHop[] {
  const end = indexOf(evidence).endOf(point) - PROBE_ANSWER_THRESHOLDS.probeGuardSeconds.value;
  const known = probes.filter(({ probe, answer }) => answer !== undefined && (answer !== null || probe.time <= end));
  const arrived = known.filter(({ answer }) => answer?.kind === 'arrived').map(({ probe }) => probe.ttl);
  const distance = Math.min(...arrived);
  const at = (ttl: number) => known.filter(({ probe }) => Math.min(probe.ttl, distance) === ttl);
  const ttls = [...new Set(known.map(({ probe }) => Math.min(probe.ttl, distance)))].sort((a, b) => a - b);
  return ttls.flatMap((ttl) => {
    const list = ttl === distance && protocol === UDP ? unhurried(at(ttl)) : at(ttl);
    return list.length === 0 ? [] : [hopOf(ttl, list)];
  });
}

/**
 * Probes that were not sent too fast. A host limits its ICMP errors, so it answers only some datagrams of a fast
 * series. Echo replies and resets are not limited.
 */
const unhurried = (list: readonly TracedProbe[]): TracedProbe[] =>
  list.filter(
    ({ probe }, index) =>
      index === 0 || probe.time - list[index - 1].probe.time >= PROBE_ANSWER_THRESHOLDS.icmpIntervalSeconds.value,
  );

function hopOf(hop: number, list: readonly TracedProbe[]): ProbedHop {
  const answered = list.filter(({ answer }) => answer);
  const delays = answered.map(({ probe, answer }) => (answer!.time - probe.time) * MILLISECONDS);
  const average = delays.reduce((sum, delay) => sum + delay, 0) / delays.length;
  const variance = delays.reduce((sum, delay) => sum + (delay - average) ** 2, 0) / delays.length;
  const some = delays.length > 0;
  return {
    hop,
    host: some ? answered[answered.length - 1].answer!.from : null,
    loss: 1 - answered.length / list.length,
    sent: list.length,
    last: some ? delays[delays.length - 1] : null,
    average: some ? average : null,
    best: some ? Math.min(...delays) : null,
    worst: some ? Math.max(...delays) : null,
    deviation: some ? Math.sqrt(variance) : null,
  };
}
