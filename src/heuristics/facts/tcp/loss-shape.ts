import type { Connection, Direction, Hop } from '../../../flows/evidence/evidence.ts';
import { counted } from '../../words/counted.ts';

/** Which packets were lost, and the fate of those that were sent again. */
export interface LossShape {
  /** IP lengths of the lost packets, octets; 0 when not known. */
  smallest: number;
  largest: number;
  /** IP length of the largest packet that arrived, octets. */
  arrived: number;
  /** Ranges of octets that were sent again, and those of them that were never acknowledged. */
  repeated: number;
  open: number;
}

export function shapeOfHops(hops: readonly Hop[], legs: readonly Connection[], direction: Direction): LossShape {
  const sizes = hops.filter(({ lost }) => lost > 0);
  return {
    smallest: sizes.length === 0 ? 0 : Math.min(...sizes.map(({ smallestLost }) => smallestLost)),
    largest: Math.max(0, ...sizes.map(({ largestLost }) => largestLost)),
    arrived: Math.max(0, ...hops.map(({ largestArrived }) => largestArrived)),
    ...repeatsOf(legs, direction),
  };
}

export function shapeOfLegs(legs: readonly Connection[], direction: Direction): LossShape {
  const sizes = legs.flatMap((leg) => leg.directions[direction].repeats.map(({ l3Length }) => l3Length));
  return {
    smallest: sizes.length === 0 ? 0 : Math.min(...sizes),
    largest: Math.max(0, ...sizes),
    arrived: Math.max(0, ...legs.map(({ directions }) => directions[direction].largestAckedL3)),
    ...repeatsOf(legs, direction),
  };
}

function repeatsOf(legs: readonly Connection[], direction: Direction): Pick<LossShape, 'repeated' | 'open'> {
  const repeats = legs.flatMap((leg) => leg.directions[direction].repeats);
  return { repeated: repeats.length, open: repeats.filter(({ ackedTime }) => ackedTime === null).length };
}

const hitText = (smallest: number, largest: number, arrived: number): string =>
  `Packets of ${smallest >= largest ? smallest : `${smallest} to ${largest}`} octets are hit${arrived > 0 ? `, and packets of up to ${arrived} octets arrive` : ''}.`;

/** The same of datagrams, which nobody sends again but their program. */
export const sizesText = ({ smallest, largest, arrived }: LossShape): string =>
  `The program that sent them has to notice and to ask again.${smallest > 0 ? ` ${hitText(smallest, largest, arrived)}` : ''}`;

/** Sentences about the shape. Each is included only where its numbers support it. */
export function shapeText({ smallest, largest, arrived, repeated, open }: LossShape): string {
  const sentences = ['What is lost TCP sends again, a round trip or a timeout later.'];
  if (smallest > 0) sentences.push(hitText(smallest, largest, arrived));
  if (repeated > 0 && open === 0) sentences.push('All that was sent again was acknowledged at last.');
  if (open > 0)
    sentences.push(
      `Of ${counted(repeated, 'range')} sent again ${open} ${open === 1 ? 'was' : 'were'} never acknowledged.`,
    );
  if (smallest > 0 && arrived >= smallest && open === 0)
    sentences.push('That is loss on a link or in a queue, not a limit of size.');
  return sentences.join(' ');
}

/** What a hop lost: packets that TCP repeats, the SYNs and FINs among them, and pure acknowledgements beside them. */
export interface LostCounts {
  lost: number;
  lostControl: number;
  lostAcknowledgements: number;
}

/**
 * "20 packets with data and 3 SYNs or FINs, and 5 acknowledgements": together, the number that the path counts.
 *
 * @param lost packets that have to be sent again, SYNs and FINs (`control`) among them
 * @param acknowledgements lost in addition
 */
export function lostText({ lost, lostControl: control, lostAcknowledgements: acknowledgements }: LostCounts): string {
  const repeated = [
    ...(lost > control ? [`${counted(lost - control, 'packet')} with data`] : []),
    ...(control > 0 ? [counted(control, 'SYN or FIN', 'SYNs or FINs')] : []),
  ].join(' and ');
  return acknowledgements > 0 ? `${repeated}, and ${counted(acknowledgements, 'acknowledgement')}` : repeated;
}
