import type { RecordLayout } from '../tables/record-layout.ts';

/** Bytes of a remembered segment. */
export const SEGMENT_BYTES = 32;

/** A segment that was sent and is not yet acknowledged, see `UnackedSegments`. */
export const UNACKED_LAYOUT: RecordLayout = {
  bytes: SEGMENT_BYTES,
  parts: [
    {
      at: [0],
      bytes: SEGMENT_BYTES,
      fields: [
        { name: 'seq', at: 0, type: 'u32', says: 'Its first octet.' },
        { name: 'end', at: 4, type: 'u32', says: 'One past its last octet.' },
        { name: 'time', at: 8, type: 'f64', says: 'When it was sent, seconds since the first packet of the capture.' },
        { name: 'packet', at: 16, type: 'u32', says: 'Number of its packet.' },
        { name: 'reversePackets', at: 20, type: 'u32', says: 'Packets that the peer had sent when it was sent.' },
        { name: 'lengthAndMarks', at: 24, type: 'u32', says: 'IP packet, octets, << LENGTH_SHIFT | marks.' },
        { name: 'next', at: 28, type: 'u32', says: 'The segment sent next; of the last one of a list: the first one.' },
      ],
    },
  ],
};
