import type { RecordLayout } from '../tables/record-layout.ts';

/** Bytes of the record of a point. */
export const POINT_BYTES = 32;

/** What the core and its caller tell each other of a point. */
export const POINT_LAYOUT: RecordLayout = {
  bytes: POINT_BYTES,
  parts: [
    {
      at: [0],
      bytes: POINT_BYTES,
      fields: [
        { name: 'lastTime', at: 0, type: 'f64', says: 'Latest time at the point, seconds since the first packet.' },
        { name: 'linkInterface', at: 8, type: 'i32', says: 'Interface that SLL2 tells; -1 of other frames.' },
        { name: 'index', at: 12, type: 'i32', says: 'Index of the point.' },
        { name: 'toVerify', at: 16, type: 'i32', says: 'Packets whose checksums are verified; below 0 none.' },
        { name: 'packets', at: 20, type: 'i32', says: 'Packets of this run.' },
        { name: 'cut', at: 24, type: 'i32', says: 'Those of them that were not captured whole.' },
        { name: 'superSegments', at: 28, type: 'i32', says: 'Segments of this run above the MSS.' },
      ],
    },
  ],
};
