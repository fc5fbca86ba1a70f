import { NO_OPENING, OPENINGS, TLS, UNKNOWN } from '../../decode/messages/opening.ts';
import type { ApplicationUse } from '../evidence/evidence.ts';
import { grown } from '../tables/columns.ts';
import { finish, mix, SEED } from '../tables/mix.ts';
import { NO_ROW, RowTable } from '../tables/row-table.ts';
import type { ConnectionBlock } from '../tcp/connection-block.ts';
import { clientOf, serverOf } from '../tcp/connection-evidence.ts';
import * as R from '../tcp/record-marks.ts';
import * as M from './content-marks.ts';
import type { ContentTable } from './content-table.ts';
import { isEstablished } from './read-tls.ts';

const FIRST_ROWS = 64;
/** Numbers in the key of a row: client, server, port of the server, and point, address family and protocol. */
const KEY_WORDS = 4;
const FAMILY_BIT = 0x8000;

/** Counts by client, server and protocol at each point. */
export class UseTable {
  /** Keys of all rows, one after the other. */
  #keys = new Int32Array(FIRST_ROWS * KEY_WORDS);
  readonly #rows = new RowTable((row) => this.#hashOf(row));
  readonly #list: ApplicationUse[] = [];
  readonly #most: number;
  readonly #wording: { formatAddress: (address: number) => string; formatMac: () => string };

  /** @param most rows kept; connections of further ones are not counted */
  constructor(most: number, formatAddress: (address: number) => string) {
    this.#most = most;
    this.#wording = { formatAddress, formatMac: () => '' };
  }

  /** @param at record of what was read @param place record of the connection in `block` */
  add(table: ContentTable, at: number, block: ConnectionBlock, place: number): void {
    const { records } = table;
    const spoken = records.protocol(at);
    const protocol = spoken === NO_OPENING ? UNKNOWN : spoken;
    const use = this.#find(block, place, protocol);
    if (use === undefined) return;
    const there = at + M.DIRECTIONS_AT;
    use.connections++;
    use.answers += records.answers(at);
    use.errors += records.errors(at);
    if (records.held(at) > 0) use.held = (use.held ?? 0) + records.held(at);
    if (protocol === TLS ? isEstablished({ table, at }) : records.answers(at) > 0) use.answered++;
    if (records.cut(there) + records.cut(there + M.DIRECTION_BYTES) > 0) use.cut++;
  }

  /** Counts a connection whose sides both begin with no protocol that is known. @param place as in `add` */
  addUnknown(block: ConnectionBlock, place: number): void {
    const use = this.#find(block, place, UNKNOWN);
    if (use !== undefined) use.connections++;
  }

  #find(block: ConnectionBlock, place: number, protocol: number): ApplicationUse | undefined {
    const marks = block.marksAndLetters(place);
    const isFlipped = (marks & R.FLIPPED) !== 0;
    const client = isFlipped ? block.serverSigned(place) : block.clientSigned(place);
    const server = isFlipped ? block.clientSigned(place) : block.serverSigned(place);
    const ports = block.portsSigned(place);
    const port = isFlipped ? ports >>> 16 : ports & 0xffff;
    const where = (block.placeSigned(place) & ~0xffff) | protocol | ((marks & R.IS_IPV6) === 0 ? 0 : FAMILY_BIT);
    const rows = this.#rows;
    for (let row = rows.first(hashOfKey(client, server, port, where)); row !== NO_ROW; row = rows.next())
      if (this.#hasKey(row, client, server, port, where)) return this.#list[row];
    const row = this.#list.length;
    if (row >= this.#most) return undefined;
    if ((row + 1) * KEY_WORDS > this.#keys.length) this.#keys = grown(this.#keys, 2 * this.#keys.length);
    const key = row * KEY_WORDS;
    this.#keys[key] = client;
    this.#keys[key + 1] = server;
    this.#keys[key + 2] = port;
    this.#keys[key + 3] = where;
    const use: ApplicationUse = {
      point: block.place(place) >>> 16,
      client: clientOf(block, place, this.#wording).address,
      server: serverOf(block, place, this.#wording),
      protocol: OPENINGS[protocol],
      connections: 0,
      answered: 0,
      cut: 0,
      answers: 0,
      errors: 0,
    };
    this.#list.push(use);
    rows.put(row);
    return use;
  }

  #hasKey(row: number, client: number, server: number, port: number, where: number): boolean {
    const keys = this.#keys;
    const at = row * KEY_WORDS;
    return keys[at] === client && keys[at + 1] === server && keys[at + 2] === port && keys[at + 3] === where;
  }

  #hashOf(row: number): number {
    const at = row * KEY_WORDS;
    return hashOfKey(this.#keys[at], this.#keys[at + 1], this.#keys[at + 2], this.#keys[at + 3]);
  }

  list(): ApplicationUse[] {
    return this.#list;
  }
}

const hashOfKey = (client: number, server: number, port: number, where: number): number =>
  finish(mix(mix(mix(mix(SEED, client), server), port), where));
