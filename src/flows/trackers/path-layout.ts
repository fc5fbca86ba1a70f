import type { RecordLayout } from '../tables/record-layout.ts';
import { KEY_AT, KEY_WORDS } from './path-marks.ts';

/** Bytes of the record of a path. */
export const PATH_BYTES = 96;

/** What is counted of a tunnel's packets that have all in common which `TunnelTracker` tells apart. */
export const PATH_LAYOUT: RecordLayout = {
  bytes: PATH_BYTES,
  parts: [
    {
      at: [0],
      bytes: PATH_BYTES,
      fields: [
        { name: 'octets', at: 0, type: 'f64', says: 'Octets of the outer IP packets.' },
        { name: 'lastTime', at: 8, type: 'f64', says: 'Time of the last packet, seconds.' },
        { name: 'packets', at: 68, type: 'u32', says: 'Packets.' },
        { name: 'withoutChecksum', at: 72, type: 'u32', says: 'Those without an outer UDP checksum.' },
        { name: 'largest', at: 76, type: 'u32', says: 'Octets of the largest outer IP packet.' },
        { name: 'lastPacket', at: 80, type: 'u32', says: 'Number of the last packet.' },
        { name: 'tunnel', at: 84, type: 'i32', says: 'Index of the tunnel.' },
        { name: 'isVerified', at: 88, type: 'u8', says: 'Whether no further outer UDP checksum is verified.' },
      ],
    },
    {
      at: Array.from({ length: KEY_WORDS }, (_, word) => KEY_AT + 4 * word),
      bytes: 4,
      fields: [{ name: 'key', at: 0, type: 'i32', says: 'A word of the key.' }],
    },
  ],
};
