import type { CaptureDigest } from '../capture/capture-digest.ts';
import { datagramData, recordedDatagrams } from '../compact/compact-datagram.ts';
import { type LookupList, lookupList, lookupsOf } from '../compact/compact-lookup.ts';
import type { DatagramRecordsData } from '../compact/datagram-table.ts';
import { type SightingData, SightingTable } from '../rows/sighting-table.ts';
import { apart, type RecordedList, together } from '../tcp/compact-connection.ts';

/** A digest as plain data: what is recorded goes over as columns, without a copy. */
export interface DigestMessage {
  /** Without sightings and recorded connections, and with no datagrams and lookups. */
  digest: CaptureDigest;
  connections: RecordedList | null;
  datagrams: DatagramRecordsData | null;
  lookups: LookupList;
  rows: SightingData | undefined;
}

/** @param digest with datagrams as records; its buffers are handed over: it is of no use afterwards */
export function digestMessage(digest: CaptureDigest): { message: DigestMessage; transfer: ArrayBuffer[] } {
  const { connections, recorded } = apart(digest.connections);
  const datagrams = datagramData(digest.datagrams);
  const lookups = lookupList(digest.dns);
  const rows = digest.sightings?.toTransferable();
  const transfer = [
    ...buffersOf(rows),
    ...(recorded?.data.blocks ?? []),
    ...[datagrams?.words, lookups.recorded?.words].flatMap((words) => words?.buffer ?? []),
  ];
  const plain = { ...digest, connections, datagrams: [], dns: [], sightings: undefined };
  return { message: { digest: plain, connections: recorded, datagrams, lookups, rows }, transfer };
}

/** The digest that `digestMessage` was given. */
export const digestOfMessage = ({ digest, connections, datagrams, lookups, rows }: DigestMessage): CaptureDigest => ({
  ...digest,
  connections: together(digest.connections, connections),
  datagrams: datagrams === null ? [] : recordedDatagrams(datagrams),
  dns: lookupsOf(lookups),
  sightings: rows && SightingTable.from(rows),
});

/** Buffers of rows that need not be copied. */
export function buffersOf(data: SightingData | undefined): ArrayBuffer[] {
  if (data === undefined) return [];
  const { flows, tunnels } = data.index ?? {};
  return [data.columns.packet, flows, tunnels].flatMap((column) => (column?.buffer as ArrayBuffer) ?? []);
}
