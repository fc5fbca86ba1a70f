import { HTTP1, HTTP2, NO_OPENING, OPENINGS, PROXY, TLS, UNKNOWN } from '../../decode/messages/opening.ts';
import { CLOSE_NOTIFY, ENCRYPTED_ALERT_OCTETS } from '../../decode/messages/tls-record.ts';
import {
  type ApplicationError,
  type ApplicationFacts,
  type BrokenOff,
  type ClientHello,
  type Direction,
  type Opening,
  type TlsFacts,
  TO_CLIENT,
  TO_SERVER,
} from '../evidence/evidence.ts';
import type { ConnectionBlock } from '../tcp/connection-block.ts';
import { awaitedOf, brokenOffOf } from './broken-off.ts';
import * as M from './content-marks.ts';
import type { ContentTable } from './content-table.ts';
import { textOf } from './error-list.ts';
import { isEstablished } from './read-tls.ts';

const sideOf = (at: number, direction: Direction): number => at + M.DIRECTIONS_AT + direction * M.DIRECTION_BYTES;

/**
 * What rules have to look at of a connection; null where nothing is notable.
 *
 * @param messages errors that were read of it @param place record of the connection in `block`
 */
export function notableFactsOf(
  table: ContentTable,
  at: number,
  messages: ApplicationError[],
  block: ConnectionBlock,
  place: number,
): ApplicationFacts | null {
  const brokenOff = brokenOffOf(table, at, block, place);
  const awaited = awaitedOf(table, at, block, place);
  if (brokenOff === null && awaited === 0 && !isNotable(table, at)) return null;
  const facts = applicationFactsOf(table, at, messages, brokenOff);
  return awaited === 0 ? facts : { ...facts, awaited };
}

/** Something failed, or two protocols met. */
function isNotable(table: ContentTable, at: number): boolean {
  const { records } = table;
  if (records.errors(at) > 0 || records.expectations(at) > 0 || records.hasMarks(at, M.TLS_WANTED | M.TLS_REFUSED))
    return true;
  const there = records.opening(sideOf(at, TO_SERVER));
  const back = records.opening(sideOf(at, TO_CLIENT));
  if (there === TLS || records.hasMarks(at, M.HELLO)) return isUnfinished(table, at);
  if (there === PROXY && back !== UNKNOWN && back !== NO_OPENING) return back !== HTTP1 || records.errors(at) > 0;
  return there !== NO_OPENING && areDifferent(there, back);
}

/** What the two sides begin with belongs to two protocols. */
function areDifferent(there: number, back: number): boolean {
  if (back === TLS) return true;
  return (there === HTTP1 || there === HTTP2) && back !== there && back !== UNKNOWN && back !== NO_OPENING;
}

/** The handshake did not go on: an alert, something else than TLS, or nothing after the hello. */
function isUnfinished(table: ContentTable, at: number): boolean {
  const { records } = table;
  if (isEstablished({ table, at })) return false;
  if (records.alertBy(at) !== 0 || sealedAlertOf(table, at) !== null) return true;
  const there = sideOf(at, TO_SERVER);
  return records.changed(there) === 0 && records.sealed(there) === 0;
}

function applicationFactsOf(
  table: ContentTable,
  at: number,
  messages: ApplicationError[],
  brokenOff: BrokenOff | null,
): ApplicationFacts {
  const { records } = table;
  const [there, back] = [sideOf(at, TO_SERVER), sideOf(at, TO_CLIENT)];
  const has = (mark: number): boolean => records.hasMarks(at, mark);
  const isTls = has(M.HELLO | M.SERVER_HELLO) || records.alertBy(at) !== 0 || records.opening(there) === TLS;
  return {
    openings: [openingOf(records.opening(there)), openingOf(records.opening(back))],
    protocol: OPENINGS[records.protocol(at)],
    proxied: has(M.PROXIED),
    tls: isTls ? tlsFactsOf(table, at) : null,
    answers: records.answers(at),
    errors: records.errors(at),
    messages,
    brokenOff,
    tlsWanted: has(M.TLS_WANTED),
    tlsRefused: has(M.TLS_REFUSED),
    errorCut: has(M.ERROR_CUT),
    cut: [records.cut(there) === 1, records.cut(back) === 1],
    ...(records.expectations(at) > 0 && {
      expectations: { requests: records.expectations(at), seconds: records.expectedTime(at) / 1_000 },
    }),
  };
}

const openingOf = (code: number): Opening | null => (code === NO_OPENING ? null : OPENINGS[code]);

function tlsFactsOf(table: ContentTable, at: number): TlsFacts {
  const { records } = table;
  const has = (mark: number): boolean => records.hasMarks(at, mark);
  return {
    clientHello: has(M.HELLO) ? clientHelloOf(table, at) : null,
    serverVersion: has(M.SERVER_HELLO) ? records.serverVersion(at) : null,
    certificate: has(M.CERTIFICATE)
      ? { notBefore: records.notBefore(at), notAfter: records.notAfter(at), selfSigned: has(M.SELF_SIGNED) }
      : null,
    certificateRequested: has(M.CERTIFICATE_REQUEST),
    clientCertificateMissing: has(M.NO_CLIENT_CERTIFICATE),
    alert:
      records.alertBy(at) === 0
        ? null
        : {
            direction: (records.alertBy(at) - 1) as Direction,
            level: records.alertLevel(at),
            description: records.alertDescription(at),
            packet: records.alertPacket(at),
            time: records.alertTime(at),
          },
    sealedAlert: sealedAlertOf(table, at),
    established: isEstablished({ table, at }),
  };
}

const NEXT_PROTOCOLS = [null, 'h2', 'http/1.1', 'other'] as const;

function clientHelloOf(table: ContentTable, at: number): ClientHello {
  const { records } = table;
  return {
    octets: records.helloOctets(at),
    version: records.helloVersion(at),
    suites: records.suites(at),
    serverName: textOf(table.textOf(at)),
    nextProtocol: NEXT_PROTOCOLS[records.nextProtocol(at)],
    postQuantum: records.hasMarks(at, M.POST_QUANTUM),
    whole: records.hasMarks(at, M.WHOLE_HELLO),
    packet: records.requestPacket(at),
    time: records.requestTime(at),
  };
}

/**
 * An encrypted record of an alert's length where the handshake had to go on, and nothing after it. The client's is its
 * first encrypted record. The server's is its first one after the client's part, before the client said goodbye.
 */
function sealedAlertOf(table: ContentTable, at: number): TlsFacts['sealedAlert'] {
  const { records } = table;
  const [there, back] = [sideOf(at, TO_SERVER), sideOf(at, TO_CLIENT)];
  if (records.alertBy(at) !== 0 && records.alertDescription(at) !== CLOSE_NOTIFY) return null;
  if (records.sealed(there) === 1 && records.sealedOctets(there) === ENCRYPTED_ALERT_OCTETS)
    return records.finished(there) > 0
      ? null
      : { direction: TO_SERVER, packet: records.sealedPacket(there), time: records.sealedTime(there) };
  const isAnswer = records.afterFinished(at) === 1 && records.afterOctets(at) === ENCRYPTED_ALERT_OCTETS;
  if (!isAnswer || records.finished(back) > 0) return null;
  const saidGoodbye =
    records.lastOctets(there) === ENCRYPTED_ALERT_OCTETS && records.lastPacket(there) < records.afterPacket(at);
  return saidGoodbye ? null : { direction: TO_CLIENT, packet: records.afterPacket(at), time: records.afterTime(at) };
}
