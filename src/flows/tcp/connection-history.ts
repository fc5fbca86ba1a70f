import type { Packet } from '../../decode/packet.ts';
import type { Direction } from '../evidence.ts';
import * as R from './connection-record.ts';
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

/** Letters of `Connection.history`, by what they are numbered with below. */
const LETTERS = 'SHADFRTGWQ';
/** Most letters of a history that fit a number. */
const LETTERS_KEPT = 10;
export const ACKNOWLEDGEMENT = 2;
export const DATA = 3;

/** Word of the history so far: letters in order, upper case from the client. */
export function historyOf({ words, doubles }: R.ConnectionBlock, at: number): string {
  let code = doubles[(at >> 1) + R.HISTORY];
  let word = '';
  while (code > 0) {
    const letter = LETTERS[Math.floor((code % 32) / 2)];
    word = (code % 2 === 0 ? letter : letter.toLowerCase()) + word;
    code = Math.floor(code / 32) - 1;
  }
  return (words[at + R.MARKS_AND_LETTERS] & (R.ROLES_FROM_SYN | R.ROLES_FROM_SYN_ACK)) === 0 ? `^${word}` : word;
}

/** Adds the letters of one segment that the direction had not before. */
export function writeHistory({ tcpFlags, payloadLength }: Packet, context: SegmentContext, kinds: number): void {
  if (tcpFlags & SYN) addLetter(context, tcpFlags & ACK ? 1 : 0);
  else if (payloadLength === 0 && tcpFlags & ACK && !(tcpFlags & (FIN | RST))) addLetter(context, ACKNOWLEDGEMENT);
  if (payloadLength > 0) addLetter(context, DATA);
  if (tcpFlags & FIN) addLetter(context, 4);
  if (tcpFlags & RST) addLetter(context, 5);
  if (kinds === 0) return;
  if (kinds & RETRANSMISSION) addLetter(context, 6);
  if (kinds & PREVIOUS_SEGMENT_NOT_CAPTURED) addLetter(context, 7);
  if (kinds & ZERO_WINDOW) addLetter(context, 8);
  if (kinds & OUT_OF_ORDER) addLetter(context, 9);
}

export const bitOf = (letter: number, direction: Direction): number => 1 << (R.FIRST_LETTER + letter * 2 + direction);

function addLetter({ block: { words, doubles }, at, direction }: SegmentContext, letter: number): void {
  const marks = words[at + R.MARKS_AND_LETTERS];
  const bit = bitOf(letter, direction);
  if ((marks & bit) !== 0 || bitsOf(marks >>> R.FIRST_LETTER) >= LETTERS_KEPT) return;
  words[at + R.MARKS_AND_LETTERS] = marks | bit;
  doubles[(at >> 1) + R.HISTORY] = (doubles[(at >> 1) + R.HISTORY] + 1) * 32 + letter * 2 + direction;
}

function bitsOf(word: number): number {
  let bits = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) bits++;
  return bits;
}
