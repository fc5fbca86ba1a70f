import type { Joined } from '../../capture/capture-digest.ts';
import { groupBy } from '../points/at-point.ts';
import { ITEMS_A_STEP, type Steps } from '../steps.ts';
import type { Biflow } from './biflow.ts';
import { FingerprintVotes, type Vote } from './fingerprint-votes.ts';
import type { LinkedSets } from './linked-sets.ts';
import type { SightingStore } from './sighting-store.ts';
import { ENOUGH_PACKETS, PAYLOAD_DELAY_SPREAD } from './thresholds.ts';

/**
 * Joins datagrams that have only their payload in common: a gateway in user space received them and sent them again,
 * with other addresses, ports, IP IDs and hop limits. Only flows without a partner at the other point are joined. Every
 * shared packet must go in the same direction and take about the same time.
 *
 * Points with truncated packets are excluded, because their payloads differ.
 *
 * Flows with fewer than `ENOUGH_PACKETS` are joined if other flows showed how both of their addresses are translated.
 */
export function* joinByPayload(
  evidence: Joined,
  biflows: readonly Biflow[],
  store: SightingStore,
  sets: LinkedSets,
): Steps<void> {
  const votes = new FingerprintVotes(biflows, { cut: false, byPayload: true });
  const isComplete = completeSets(biflows, sets);
  for (const biflow of biflows) {
    if (biflow.id % ITEMS_A_STEP === 0) yield;
    const { kind, point } = biflow;
    if (kind !== 'datagram' && kind !== 'echo') continue;
    if (evidence.points[point].quality.cut === 0 && !isComplete(biflow)) votes.enter(biflow, store);
  }
  const found = (yield* votes.count()).filter(isConsistent);
  if (found.length === 0) return;
  const points = new PointsOfSets(biflows, sets);
  for (const vote of found.filter(({ packets }) => packets >= ENOUGH_PACKETS).sort(byStrength)) points.join(vote);
  const short = found.filter(({ packets }) => packets < ENOUGH_PACKETS);
  if (short.length === 0) return;
  const translated = translations(biflows, sets, short);
  for (const vote of short) {
    const [a, b] = [biflows[vote.a], biflows[vote.b]];
    const [client, server] = vote.opposite > 0 ? [b.server, b.client] : [b.client, b.server];
    const isKnown =
      translated.has(translation(a, a.client.address, b, client.address)) &&
      translated.has(translation(a, a.server.address, b, server.address));
    if (isKnown) points.join(vote);
  }
}

/** Whether a biflow has a partner in every capture already. @param biflows by capture */
function completeSets(biflows: readonly Biflow[], sets: LinkedSets): (biflow: Biflow) => boolean {
  const captures = new Uint32Array(biflows.length);
  const lastCapture = new Int32Array(biflows.length).fill(-1);
  let all = 0;
  for (const { id, capture } of biflows) {
    const root = sets.rootOf(id);
    if (id === 0 || capture !== biflows[id - 1].capture) all++;
    if (lastCapture[root] !== capture) captures[root]++;
    lastCapture[root] = capture;
  }
  return ({ id }) => captures[sets.rootOf(id)] === all;
}

const isConsistent = ({ packets, opposite, soonest, latest }: Vote): boolean =>
  packets > 0 && Math.abs(opposite) === packets && latest - soonest <= PAYLOAD_DELAY_SPREAD;

/** The votes are in order of the two biflows, which stays among equals. */
const byStrength = (x: Vote, y: Vote): number => y.packets - x.packets;

/** Joins biflows if neither has a partner at the other's point. */
class PointsOfSets {
  readonly #points = new Map<number, Set<number>>();
  readonly #biflows: readonly Biflow[];
  readonly #sets: LinkedSets;

  constructor(biflows: readonly Biflow[], sets: LinkedSets) {
    this.#biflows = biflows;
    this.#sets = sets;
    for (const { id, point } of biflows) this.#of(id).add(point);
  }

  join({ a, b, opposite }: Vote): void {
    const [pointsA, pointsB] = [this.#of(a), this.#of(b)];
    if (pointsA.has(this.#biflows[b].point) || pointsB.has(this.#biflows[a].point)) return;
    this.#sets.join(a, b, opposite > 0);
    const [more, less] = pointsA.size < pointsB.size ? [pointsB, pointsA] : [pointsA, pointsB];
    for (const point of less) more.add(point);
    this.#points.set(this.#sets.rootOf(a), more);
  }

  #of(member: number): Set<number> {
    const root = this.#sets.rootOf(member);
    const known = this.#points.get(root) ?? new Set();
    this.#points.set(root, known);
    return known;
  }
}

/** Which addresses at two points correspond, according to the joined flows. @param asked votes between those points */
function translations(biflows: readonly Biflow[], sets: LinkedSets, asked: readonly Vote[]): Set<string> {
  const found = new Set<string>();
  const partners = new Map<number, Set<number>>();
  for (const { a, b } of asked) {
    const known = partners.get(biflows[a].point) ?? new Set();
    partners.set(biflows[a].point, known.add(biflows[b].point));
  }
  const firstOf = new Map<number, Biflow[]>();
  for (const biflow of biflows) {
    const root = sets.rootOf(biflow.id);
    const members = firstOf.get(root);
    if (members === undefined) firstOf.set(root, [biflow]);
    else members.push(biflow);
  }
  for (const members of firstOf.values()) {
    const atPoint = groupBy(members, ({ point }) => point);
    for (const a of members) {
      const others = [...(partners.get(a.point) ?? [])].flatMap((point) => atPoint.get(point) ?? []);
      for (const b of others) {
        if (a.point === b.point) continue;
        const isTurned = sets.parityOf(a.id) !== sets.parityOf(b.id);
        const [client, server] = isTurned ? [b.server, b.client] : [b.client, b.server];
        found.add(translation(a, a.client.address, b, client.address));
        found.add(translation(a, a.server.address, b, server.address));
      }
    }
  }
  return found;
}

const translation = (a: Biflow, addressOfA: string, b: Biflow, addressOfB: string): string =>
  `${a.point} ${addressOfA} ${b.point} ${addressOfB}`;
