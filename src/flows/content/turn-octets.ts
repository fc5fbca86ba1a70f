import type { Packet } from '../../decode/packet.ts';

/** The first octets of a turn: of data after data of the other direction. */
export interface TurnOctets {
  bytes: Uint8Array;
  at: number;
  end: number;
  /** Octets of the segment, captured or not. */
  octets: number;
  /** Sequence number of the first one. */
  sequence: number;
}

export const turnOf = ({ bytes, payloadAt, payloadEnd, payloadLength, tcpSeq }: Packet): TurnOctets => ({
  bytes,
  at: payloadAt,
  end: payloadEnd,
  octets: payloadLength,
  sequence: tcpSeq,
});

/** What follows from a turn: read on, read the next octets of both directions as a new opening, or read no more. */
export type AfterTurn = 'goes-on' | 'opens-again' | 'over';
