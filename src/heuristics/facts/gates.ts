import type { CapturePoint, Evidence, PointQuality } from '../../flows/evidence/evidence.ts';
import { oneWayAt } from './one-way.ts';

/** Above these, what a capture does not hold proves nothing. */
export const GATES = {
  droppedShare: {
    value: 0.01,
    source: 'one of a hundred packets dropped: a retry of a three-packet exchange is lost in 3 % of the cases',
  },
  gapShare: { value: 0.1, source: 'catalogue PD-CAP-03: above 10 % refuse loss verdicts' },
  missedShare: {
    value: 0.001,
    source: 'correlation.md 4.5: below one in a thousand an answer that is not there was hardly missed by the capture',
  },
  unreadableShare: { value: 0.1, source: 'as for gaps: a tenth of the packets cannot be assigned' },
} as const;

export interface Gates {
  /** Why "nothing came back" proves nothing at this point; null when it may be claimed. */
  absenceUnreliable(point: number): string | null;
  /** Why numbers of lost packets mean nothing at this point; null when they may be claimed. */
  lossUnreliable(point: number): string | null;
  /** Whether acknowledgements prove that the capture missed packets at this point: a single one that is not there proves nothing. */
  missesPackets(point: number): boolean;
}

const cache = new WeakMap<Evidence, Gates>();

/** What the quality of each capture point allows to claim. Pure; computed once per evidence. */
export function gatesOf(evidence: Evidence): Gates {
  const known = cache.get(evidence);
  if (known !== undefined) return known;
  const absence = evidence.points.map((point) => absenceAt(evidence, point));
  const loss = evidence.points.map((point, index) => absence[index] ?? lossAt(point));
  const missed = evidence.points.map(({ quality }) => gapShareOf(quality) > GATES.missedShare.value);
  const gates: Gates = {
    absenceUnreliable: (point) => absence[point] ?? null,
    lossUnreliable: (point) => loss[point] ?? null,
    missesPackets: (point) => missed[point] ?? false,
  };
  cache.set(evidence, gates);
  return gates;
}

function absenceAt(evidence: Evidence, point: CapturePoint): string | null {
  const { packets, unreadable } = point.quality;
  const dropped = evidence.captures[point.capture]?.dropped ?? 0;
  if (dropped > 0 && dropped >= GATES.droppedShare.value * (evidence.captures[point.capture].packets + dropped))
    return `${dropped} packets were dropped while ${point.name} was captured`;
  if (packets > 0 && unreadable / packets > GATES.unreadableShare.value)
    return `${unreadable} of ${packets} packets of ${point.name} are cut too short to read`;
  if (oneWayAt(evidence, point.index)?.whole === true)
    return `only one direction of the traffic was captured at ${point.name}`;
  return null;
}

function lossAt({ name, quality }: CapturePoint): string | null {
  if (gapShareOf(quality) <= GATES.gapShare.value) return null;
  return `${quality.gapOctets} octets were acknowledged but never captured at ${name}: the capture itself misses packets`;
}

const gapShareOf = ({ gapOctets, tcpOctets }: PointQuality): number =>
  gapOctets === 0 ? 0 : gapOctets / (gapOctets + tcpOctets);
