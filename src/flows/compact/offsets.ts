/** Index of the first point and tunnel of a capture in the lists of all captures. */
export interface ListOffsets {
  firstPoint: number;
  firstTunnel: number;
}

export const NO_OFFSETS: ListOffsets = { firstPoint: 0, firstTunnel: 0 };
