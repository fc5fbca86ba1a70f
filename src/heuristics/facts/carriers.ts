import type {
  CarrierFlow,
  Conversation,
  Evidence,
  InnerFlow,
  PacketRef,
  PointRole,
} from '../../flows/evidence/evidence.ts';
import { netOf } from '../../text/addresses.ts';
import { groupBy } from '../words/group-by.ts';
import { type EvidenceIndex, indexOf } from './evidence-index.ts';
import { gatesOf } from './gates.ts';

export const CARRIER_THRESHOLDS = {
  arrived: { value: 3, unit: 'packets', source: 'docs/thresholds.md, three-sendings' },
  initiations: { value: 3, unit: 'packets', source: 'docs/thresholds.md, three-sendings' },
  refusedShare: { value: 0.5, unit: 'share', source: 'docs/thresholds.md, majority' },
  decryptedBefore: { value: 3, unit: 'packets', source: 'docs/thresholds.md, three-sendings' },
  decryptedShare: { value: 0.5, unit: 'share', source: 'docs/thresholds.md, majority' },
} as const;

/** Encrypted packets that arrive and are not decrypted. */
export interface Undecrypted {
  now: CarrierFlow;
  /** Those of an earlier key in the same direction, which were decrypted; null where none were in the capture. */
  before: CarrierFlow | null;
  /** Those of the other direction, which the host itself encrypts; null where that is not seen. */
  back: CarrierFlow | null;
}

/**
 * Encrypted packets that arrive at a host which shows what it decrypts, and are not decrypted: those of an earlier key
 * were, or those that leave are seen in plain before.
 */
export function* undecryptedIn(evidence: Evidence): Iterable<Undecrypted> {
  for (const carriers of directionsOf(evidence)) {
    const before = carriers.find(wasDecrypted);
    const now = carriers.find((carrier) => isNotDecrypted(carrier, carriers));
    const back = now === undefined ? undefined : evidence.carriers.find((other) => isBackOf(other, now));
    if (now !== undefined && (before !== undefined || back !== undefined))
      yield { now, before: before ?? null, back: back ?? null };
  }
}

/** Whether the carrier leaves for the peer of `now`, and its packets are seen in plain before they are encrypted. */
const isBackOf = ({ kind, point, source, destination, entered, packets }: CarrierFlow, now: CarrierFlow): boolean =>
  kind === now.kind &&
  point === now.point &&
  source === now.destination &&
  destination === now.source &&
  entered >= CARRIER_THRESHOLDS.decryptedBefore.value &&
  entered >= CARRIER_THRESHOLDS.decryptedShare.value * packets;

/** Devices of one pod, or of nobody knows whom: what the host decrypts for other pods does not pass them. */
const PARTIAL: ReadonlySet<PointRole> = new Set(['pod-veth', 'unknown']);

/**
 * Whether the packets may be for other pods: what is decrypted was seen at the device of one pod only, and neither that
 * pod nor its peers have sent anything since then, at any point, that waits for an answer.
 */
export function mayBeForOthers(evidence: Evidence, { now, before, back }: Undecrypted): boolean {
  const inside = (before ?? back)?.innerFlows ?? [];
  // The link of the encrypted packets shows all that is decrypted.
  const isPartial = ({ point }: InnerFlow): boolean => point !== now.point && PARTIAL.has(evidence.points[point].role);
  if (inside.length === 0 || !inside.every(isPartial)) return false;
  const index = indexOf(evidence);
  const inner = inside.flatMap(({ point, flow }) => index.conversationOfFlow(point, flow) ?? []);
  const pairs = new Set(inner.map(pairOf));
  const isSince = (point: number, ref: PacketRef | null | undefined): boolean =>
    ref != null && ref.time + evidence.points[point].timeShift >= now.first.time + evidence.points[now.point].timeShift;
  return !evidence.conversations.some(
    (conversation) =>
      pairs.has(pairOf(conversation)) &&
      [...asksIn(index, conversation)].some(
        ({ point, asked, heard }) => isSince(point, asked) && !isSince(point, heard),
      ),
  );
}

const pairOf = ({ client, server }: Conversation): string => [client.address, server.address].sort().join(' ');

interface Ask {
  point: number;
  asked: PacketRef | null | undefined;
  heard: PacketRef | null | undefined;
}

/** What was sent in a conversation that wants an answer, and what was heard of the other side; each latest. */
function* asksIn(index: EvidenceIndex, conversation: Conversation): Iterable<Ask> {
  for (const { point, directions } of index.connections(conversation)) {
    const [to, back] = directions.map(({ last }) => last);
    yield { point, asked: to, heard: back };
    yield { point, asked: back, heard: to };
  }
  for (const { point, request, reply } of index.echoes(conversation)) yield { point, asked: request, heard: reply };
  for (const { point, queries, responses } of index.dns(conversation))
    yield { point, asked: queries[0], heard: responses[0] };
}

/** WireGuard handshakes that one peer begins again and again and the other never answers. */
export function* handshakesInVain(evidence: Evidence): Iterable<CarrierFlow> {
  for (const carriers of directionsOf(evidence)) {
    const handshake = carriers.find((carrier) => isInVain(evidence, carrier));
    if (handshake !== undefined && gatesOf(evidence).absence(handshake.point).ok) yield handshake;
  }
}

/** Carriers of one direction at one point, where the capture has all packets. */
const directionsOf = (evidence: Evidence): CarrierFlow[][] =>
  [
    ...groupBy(evidence.carriers, ({ point, source, destination }) => `${point} ${source} ${destination}`).values(),
  ].filter(([{ point }]) => !mayMissPackets(evidence, point));

/**
 * True if the capture may lack packets. A capture that looks one-way does not count: decrypted packets are seen in one
 * direction only.
 */
function mayMissPackets(evidence: Evidence, point: number): boolean {
  const gate = gatesOf(evidence).absence(point);
  return !gate.ok && gate.code !== 'one-way';
}

/** Whether a handshake has no answer, and the other peer sends no data through the tunnel after it began. */
function isInVain(evidence: Evidence, carrier: CarrierFlow): boolean {
  const { kind, point, source, destination, packets, followed, first } = carrier;
  if (kind !== 'wireguard-handshake' || packets < CARRIER_THRESHOLDS.initiations.value || followed > 0) return false;
  const isBack = (other: CarrierFlow): boolean =>
    other.point === point && other.source === destination && other.destination === source;
  const lives = evidence.carriers.some(
    (other) => isBack(other) && other.kind !== 'esp' && other.last.time > first.time && livesBy(other),
  );
  return !lives && !isRefused(evidence, carrier);
}

/**
 * Data came through the tunnel, or a response that ended a handshake. A peer that gets the response begins no other one
 * before its keys are old, so one that begins again after each response gets none of them.
 */
const livesBy = ({ kind, followed }: CarrierFlow): boolean =>
  kind === 'wireguard' || (followed > 0 && followed < CARRIER_THRESHOLDS.initiations.value);

/** Whether ICMP errors answer half of the initiations or more. The first ones may come before the peer has its port. */
function isRefused({ icmpErrors }: Evidence, { source, destination, packets }: CarrierFlow): boolean {
  const refusals = icmpErrors.filter(
    ({ quoted }) =>
      quoted?.protocol === 17 && quoted.source.address === source && quoted.destination.address === destination,
  );
  return refusals.length >= CARRIER_THRESHOLDS.refusedShare.value * packets;
}

const wasDecrypted = ({ kind, followed, packets }: CarrierFlow): boolean =>
  kind !== 'wireguard-handshake' &&
  followed >= CARRIER_THRESHOLDS.decryptedBefore.value &&
  followed >= CARRIER_THRESHOLDS.decryptedShare.value * packets;

/** @param all carrier flows of the same two addresses, at the same point and in the same direction */
function isNotDecrypted(
  { kind, entered, followed, notFollowed, first }: CarrierFlow,
  all: readonly CarrierFlow[],
): boolean {
  if (kind === 'wireguard-handshake' || followed > 0 || entered > 0) return false;
  if (notFollowed.length < CARRIER_THRESHOLDS.arrived.value) return false;
  const others = all.filter((other) => other.kind === kind);
  return others.every(({ lastFollowed }) => lastFollowed === null || lastFollowed.time <= first.time);
}

/** The given point and the next point of its host that saw the conversation. Null if there is no such point. */
export function nextPointOfHost({ points }: Evidence, { legs }: Conversation, point: number): [number, number] | null {
  const { host } = points[point];
  const next = legs.find((leg) => leg.point !== point && host !== null && points[leg.point].host === host);
  return next === undefined ? null : [point, next.point];
}

/** Conversations between the same nets as these. What a tunnel does to these it does to them. */
export function betweenSameNets({ conversations }: Evidence, inner: readonly Conversation[]): Conversation[] {
  const nets = ({ client, server }: Conversation): string =>
    [netOf(client.address), netOf(server.address)].sort().join(' ');
  const known = new Set(inner.map(nets));
  return conversations.filter((conversation) => known.has(nets(conversation)));
}
