import type { Judged } from '../../heuristics/judge/judgement.ts';
import { counted, grouped } from '../../text/counted.ts';

/** What a finding that speaks for several adds to its message; empty for one that speaks for itself. */
export function alikeWords({ alike, occurrence: { reach, subject } }: Judged): string {
  if (!alike) return '';
  const others = counted(
    alike.others,
    alike.end === 'pair' ? 'other pair of ends' : `other ${alike.end}`,
    alike.end === 'pair' ? 'other pairs of ends' : undefined,
  );
  const inAll = subject.protocol === 'dns' ? counted(reach, 'lookup') : `seen ${grouped(reach)} times`;
  return `; the same for ${others} (${inAll} in all)`;
}

/** The place of the finding that speaks for the others, and how many other places they name. */
export const alikePlaces = (place: string, alike: Judged['alike']): string =>
  alike && alike.places > 1 && place !== ''
    ? `${place}; the others at ${counted(alike.places - 1, 'other place')}`
    : place;
