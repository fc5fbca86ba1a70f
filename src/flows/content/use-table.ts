import { NO_OPENING, OPENINGS, TLS, UNKNOWN } from '../../decode/messages/opening.ts';
import type { ApplicationUse } from '../evidence/evidence.ts';
import type { ConnectionBlock } from '../tcp/connection-block.ts';
import { clientOf, serverOf } from '../tcp/connection-evidence.ts';
import * as R from '../tcp/record-marks.ts';
import * as M from './content-marks.ts';
import type { ContentTable } from './content-table.ts';
import { isEstablished } from './read-tls.ts';

/** Protocols and points in a key: 16 and 4,096 of them (`Limits.points`). */
const PROTOCOLS = 16;
const POINTS = 4_096;
const PORTS = 65_536;
const IPV6 = 2 ** 32;

/** Counts by client, server and protocol at each point. */
export class UseTable {
  /** By the number of the server, then by that of the client: numbers, because a text for each connection is slow. */
  readonly #uses = new Map<number, Map<number, ApplicationUse>>();
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
    if (protocol === TLS ? isEstablished({ table, at }) : records.answers(at) > 0) use.answered++;
    if (records.cut(there) + records.cut(there + M.DIRECTION_BYTES) > 0) use.cut++;
  }

  #find(block: ConnectionBlock, place: number, protocol: number): ApplicationUse | undefined {
    const marks = block.marksAndLetters(place);
    const isFlipped = (marks & R.FLIPPED) !== 0;
    const family = (marks & R.IS_IPV6) === 0 ? 0 : IPV6;
    const [first, second] = [block.client(place), block.server(place)];
    const ports = block.ports(place);
    const server = (family + (isFlipped ? first : second)) * PORTS + (isFlipped ? ports >>> 16 : ports & 0xffff);
    const point = block.place(place) >>> 16;
    const client = ((family + (isFlipped ? second : first)) * POINTS + point) * PROTOCOLS + protocol;
    let ofServer = this.#uses.get(server);
    const known = ofServer?.get(client);
    if (known !== undefined || this.#list.length >= this.#most) return known;
    if (ofServer === undefined) this.#uses.set(server, (ofServer = new Map()));
    const use: ApplicationUse = {
      point,
      client: clientOf(block, place, this.#wording).address,
      server: serverOf(block, place, this.#wording),
      protocol: OPENINGS[protocol],
      connections: 0,
      answered: 0,
      cut: 0,
      answers: 0,
      errors: 0,
    };
    ofServer.set(client, use);
    this.#list.push(use);
    return use;
  }

  list(): ApplicationUse[] {
    return this.#list;
  }
}
