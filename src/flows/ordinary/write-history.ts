import { multiply } from '../tables/words.ts';
import { FIRST_LETTER, LETTERS_KEPT } from '../tcp/record-marks.ts';
import * as T from './connection-offsets.ts';
import { direction, record } from './find-connection.ts';
import { i32At, setI32 } from './memory.ts';

/** Adds a letter to the history of the connection that the direction did not have yet, see `connection-history.ts`. */
export function addLetter(letter: i32): void {
  const marks = i32At(record + T.MARKS_AND_LETTERS);
  const place = letter * 2 + direction;
  const bit = 1 << (FIRST_LETTER + place);
  if ((marks & bit) !== 0) return;
  const letters = marks >>> FIRST_LETTER;
  const count = bitsOf(letters);
  if (count >= LETTERS_KEPT) return;
  setI32(record + T.MARKS_AND_LETTERS, marks | bit);
  const order = multiply(i32At(record + T.HISTORY_ORDER), count + 1);
  setI32(record + T.HISTORY_ORDER, order + bitsOf(letters & ((1 << place) - 1)));
}

function bitsOf(word: i32): i32 {
  let bits: i32 = 0;
  for (let rest: i32 = word; rest !== 0; rest &= rest - 1) bits++;
  return bits;
}
