import { counted, grouped } from '../../text/counted.ts';
import { lostBehind, pointName } from '../model/points.ts';
import type { PointId } from '../model/quantities.ts';
import type { Report, TriageCode } from '../model/report.ts';

/**
 * Reasons of the triage that leave a fault open: what programs said was cut where an error may stand, or too little was
 * captured to tell.
 */
const OPEN: ReadonlySet<TriageCode> = new Set(['content-cut', 'seen-once', 'ends-too-soon']);

/**
 * Whether a report without a fault must not be called "OK". One of these is enough:
 * - reading was stopped early;
 * - the triage leaves a fault open, for one of the reasons in `OPEN`;
 * - connections began before the capture, and only their beginning could refute a fault of programs;
 * - packets are lost on a path, and no finding says so.
 */
export const isUndecided = (report: Report): boolean =>
  report.partial !== undefined ||
  report.triage.some(({ code }) => OPEN.has(code)) ||
  isBeginningMissed(report) ||
  untoldLosses(report).length > 0;

/** What a report without a verdict may claim: nothing at all, no fault so far, or no fault. */
export function claimOf(report: Report): 'nothing' | 'undecided' | 'ok' {
  if (!report.triage.some(({ verdict }) => verdict === 'ok')) return 'nothing';
  return isUndecided(report) ? 'undecided' : 'ok';
}

const isBeginningMissed = ({ triage, rules }: Report): boolean =>
  triage.some(({ code, class: faultClass }) => faultClass === 'application' && code === 'gated') &&
  rules.some(({ code }) => code === 'handshake-missing');

/** Packets that one point of a path saw and the next one did not. */
interface Stretch {
  between: [PointId, PointId];
  lost: number;
  /** Packets at the points that saw the lost ones last. */
  of: number;
}

/** Stretches that lose packets and that no finding, not even a note, is about; the one that loses most comes first. */
function untoldLosses({ paths, findings }: Report): Stretch[] {
  return paths
    .flatMap((path) =>
      path.points.slice(1).map((to, at): Stretch => {
        const losses = lostBehind(path, at);
        const seen = [path.packets[0][at] ?? 0, path.packets[1][at + 1] ?? 0];
        const of = losses.reduce((sum, lost, direction) => sum + (lost > 0 ? seen[direction] : 0), 0);
        return { between: [path.points[at], to], lost: losses[0] + losses[1], of };
      }),
    )
    .filter(
      ({ lost, between }) => lost > 0 && !findings.some(({ location }) => isSameStretch(location.between, between)),
    )
    .sort((one, other) => other.lost - one.lost);
}

/** A loss on the way back is told from the server's end of the stretch. */
const isSameStretch = (told: readonly PointId[] | null, stretch: readonly PointId[]): boolean =>
  stretch.every((end) => told?.includes(end) === true);

/** What paths count as lost where no finding says so, to follow "No fault found so far in …"; empty where nothing is. */
export function lossText(report: Report): string {
  const [worst, ...others] = untoldLosses(report);
  if (worst === undefined) return '';
  const { lost, of, between } = worst;
  const [from, to] = between.map((id) => pointName(report, id));
  const more = others.length === 0 ? '' : `, and others at ${counted(others.length, 'more stretch', 'more stretches')}`;
  return `${grouped(lost)} of ${counted(of, 'packet')} ${lost === 1 ? 'was' : 'were'} lost between ${from} and ${to}${more}`;
}
