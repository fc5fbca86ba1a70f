import type { CaptureDigest } from '../capture/capture-digest.ts';
import { compactDatagrams, datagramData } from '../compact/compact-datagram.ts';
import { type LookupList, lookupList, lookupsOf } from '../compact/compact-lookup.ts';
import type { DatagramTableData } from '../compact/datagram-table.ts';
import { type SightingData, SightingTable } from '../rows/sighting-table.ts';
import { type CompactConnections, mergeConnections, splitConnections } from '../tcp/compact-connection.ts';

/** A digest as plain data. Buffers of records are transferred without a copy. */
export interface DigestMessage {
  /** Without sightings and compact connections; the lists of datagrams and lookups are empty. */
  digest: CaptureDigest;
  connections: CompactConnections | null;
  datagrams: DatagramTableData | null;
  lookups: LookupList;
  rows: SightingData | undefined;
}

/** @param digest with datagrams as records; its buffers are transferred, so it must not be used afterwards */
export function digestMessage(digest: CaptureDigest): { message: DigestMessage; transfer: ArrayBuffer[] } {
  const { connections, compact } = splitConnections(digest.connections);
  const datagrams = datagramData(digest.datagrams);
  const lookups = lookupList(digest.dns);
  const rows = digest.sightings?.toTransferable();
  const transfer = [
    ...buffersOf(rows),
    ...(compact?.data.blocks ?? []),
    ...[datagrams?.records, lookups.compact?.records].filter((buffer) => buffer !== undefined),
  ];
  const plain = { ...digest, connections, datagrams: [], dns: [], sightings: undefined };
  return { message: { digest: plain, connections: compact, datagrams, lookups, rows }, transfer };
}

/** The digest that was given to `digestMessage`. */
export const digestOfMessage = ({ digest, connections, datagrams, lookups, rows }: DigestMessage): CaptureDigest => ({
  ...digest,
  connections: mergeConnections(digest.connections, connections),
  datagrams: datagrams === null ? [] : compactDatagrams(datagrams),
  dns: lookupsOf(lookups),
  sightings: rows && SightingTable.from(rows),
});

/** Buffers of rows that can be transferred without a copy. */
export function buffersOf(data: SightingData | undefined): ArrayBuffer[] {
  if (data === undefined) return [];
  const { flows, tunnels } = data.index ?? {};
  return [data.columns.packet, flows, tunnels].flatMap((column) => (column?.buffer as ArrayBuffer) ?? []);
}
