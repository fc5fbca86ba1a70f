import type { ConnectionTable } from './connection-table.ts';
import type { Troubles } from './connection-trouble.ts';
import type { LinkAddresses } from './link-addresses.ts';
import type { UnackedSegments } from './unacked-segments.ts';

/** What is known of all connections of a capture: read and changed by each step that a segment goes through. */
export interface FollowedConnections {
  readonly records: ConnectionTable;
  /** What is kept of connections in which anything out of the ordinary happened. */
  readonly troubles: Troubles;
  readonly unacked: UnackedSegments;
  readonly linkAddresses: LinkAddresses;
  /** Segments larger than the agreed MSS, by point. */
  readonly superSegments: Map<number, number>;
}
