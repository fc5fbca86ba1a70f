import type { ConnectionTable } from './connection-table.ts';
import type { Troubles } from './connection-trouble.ts';
import type { LinkAddresses } from './link-addresses.ts';
import type { MeasuredTransfers } from './measured-transfer.ts';
import type { UnackedSegments } from './unacked-segments.ts';

/** State of all connections of a capture. Each processing step of a segment reads and changes it. */
export interface FollowedConnections {
  readonly records: ConnectionTable;
  /** State of connections in which anything unusual happened. */
  readonly troubles: Troubles;
  readonly unacked: UnackedSegments;
  readonly linkAddresses: LinkAddresses;
  /** Large transfers, by the position that the record of their connection has. */
  readonly transfers: MeasuredTransfers;
  /** Segments larger than the agreed MSS, by point. */
  readonly superSegments: Map<number, number>;
}
