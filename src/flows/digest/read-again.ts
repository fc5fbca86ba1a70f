import type { CaptureSource, ReadOptions } from '../../decode/files/capture-source.ts';
import type { PacketSelection } from '../../decode/packet-selection.ts';
import type { PacketIndex } from '../rows/packet-index.ts';
import type { InitialRoom, SightingTable } from '../rows/sighting-table.ts';
import { readChosenRows } from './chosen-rows.ts';
import { readSightings } from './digest-capture.ts';

/** What a second pass should return for a capture. */
export interface Again {
  /** Flows for which every row is wanted. Of the others only the first rows are. */
  wholeFlows: ReadonlySet<number>;
  /** The packet index of the first pass. Without it all packets are followed again. */
  index: PacketIndex | null;
  /** Memory for the expected rows. */
  room: InitialRoom;
}

/** Reads the rows of a capture that did not fit in the first pass. @throws PcapdiagError as the first pass does */
export function readAgain(
  source: CaptureSource,
  { wholeFlows, index, room }: Again,
  rows: number,
  options: ReadOptions & { selection?: PacketSelection },
): Promise<SightingTable | undefined> {
  return index?.isComplete
    ? readChosenRows(source, { ...options, index, wholeFlows, rows, room })
    : readSightings(source, { ...options, limits: { sightings: rows }, wholeFlows });
}
