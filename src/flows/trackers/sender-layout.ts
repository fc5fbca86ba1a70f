import type { RecordLayout } from '../tables/record-layout.ts';

/** Bytes of the record of a sender. */
export const SENDER_BYTES = 32;

/** A link address at a point, of whose packets some are verified. */
export const SENDER_LAYOUT: RecordLayout = {
  bytes: SENDER_BYTES,
  parts: [
    {
      at: [0],
      bytes: SENDER_BYTES,
      fields: [
        { name: 'macUpper', at: 0, type: 'i32', says: 'First two octets of the link address; -1 without one.' },
        { name: 'macLower', at: 4, type: 'i32', says: 'The other four.' },
        { name: 'point', at: 8, type: 'i32', says: 'Index of the point.' },
        { name: 'data', at: 12, type: 'u32', says: 'Directions whose first data was met.' },
        { name: 'rightAnswered', at: 16, type: 'u32', says: 'Packets with right checksums that were answered.' },
        { name: 'wrong', at: 20, type: 'u32', says: 'Packets with wrong checksums.' },
        { name: 'wrongAnswered', at: 24, type: 'u32', says: 'Those of them that were answered.' },
      ],
    },
  ],
};
