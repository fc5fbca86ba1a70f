import { NO_OPENING, OPENINGS, TLS, UNKNOWN } from '../../decode/messages/opening.ts';
import type { ApplicationUse } from '../evidence/evidence.ts';
import type { ConnectionBlock } from '../tcp/connection-block.ts';
import { clientOf, serverOf } from '../tcp/connection-evidence.ts';
import * as M from './content-marks.ts';
import type { ContentTable } from './content-table.ts';
import { isEstablished } from './read-tls.ts';

/** Counts by client, server and protocol at each point. */
export class UseTable {
  readonly #uses = new Map<string, ApplicationUse>();
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
    const client = clientOf(block, place, this.#wording).address;
    const server = serverOf(block, place, this.#wording);
    const spoken = records.protocol(at);
    const protocol = spoken === NO_OPENING ? UNKNOWN : spoken;
    const point = block.place(place) >>> 16;
    const key = `${point} ${client} ${server.address} ${server.port} ${protocol}`;
    let use = this.#uses.get(key);
    if (use === undefined) {
      if (this.#uses.size >= this.#most) return;
      const counts = { connections: 0, answered: 0, cut: 0, answers: 0, errors: 0 };
      use = { point, client, server, protocol: OPENINGS[protocol], ...counts };
      this.#uses.set(key, use);
    }
    const there = at + M.DIRECTIONS_AT;
    use.connections++;
    use.answers += records.answers(at);
    use.errors += records.errors(at);
    if (protocol === TLS ? isEstablished({ table, at }) : records.answers(at) > 0) use.answered++;
    if (records.cut(there) + records.cut(there + M.DIRECTION_BYTES) > 0) use.cut++;
  }

  list(): ApplicationUse[] {
    return [...this.#uses.values()];
  }
}
