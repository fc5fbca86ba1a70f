import { SYN } from '../tcp/segment-kind.ts';
import { areKnownHosts, countHosts } from './count-hosts.ts';
import { countPath, isOnKnownPath } from './count-path.ts';
import { deferMessage, isRoomForMessage } from './defer-message.ts';
import { isOfBiflow, noteBiflow } from './find-biflow.ts';
import { direction, flow, isOfConnection } from './find-connection.ts';
import { addRow, isNoCopy } from './find-copy.ts';
import { countAtPoint, isAtKnownPoint } from './find-point.ts';
import { isOrdinaryFlow, noteFates } from './flow-states.ts';
import { followSegment, isOrdinarySegment } from './follow-segment.ts';
import { isRoomForRow, keepRow } from './keep-row.ts';
import { f64At, i32At, setF64, setI32 } from './memory.ts';
import { isOrdinaryTurn } from './note-turn.ts';
import { isOpening, open } from './open-connection.ts';
import { flags, isDatagram, isOrdinaryFrame } from './read-headers.ts';
import { end, isCut, isOrdinaryRecord, nanoseconds, next, seconds, start, wireEnd } from './read-record.ts';
import { noteContent } from './skip-content.ts';
import * as S from './state-offsets.ts';
import { areRightChecksums } from './verify-checksums.ts';

/**
 * Takes the ordinary packets at the beginning of the records from `at` on. Each is decided on first, by reading only;
 * then all of it is written. A packet whose payload is to be read is the last one.
 * @returns how many it took
 */
export function takeOrdinary(): i32 {
  let taken: i32 = 0;
  setI32(S.IS_TO_READ, 0);
  while (i32At(S.IS_TO_READ) === 0 && isOrdinary(i32At(S.AT))) {
    write();
    taken++;
  }
  return taken;
}

function isOrdinary(at: i32): boolean {
  return (
    isOrdinaryRecord(at) &&
    isOrdinaryFrame(start, end, wireEnd) &&
    isAtKnownPoint() &&
    isOnKnownPath() &&
    isOrdinaryInFlow() &&
    isOrdinaryFlow() &&
    isRoomForRow() &&
    areKnownHosts() &&
    areRightChecksums() &&
    isNoCopy()
  );
}

function isOrdinaryInFlow(): boolean {
  if (isDatagram) return isRoomForMessage() && isOfBiflow();
  if ((flags & SYN) !== 0) return isOpening();
  return isOfConnection() && isOrdinarySegment() && isOrdinaryTurn();
}

function write(): void {
  setI32(S.AT, next);
  setI32(S.NUMBER, i32At(S.NUMBER) + 1);
  setF64(S.LAST_SECONDS, seconds);
  setI32(S.LAST_NANOSECONDS, nanoseconds);
  setF64(S.LAST_TIME, f64At(S.TIME));
  countAtPoint(isCut);
  follow();
  addRow(flow, direction);
  noteFates();
  keepRow();
  countHosts();
  countPath();
}

function follow(): void {
  if (isDatagram) {
    noteBiflow();
    deferMessage();
  } else if ((flags & SYN) !== 0) open();
  else {
    noteContent();
    followSegment();
  }
}
