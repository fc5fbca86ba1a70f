import { SIGHTING_TCP, SIGHTING_UDP } from '../../rows/row-marks.ts';
import type { SightingTable } from '../../rows/sighting-table.ts';
import { finish, mix, SEED } from '../../tables/mix.ts';

type Columns = SightingTable['columns'];

/**
 * Hashes of the packet fields that survive NAT and tunnels, one for each row. They are computed in one pass over the
 * columns, because rows of one flow are far apart in memory and are needed several times.
 */
export interface RowKeys {
  /** With the IP ID. */
  withId: Uint32Array;
  /** Without the IP ID, for paths that rewrite it or set it to 0. */
  withoutId: Uint32Array;
}

export function rowKeys(table: SightingTable): RowKeys {
  const { columns, length } = table;
  const withId = new Uint32Array(length);
  const withoutId = new Uint32Array(length);
  for (let row = 0; row < length; row++) {
    const key = columns.kind[row] === SIGHTING_TCP ? segmentKey(columns, row) : datagramKey(columns, row);
    withoutId[row] = finish(key);
    withId[row] = finish(mix(key, columns.ipId[row]));
  }
  return { withId, withoutId };
}

/** All fields of the TCP header that no hop rewrites; ports and checksum are excluded. */
function segmentKey({ seq, ack, flags, window, tsValue, tsEcho, payloadLength }: Columns, row: number): number {
  const numbers = mix(mix(mix(mix(SEED, seq[row]), ack[row]), tsValue[row]), tsEcho[row]);
  return mix(mix(numbers, payloadLength[row]), (flags[row] << 16) | window[row]);
}

/** The payload contains the DNS id. A translated port may hide that the packet is DNS. */
function datagramKey({ payloadHash, seq, flags, payloadLength, kind }: Columns, row: number): number {
  const number = kind[row] === SIGHTING_UDP && payloadHash[row] !== 0 ? 0 : seq[row];
  return mix(mix(mix(SEED, payloadHash[row]), number), (flags[row] << 16) ^ payloadLength[row]);
}
