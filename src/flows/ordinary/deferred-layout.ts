import type { RecordLayout } from '../tables/record-layout.ts';

/** Bytes of A deferred segment. */
const DEFERRED_BYTES = 72;

/** What of a segment is noted in objects after a run: that it is a duplicate ACK, or has SACK blocks. */
export const DEFERRED_LAYOUT: RecordLayout = {
  bytes: DEFERRED_BYTES,
  parts: [
    {
      at: [0],
      bytes: DEFERRED_BYTES,
      fields: [
        { name: 'time', at: 0, type: 'f64', says: 'Seconds since the first packet.' },
        { name: 'packet', at: 8, type: 'u32', says: 'Number of the packet.' },
        { name: 'connection', at: 12, type: 'u32', says: 'Its connection.' },
        { name: 'seq', at: 16, type: 'u32', says: 'Sequence number.' },
        { name: 'ack', at: 20, type: 'u32', says: 'Acknowledgement.' },
        { name: 'kinds', at: 56, type: 'u16', says: 'Kinds of the segment.' },
        { name: 'flags', at: 58, type: 'u16', says: 'Flags of TCP.' },
        { name: 'window', at: 60, type: 'u16', says: 'Unscaled window.' },
        { name: 'l3Length', at: 62, type: 'u16', says: 'Octets of the IP packet.' },
        { name: 'ipId', at: 64, type: 'u16', says: 'IP ID.' },
        { name: 'ttl', at: 66, type: 'u8', says: 'TTL.' },
        { name: 'direction', at: 67, type: 'u8', says: 'Direction.' },
        { name: 'sackEdges', at: 68, type: 'u8', says: 'Edges of SACK blocks.' },
        { name: 'isForeign', at: 69, type: 'u8', says: 'Whether these are foreign, see `isForeignSack`.' },
      ],
    },
    {
      at: [24, 28, 32, 36, 40, 44, 48, 52],
      bytes: 4,
      fields: [{ name: 'sackEdge', at: 0, type: 'u32', says: 'An edge of a SACK block.' }],
    },
  ],
};
