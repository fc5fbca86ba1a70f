/** Results of the trackers for a packet. Reused for every packet. */
export interface Seen {
  point: number;
  time: number;
  /** Biflow and direction; `NO_FLOW_IN_ROW` without a biflow. */
  flow: number;
  direction: number;
  copy: boolean;
  retransmission: boolean;
  payloadHash: number;
  /** Index of the outermost tunnel; -1 without a tunnel. */
  tunnel: number;
}

export const NOTHING_SEEN: Readonly<Seen> = {
  point: 0,
  time: 0,
  flow: 0,
  direction: 0,
  copy: false,
  retransmission: false,
  payloadHash: 0,
  tunnel: -1,
};
