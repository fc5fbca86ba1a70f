/** Where the points and tunnels of a capture begin in the lists of all captures. */
export interface Standing {
  firstPoint: number;
  firstTunnel: number;
}

export const BY_ITSELF: Standing = { firstPoint: 0, firstTunnel: 0 };
