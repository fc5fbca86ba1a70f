import type { RecordLayout } from '../tables/record-layout.ts';

/** Bytes of a record of `LOOKUP_LAYOUT`. */
export const RECORD_BYTES = 72;

/**
 * The record of an ordinary lookup: one query and one response from the server that was asked. It has 72 bytes, where
 * the objects take 600. The table numbers the texts.
 */
export const LOOKUP_LAYOUT: RecordLayout = {
  bytes: RECORD_BYTES,
  parts: [
    {
      at: [0],
      bytes: RECORD_BYTES,
      fields: [
        { name: 'client', at: 0, type: 'u32', says: 'Address: number of its text.' },
        { name: 'server', at: 4, type: 'u32', says: 'As `client`.' },
        { name: 'name', at: 8, type: 'u32', says: 'Name that was asked for: number of its text.' },
        {
          name: 'addresses',
          at: 12,
          type: 'u32',
          says: 'Number of the text of all addresses of the answer, one after the other.',
        },
        { name: 'clientPort', at: 16, type: 'u16', says: 'Port of the client.' },
        { name: 'serverPort', at: 18, type: 'u16', says: 'Port of the server.' },
        { name: 'point', at: 20, type: 'u16', says: 'Capture point.' },
        { name: 'encapsulation', at: 22, type: 'u16', says: 'Kinds of the tunnels, see `tunnelKindsOf`.' },
        { name: 'flow', at: 24, type: 'u32', says: 'Number in the sightings.' },
        { name: 'index', at: 28, type: 'u32', says: 'Where it stands among all lookups of its capture.' },
        { name: 'id', at: 32, type: 'u16', says: 'DNS id.' },
        { name: 'type', at: 34, type: 'u16', says: 'DNS type.' },
        { name: 'answers', at: 36, type: 'u16', says: 'Number of answers.' },
        { name: 'codeAndTransport', at: 38, type: 'u16', says: 'Response code, and OVER_TCP.' },
        { name: 'queryL3Length', at: 40, type: 'u16', says: 'IP packet of the query, octets.' },
        { name: 'responseL3Length', at: 42, type: 'u16', says: 'IP packet of the response, octets.' },
        { name: 'queryPacket', at: 44, type: 'u32', says: 'Packet of the query.' },
        { name: 'responsePacket', at: 48, type: 'u32', says: 'Packet of the response.' },
        { name: 'queryTime', at: 56, type: 'f64', says: 'Time of the query, seconds.' },
        { name: 'responseTime', at: 64, type: 'f64', says: 'Time of the response, seconds.' },
      ],
    },
  ],
};
