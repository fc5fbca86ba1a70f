import type { Packet } from '../../decode/packet.ts';
import type { Direction } from '../evidence/evidence.ts';
import type { ConnectionBlock } from './connection-block.ts';
import * as R from './record-marks.ts';
import type { SegmentContext } from './segment-context.ts';
import {
  ACK,
  FIN,
  OUT_OF_ORDER,
  PREVIOUS_SEGMENT_NOT_CAPTURED,
  RETRANSMISSION,
  RST,
  SYN,
  ZERO_WINDOW,
} from './segment-kind.ts';

/**
 * Letters of `Connection.history`, by the numbers of `record-marks.ts`.
 *
 * The record stores which letters the history has, one bit each. Their order is one number, a Lehmer code: each letter
 * adds the number of earlier letters with a lower bit, as a digit whose base is the number of letters so far.
 */
const LETTERS = 'SHADFRTGWQ';

/** Word of the history so far: letters in order, upper case for the client. */
export function historyOf(block: ConnectionBlock, at: number): string {
  let code = block.historyOrder(at);
  let left = block.marksAndLetters(at) >>> R.FIRST_LETTER;
  let word = '';
  for (let count = bitsOf(left); count > 0; count--) {
    const bit = nthBit(left, code % count);
    const letter = LETTERS[bit >> 1];
    word = ((bit & 1) === 0 ? letter : letter.toLowerCase()) + word;
    code = Math.floor(code / count);
    left &= ~(1 << bit);
  }
  return block.hasMarksAndLetters(at, R.ROLES_FROM_SYN | R.ROLES_FROM_SYN_ACK) ? word : `^${word}`;
}

/** Adds those letters of one segment that the direction did not have yet. */
export function writeHistory({ tcpFlags, payloadLength }: Packet, context: SegmentContext, kinds: number): void {
  if (tcpFlags & SYN) addLetter(context, tcpFlags & ACK ? R.OPENING_ANSWER : R.OPENING);
  else if (payloadLength === 0 && tcpFlags & ACK && !(tcpFlags & (FIN | RST))) addLetter(context, R.ACKNOWLEDGEMENT);
  if (payloadLength > 0) addLetter(context, R.DATA);
  if (tcpFlags & FIN) addLetter(context, R.FINISH);
  if (tcpFlags & RST) addLetter(context, 5);
  if (kinds === 0) return;
  if (kinds & RETRANSMISSION) addLetter(context, 6);
  if (kinds & PREVIOUS_SEGMENT_NOT_CAPTURED) addLetter(context, 7);
  if (kinds & ZERO_WINDOW) addLetter(context, 8);
  if (kinds & OUT_OF_ORDER) addLetter(context, 9);
}

export const bitOf = (letter: number, direction: Direction): number => 1 << (R.FIRST_LETTER + letter * 2 + direction);

function addLetter({ block, at, direction }: SegmentContext, letter: number): void {
  const marks = block.marksAndLetters(at);
  const bit = bitOf(letter, direction);
  const count = bitsOf(marks >>> R.FIRST_LETTER);
  if ((marks & bit) !== 0 || count >= R.LETTERS_KEPT) return;
  const lower = bitsOf((marks >>> R.FIRST_LETTER) & ((1 << (letter * 2 + direction)) - 1));
  block.setMarksAndLetters(at, marks | bit);
  block.setHistoryOrder(at, block.historyOrder(at) * (count + 1) + lower);
}

/** Number of the bit that has `lower` other set bits of the word below it. */
function nthBit(word: number, lower: number): number {
  let rest = word;
  for (let skipped = 0; skipped < lower; skipped++) rest &= rest - 1;
  return 31 - Math.clz32(rest & -rest);
}

function bitsOf(word: number): number {
  let bits = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) bits++;
  return bits;
}
