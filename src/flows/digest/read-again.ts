import type { CaptureSource, ReadOptions } from '../../decode/files/capture-source.ts';
import type { PacketIndex } from '../rows/packet-index.ts';
import type { InitialRoom, SightingTable } from '../rows/sighting-table.ts';
import { readChosenRows } from './chosen-rows.ts';
import { readSightings } from './digest-capture.ts';

/** What is wanted of a capture that has been read once. */
export interface Again {
  /** Flows of which every row is wanted; of the others the first rows are. */
  wholeFlows: ReadonlySet<number>;
  /** What the first reading told of each packet; without it all of them are followed once more. */
  index: PacketIndex | null;
  /** For the rows that are expected. */
  room: InitialRoom;
}

/** Rows of a capture that did not fit when it was read first. @throws PcapdiagError as the first reading does */
export function readAgain(
  source: CaptureSource,
  { wholeFlows, index, room }: Again,
  rows: number,
  options: ReadOptions,
): Promise<SightingTable | undefined> {
  return index?.isComplete
    ? readChosenRows(source, { ...options, index, wholeFlows, rows, room })
    : readSightings(source, { ...options, limits: { sightings: rows }, wholeFlows });
}
