import type { Conversation, Evidence, Hop, PacketRef } from '../../../flows/evidence/evidence.ts';
import { isSpecial } from '../../../text/addresses.ts';
import { appendTo } from '../../words/append-to.ts';
import { lostPackets, packetsAt } from '../../words/excerpt.ts';
import { isCutTcp } from '../cut-segments.ts';
import { indexOf } from '../evidence-index.ts';
import { type Cliff, isTooBig } from './cliff.ts';
import { isFragmented } from './fragmented-requests.ts';
import { SIZE_THRESHOLDS } from './size-thresholds.ts';

/** One request that may be answered or not: an echo request, or the datagrams of one UDP socket. */
interface Probe {
  kind: 'echo' | 'udp';
  point: number;
  source: string;
  destination: string;
  size: number;
  answered: boolean;
  dontFragment: boolean;
  request: PacketRef;
  conversation: Conversation | undefined;
}

/**
 * Requests of one pair of hosts to one service: small ones are answered, large ones never. Sizes are before
 * fragmentation.
 */
export function* probeCliffs(evidence: Evidence): Iterable<Cliff> {
  const groups = new Map<string, Probe[]>();
  for (const [service, probe] of probesOf(evidence))
    appendTo(groups, `${probe.kind} ${probe.point} ${probe.source} ${probe.destination} ${service}`, probe);
  for (const probes of groups.values()) {
    const cliff = cliffOf(evidence, probes);
    if (cliff !== null) yield cliff;
  }
}

/**
 * Packets of one flow between two points. Only large ones were lost. Their content may be unknown (encrypted, or cut
 * away).
 */
export function* hopCliffs(evidence: Evidence): Iterable<Cliff> {
  for (const conversation of evidence.conversations) {
    const isCut = isCutTcp(evidence, conversation);
    if (conversation.protocol !== 'udp' && !isCut) continue;
    for (const hop of conversation.hops) {
      if (!losesOnlyLarge(hop) || (isCut && !isStuck(hop))) continue;
      const { client, server } = conversation;
      const [sender, receiver] = hop.direction === 0 ? [client, server] : [server, client];
      yield {
        conversations: [conversation],
        direction: hop.direction,
        sender: sender.address,
        receiver: receiver.address,
        largestPassed: hop.largestArrived,
        smallestLost: hop.smallestLost,
        sendings: hop.lost,
        dontFragment: false,
        icmp: 'none',
        icmpMtu: 0,
        icmpFrom: null,
        errors: [],
        confirmed: true,
        carrier: hop,
        packets: lostPackets(hop),
      };
      break;
    }
  }
}

const losesOnlyLarge = (hop: Hop): boolean =>
  hop.unknown === null &&
  hop.lost >= SIZE_THRESHOLDS.sendings.value &&
  hop.matched >= SIZE_THRESHOLDS.sendings.value &&
  hop.largestArrived < hop.smallestLost &&
  hop.smallestLost >= SIZE_THRESHOLDS.smallestLost.value;

/**
 * Whether large packets stay lost. Working path MTU discovery also loses large segments, but only within one round
 * trip.
 */
const isStuck = ({ lostPackets }: Hop): boolean =>
  lostPackets[lostPackets.length - 1].time - lostPackets[0].time >= SIZE_THRESHOLDS.stallSeconds.value;

/** Probes, each with its service. Probes of other services are kept apart, because they may fail for other reasons. */
function* probesOf(evidence: Evidence): Iterable<[string, Probe]> {
  const index = indexOf(evidence);
  for (const echo of evidence.echoes) {
    if (echo.request === null) continue;
    const conversation = index.conversationOfFlow(echo.point, echo.flow);
    yield [
      '',
      {
        ...echo,
        kind: 'echo',
        request: echo.request,
        size: echo.l3Length,
        answered: echo.reply !== null,
        conversation,
      },
    ];
  }
  for (const flow of evidence.datagrams) {
    const { point, client, server, packets, largestL3, samples } = flow;
    const [request] = samples[0];
    if (request === undefined || isSpecial(server.address)) continue;
    const answered = packets[1] > 0;
    const isLate = index.endOf(point) - (flow.last[0]?.time ?? 0) < SIZE_THRESHOLDS.replySeconds.value;
    if ((!answered && isLate) || isFragmented(evidence, point, request)) continue;
    yield [
      `${flow.protocol} ${server.port}`,
      {
        kind: 'udp',
        point,
        source: client.address,
        destination: server.address,
        size: largestL3[0],
        answered,
        dontFragment: false,
        request,
        conversation: index.conversationOf('datagram', flow.index),
      },
    ];
  }
}

function cliffOf(evidence: Evidence, probes: readonly Probe[]): Cliff | null {
  const answered = probes.filter((probe) => probe.answered);
  const silent = probes.filter((probe) => !probe.answered);
  const largestPassed = Math.max(0, ...answered.map(({ size }) => size));
  const large = silent.filter(({ size }) => size > largestPassed);
  const [{ kind, point, source, destination }] = probes;
  const { echoes, sockets, smallestLost } = SIZE_THRESHOLDS;
  const least = kind === 'echo' ? echoes.value : sockets.value;
  if (answered.length < least || large.length < least || silent.length > large.length) return null;
  const size = Math.min(...large.map((probe) => probe.size));
  if (size < smallestLost.value) return null;
  const errors = evidence.icmpErrors.filter(
    (error) => isTooBig(error) && error.quoted?.destination.address === destination,
  );
  const what = kind === 'echo' ? 'echo request' : 'datagram';
  return {
    conversations: [...new Set(large.flatMap(({ conversation }) => conversation ?? []))],
    direction: 0,
    sender: source,
    receiver: destination,
    largestPassed,
    smallestLost: size,
    sendings: large.length,
    dontFragment: large.some(({ dontFragment }) => dontFragment),
    icmp:
      errors.length === 0
        ? 'none'
        : errors.some((error) => error.point === point && error.to === source)
          ? 'ignored'
          : 'lost',
    icmpMtu: errors[0]?.mtu ?? 0,
    icmpFrom: errors[0]?.from ?? null,
    errors,
    // A server may ignore large requests, but ping answers any size.
    confirmed: kind === 'echo',
    packets: packetsAt(
      point,
      large.map(({ request }) => request),
      (_, at) => `${what}, IP length ${large[at].size}, no reply`,
      '>',
    ),
  };
}
