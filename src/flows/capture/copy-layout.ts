import type { RecordLayout } from '../tables/record-layout.ts';

/** Bytes of what is remembered of a packet. */
export const COPY_BYTES = 48;

/** One of the latest packets, to find its copies, see `Copies` and `PacketLoops`. */
export const COPY_LAYOUT: RecordLayout = {
  bytes: COPY_BYTES,
  parts: [
    {
      at: [0],
      bytes: COPY_BYTES,
      fields: [
        { name: 'time', at: 0, type: 'f64', says: 'When it was seen, seconds.' },
        { name: 'hashA', at: 8, type: 'i32', says: 'Hash of what no hop changes.' },
        { name: 'hashB', at: 12, type: 'i32', says: 'Another one.' },
        { name: 'bucket', at: 16, type: 'i32', says: 'Bucket of the first hash; -1 while unused.' },
        { name: 'next', at: 20, type: 'i32', says: 'Row of the next older packet in the bucket; -1 at its end.' },
        { name: 'link', at: 24, type: 'i32', says: 'Hash of what a hop changes, besides the TTL.' },
        { name: 'packet', at: 28, type: 'u32', says: 'Its number.' },
        { name: 'flow', at: 32, type: 'u32', says: 'Its biflow.' },
        { name: 'previous', at: 36, type: 'i32', says: 'Loops: row of its previous pass; -1 for the first one.' },
        { name: 'times', at: 40, type: 'u16', says: 'How often it was seen so far with the same hop limit.' },
        { name: 'ttl', at: 42, type: 'u8', says: 'Its TTL.' },
        { name: 'direction', at: 43, type: 'u8', says: 'Its direction in the biflow.' },
        { name: 'isCopy', at: 44, type: 'u8', says: 'Whether it is a copy: 1.' },
        { name: 'passes', at: 45, type: 'u8', says: 'Loops: passes with falling TTL so far, at most 255.' },
        { name: 'rises', at: 46, type: 'u8', says: 'Loops: passes with a higher TTL than before, at most 255.' },
      ],
    },
  ],
};
