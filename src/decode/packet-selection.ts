import type { Packet } from './packet.ts';

/** Which packets of a capture are looked at. It may remember what it saw: one instance reads one capture once. */
export interface PacketSelection {
  /** What it asks for, for people. */
  readonly text: string;
  /** Called for every packet in order. */
  selects(packet: Packet): boolean;
}
