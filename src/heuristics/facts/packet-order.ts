import type { PacketRef } from '../../flows/evidence/evidence.ts';

/**
 * Orders packets by time, and packets of equal time by their place in the file. Packet numbers alone do not give the
 * order, because a file may hold neighbouring packets in the wrong order.
 */
export const inOrder = (a: PacketRef, b: PacketRef): number => a.time - b.time || a.packet - b.packet;

export const isLater = (packet: PacketRef, than: PacketRef): boolean => inOrder(packet, than) > 0;
