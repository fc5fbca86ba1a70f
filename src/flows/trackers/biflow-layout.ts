import type { RecordLayout } from '../tables/record-layout.ts';

/** Bytes of the record of a biflow. */
export const BIFLOW_BYTES = 32;

/** What tells a biflow other than a TCP connection from others, with the roles of its first packet. */
export const BIFLOW_LAYOUT: RecordLayout = {
  bytes: BIFLOW_BYTES,
  parts: [
    {
      at: [0],
      bytes: BIFLOW_BYTES,
      fields: [
        { name: 'client', at: 0, type: 'f64', says: 'Number of the address of the client.' },
        { name: 'server', at: 8, type: 'f64', says: 'Number of the address of the server.' },
        { name: 'ports', at: 16, type: 'i32', says: 'Client port << 16 | server port.' },
        { name: 'place', at: 20, type: 'i32', says: 'Protocol << 16 | point.' },
        { name: 'encapsulation', at: 24, type: 'i32', says: 'What `encapsulationOf` says of it.' },
        { name: 'flow', at: 28, type: 'u32', says: 'Number of the biflow.' },
      ],
    },
  ],
};
