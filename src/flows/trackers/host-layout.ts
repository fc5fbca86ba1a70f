import type { RecordLayout } from '../tables/record-layout.ts';

/** Bytes of the record of a host. */
export const HOST_BYTES = 88;

/** Activity of an address at a point, outer or inner: a record, so that a packet touches two cache lines. */
export const HOST_LAYOUT: RecordLayout = {
  bytes: HOST_BYTES,
  parts: [
    {
      at: [0],
      bytes: HOST_BYTES,
      fields: [
        { name: 'address', at: 0, type: 'f64', says: 'Number of the address.' },
        { name: 'sent', at: 8, type: 'f64', says: 'Packets that it sent.' },
        { name: 'lastSent', at: 16, type: 'f64', says: 'When it sent the latest one, seconds.' },
        { name: 'mac', at: 24, type: 'f64', says: 'The current run: source link address of its latest packets.' },
        { name: 'macRun', at: 32, type: 'f64', says: 'Packets in a row with this link address.' },
        { name: 'ttlRun', at: 40, type: 'f64', says: 'Packets in a row with this TTL.' },
        { name: 'received', at: 48, type: 'f64', says: 'Packets that it received.' },
        { name: 'lastReceived', at: 56, type: 'f64', says: 'When it received the latest one, seconds.' },
        { name: 'firstSent', at: 64, type: 'f64', says: 'When it sent the first one, seconds.' },
        { name: 'firstReceived', at: 72, type: 'f64', says: 'When it received the first one, seconds.' },
        { name: 'place', at: 80, type: 'i32', says: 'Twice the point, plus one for outer addresses.' },
        { name: 'ttl', at: 84, type: 'u8', says: 'The current run: TTL of its latest packets.' },
      ],
    },
  ],
};
