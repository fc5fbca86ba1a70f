import {
  asksForMailTls,
  isMailFarewell,
  NOT_AVAILABLE,
  readMailError,
  readMailReply,
} from '../../decode/messages/mail.ts';
import { readMemcachedError } from '../../decode/messages/memcached.ts';
import { asksForMysqlTls, isMysqlGreeting, readMysqlError } from '../../decode/messages/mysql.ts';
import { HTTP1, MAIL, MEMCACHED, MYSQL, POSTGRESQL, REDIS, TLS } from '../../decode/messages/opening.ts';
import { postgresqlOpening, readPostgresqlError, type ServerError } from '../../decode/messages/postgresql.ts';
import { asksRedisToWait, readRedisError } from '../../decode/messages/redis.ts';
import { u8 } from '../../decode/octets.ts';
import { TO_SERVER } from '../evidence/evidence.ts';
import * as M from './content-marks.ts';
import type { ErrorList } from './error-list.ts';
import type { MessageAt } from './message-at.ts';
import { noteRequest, readAnswer, readRequest } from './read-http1.ts';
import type { AfterTurn, TurnOctets } from './turn-octets.ts';

/** The answer of PostgreSQL to a request for TLS is one octet: yes or no. */
const TLS_YES = 0x53;
const TLS_NO = 0x4e;
/** Replies of SMTP and FTP from here on say no (RFC 5321, 4.2.1). */
const FIRST_REFUSAL = 300;

/** Reads the first octets of a turn of a protocol that has requests and answers. */
export function readTurn(message: MessageAt, errors: ErrorList, turn: TurnOctets): AfterTurn {
  switch (message.table.records.protocol(message.at)) {
    case HTTP1:
      return message.direction === TO_SERVER ? readRequest(message, turn) : readAnswer(message, errors, turn);
    case POSTGRESQL:
      return readPostgresql(message, errors, turn);
    case MYSQL:
      return readMysql(message, errors, turn);
    case REDIS:
      if (message.direction !== TO_SERVER)
        noteServerError(message, errors, readRedisError(turn.bytes, turn.at, turn.end));
      else noteRedisCommand(message, turn);
      return 'goes-on';
    case MEMCACHED:
      if (message.direction === TO_SERVER) noteRequest(message);
      else noteServerError(message, errors, readMemcachedError(turn.bytes, turn.at, turn.end));
      return 'goes-on';
    case MAIL:
      return readMail(message, errors, turn);
    default:
      return 'over';
  }
}

function readPostgresql(message: MessageAt, errors: ErrorList, { bytes, at, end, octets }: TurnOctets): AfterTurn {
  if (message.direction === TO_SERVER) {
    noteRequest(message);
    return postgresqlOpening(bytes, at, end) === 'cancel' ? 'over' : 'goes-on';
  }
  if (octets === 1 && at < end && message.table.records.answers(message.at) === 0) {
    if (u8(bytes, at) === TLS_NO) message.table.records.addMarks(message.at, M.TLS_REFUSED);
    if (u8(bytes, at) === TLS_YES) return 'opens-again';
    if (u8(bytes, at) === TLS_NO) return 'goes-on';
  }
  noteServerError(message, errors, readPostgresqlError(bytes, at, end));
  return 'goes-on';
}

function readMysql(message: MessageAt, errors: ErrorList, { bytes, at, end }: TurnOctets): AfterTurn {
  if (message.direction === TO_SERVER) {
    noteRequest(message);
    return asksForMysqlTls(bytes, at, end) ? 'opens-again' : 'goes-on';
  }
  if (isMysqlGreeting(bytes, at, end)) return 'goes-on';
  noteServerError(message, errors, readMysqlError(bytes, at, end));
  return 'goes-on';
}

/** The server agrees to TLS with 220 (SMTP), 234 (FTP) or "+OK" (POP3), and the ClientHello follows. */
function readMail(message: MessageAt, errors: ErrorList, { bytes, at, end }: TurnOctets): AfterTurn {
  const { table, at: record } = message;
  if (message.direction === TO_SERVER) {
    noteRequest(message);
    table.setText(record, bytes, at, asksForMailTls(bytes, at, end) ? 1 : 0);
    return 'goes-on';
  }
  if (isMailFarewell(bytes, at, end)) return 'goes-on';
  const isAboutTls = table.records.textOctets(record) > 0;
  const reply = readMailReply(bytes, at, end);
  // A server without TLS refuses that, and the client goes on in the clear.
  const isNoError = isAboutTls && reply !== NOT_AVAILABLE;
  noteServerError(message, errors, isNoError ? null : readMailError(bytes, at, end));
  return isAboutTls && reply < FIRST_REFUSAL ? 'opens-again' : 'goes-on';
}

function noteRedisCommand(message: MessageAt, { bytes, at, end }: TurnOctets): void {
  noteRequest(message);
  if (!asksRedisToWait(bytes, at, end)) return;
  const { records } = message.table;
  records.setHeld(message.at, Math.min(M.MOST_IN_U8, records.held(message.at) + 1));
}

function noteServerError(message: MessageAt, errors: ErrorList, error: ServerError | null): void {
  const { records } = message.table;
  records.setAnswers(message.at, records.answers(message.at) + 1);
  if (error !== null) errors.add(message, { kind: 'server-error', ...error });
}

/** Protocols of which the first octets of turns are read. */
export const hasTurns = (protocol: number): boolean =>
  protocol === HTTP1 || (protocol >= POSTGRESQL && protocol <= REDIS) || protocol === MAIL || protocol === MEMCACHED;

export const isTls = (protocol: number): boolean => protocol === TLS;
