import type { Joined } from '../flows/capture/capture-digest.ts';
import { connectionObject, lookupObject } from '../flows/correlate/conversations/drop-ordinary.ts';
import { type ConnectionRow, connectionRow } from './connection-row.ts';
import { type Table, tableOf } from './lazy-table.ts';
import { type LookupRow, lookupRow } from './lookup-row.ts';
import { type TunnelRow, tunnelRow } from './tunnel-row.ts';

/** What was read from captures, as facts without judgement. Nothing in it can be changed. */
export interface Tables {
  /** TCP connections, each once for every capture point that saw it. */
  readonly connections: Table<ConnectionRow>;
  /** Number of all connections, those included that found no room in memory and are not in the table. */
  readonly connectionsTotal: number;
  /** DNS lookups, each once for every capture point that saw it. */
  readonly lookups: Table<LookupRow>;
  /** Number of all lookups, those included that found no room in memory and are not in the table. */
  readonly lookupsTotal: number;
  /** Tunnels, one row for each direction, network and point. */
  readonly tunnels: Table<TunnelRow>;
}

export function tablesOf({ connections, connectionsTotal, dns, dnsTotal, tunnels, points }: Joined): Tables {
  return Object.freeze({
    connections: tableOf(connections.length, (at) => connectionRow(at, connectionObject(connections[at], at), points)),
    connectionsTotal,
    lookups: tableOf(dns.length, (at) => lookupRow(at, lookupObject(dns[at], at), points)),
    lookupsTotal: dnsTotal,
    tunnels: tableOf(tunnels.length, (at) => tunnelRow(at, tunnels[at], points)),
  });
}
