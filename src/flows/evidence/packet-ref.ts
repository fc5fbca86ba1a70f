/** Types that all kinds of evidence use: end points, packets, directions. */

export interface Endpoint {
  address: string;
  /** TCP or UDP port, ICMP echo identifier; 0 without ports. */
  port: number;
}

/** A packet of one capture. */
export interface PacketRef {
  packet: number;
  time: number;
}

/** Directions of a biflow, as array index. */
export const TO_SERVER = 0;
export const TO_CLIENT = 1;
export type Direction = typeof TO_SERVER | typeof TO_CLIENT;
