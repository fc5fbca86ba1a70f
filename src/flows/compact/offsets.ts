/** Where the points and tunnels of a capture begin in the lists of all captures. */
export interface ListOffsets {
  firstPoint: number;
  firstTunnel: number;
}

export const NO_OFFSETS: ListOffsets = { firstPoint: 0, firstTunnel: 0 };
