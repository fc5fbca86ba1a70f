import { SIGHTING_TCP, SIGHTING_UDP, type SightingTable } from '../../rows/sighting-table.ts';
import { finish, mix, SEED } from '../../tables/mix.ts';

type Columns = SightingTable['columns'];

/**
 * Hashes of what a packet keeps through NAT and tunnels, one for each row: computed in one pass over the columns,
 * because rows of one flow lie far apart in memory and are asked for several times.
 */
export interface RowKeys {
  /** With the IP ID. */
  withId: Uint32Array;
  /** Without it, for paths that rewrite it or set it to 0. */
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

/** All of the TCP header that no hop rewrites; ports and checksum are not among it. */
function segmentKey({ seq, ack, flags, window, tsValue, tsEcho, payloadLength }: Columns, row: number): number {
  const numbers = mix(mix(mix(mix(SEED, seq[row]), ack[row]), tsValue[row]), tsEcho[row]);
  return mix(mix(numbers, payloadLength[row]), (flags[row] << 16) | window[row]);
}

/** The payload holds the DNS id, and a port that is translated hides that it is one. */
function datagramKey({ payloadHash, seq, flags, payloadLength, kind }: Columns, row: number): number {
  const number = kind[row] === SIGHTING_UDP && payloadHash[row] !== 0 ? 0 : seq[row];
  return mix(mix(mix(SEED, payloadHash[row]), number), (flags[row] << 16) ^ payloadLength[row]);
}
