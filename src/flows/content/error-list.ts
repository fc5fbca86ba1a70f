import { isPrintable } from '../../decode/messages/octet-text.ts';
import { HTTP1 } from '../../decode/messages/opening.ts';
import type { ApplicationError } from '../evidence/evidence.ts';
import type { MessageAt } from './message-at.ts';

/** Most errors kept of a connection; all are counted. */
const ERRORS_OF_ONE = 8;

/** Errors that were read, by the connection: objects, because they are trouble. */
export class ErrorList {
  readonly #byConnection = new Map<number, ApplicationError[]>();
  #left: number;

  /** @param most errors of all connections that are kept */
  constructor(most: number) {
    this.#left = most;
  }

  /** Counts an error, and keeps it if it is one of the first of its connection. */
  add(message: MessageAt, error: Pick<ApplicationError, 'kind' | 'code' | 'text' | 'fatal'>): void {
    const { table, at, packet, time, direction } = message;
    const { records } = table;
    records.setErrors(at, records.errors(at) + 1);
    const connection = records.connection(at);
    const known = this.#byConnection.get(connection) ?? [];
    if (known.length >= ERRORS_OF_ONE || this.#left <= 0) return;
    this.#left--;
    const isHttp = records.protocol(at) === HTTP1;
    const requested =
      records.requestPacket(at) === 0 ? null : { packet: records.requestPacket(at), time: records.requestTime(at) };
    const request = isHttp && records.textOctets(at) > 0 ? textOf(table.textOf(at)) : null;
    known.push({ packet, time, direction, ...error, request, requested });
    this.#byConnection.set(connection, known);
  }

  of(connection: number): ApplicationError[] {
    return this.#byConnection.get(connection) ?? [];
  }
}

/** Printable characters; others become a question mark. */
export const textOf = (octets: Uint8Array): string =>
  Array.from(octets, (octet) => (isPrintable(octet) ? String.fromCharCode(octet) : '?')).join('');
