import type { CapturePoint, Evidence } from '../../../flows/evidence/evidence.ts';
import { FORGOTTEN_THRESHOLDS } from '../../facts/tcp/forgotten.ts';
import { MOVED_THRESHOLDS, movedFlows } from '../../facts/tcp/moved-flows.ts';
import { AFTER_IDLE_THRESHOLDS } from '../../facts/tcp/sudden-end.ts';
import { TRACEROUTE_THRESHOLDS } from '../../facts/traceroutes.ts';
import { defineQualityNote, factOf, listed, type QualityFact } from '../../words/quality-note.ts';

/** Capture points that ran at no time together with any other point. */
export const noOverlap = defineQualityNote<QualityFact>({
  meta: {
    id: 'no-overlap',
    recordedIn: 'lab/case-1-any-sll2',
    summary: 'Captures do not overlap in time',
    meaning:
      'Captures that were not running at the same time cannot be compared: a packet missing from one of them says nothing.',
    rule: 'A capture point has packets, and no other capture with packets covers any moment of it, clock differences considered.',
    notThis: [
      'One capture alone.',
      'Points of one file.',
      'Running connections that go on at another node: there packets begin where they end here.',
    ],
    causes: [
      'The captures were started one after the other',
      'The clock of a host is wrong by more than the length of the capture',
    ],
    confirm: [{ on: '<host>', command: 'chronyc tracking', expect: 'a small offset' }],
    fix: ['Capture at all points at the same time'],
    references: ['RFC 7679, 3.7: clocks of two hosts differ'],
  },
  thresholds: {
    ...MOVED_THRESHOLDS,
    ...FORGOTTEN_THRESHOLDS,
    ...TRACEROUTE_THRESHOLDS,
    rhythmFactor: AFTER_IDLE_THRESHOLDS.rhythmFactor,
  },

  facts: (evidence) => {
    const handedOn = new Set(movedFlows(evidence).flatMap(({ ends, before }) => [...ends, ...before].map(pointOf)));
    return evidence.points.filter((point) => isAlone(evidence, point) && !handedOn.has(point.index)).map(factOf);
  },
  measured: (facts) => ({ points: facts.map((fact) => fact.where) }),
  words: (facts) => ({
    message: `${listed(facts)}: not captured at the same time as any other point`,
    why: 'What one capture shows and another does not means nothing when they did not run together.',
    fix: ['Capture at all points at the same time, and check the clocks of the hosts.'],
  }),
});

const pointOf = (one: { point: number } | { leg: { point: number } }): number =>
  'leg' in one ? one.leg.point : one.point;

function isAlone({ points }: Evidence, point: CapturePoint): boolean {
  const others = points.filter((other) => other.capture !== point.capture && other.quality.packets > 0);
  if (point.quality.packets === 0 || others.length === 0) return false;
  const [from, to] = spanOf(point);
  return others.every((other) => {
    const [otherFrom, otherTo] = spanOf(other);
    return otherTo < from || to < otherFrom;
  });
}

const spanOf = ({ timeShift, quality: { firstTime, lastTime } }: CapturePoint): [number, number] => [
  firstTime + timeShift,
  lastTime + timeShift,
];
