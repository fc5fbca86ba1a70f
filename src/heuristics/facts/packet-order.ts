import type { PacketRef } from '../../flows/evidence/evidence.ts';

/**
 * In order of time, of equal times in that of the file. Numbers alone do not tell the order: a file may hold neighbours
 * the wrong way round.
 */
export const inOrder = (a: PacketRef, b: PacketRef): number => a.time - b.time || a.packet - b.packet;

export const isLater = (packet: PacketRef, than: PacketRef): boolean => inOrder(packet, than) > 0;
