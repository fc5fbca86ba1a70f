import type { RecordLayout } from '../tables/record-layout.ts';

/** Sizes and offsets in a record of `DATAGRAM_LAYOUT`, bytes. */
export const RECORD_BYTES = 160;
/** The direction towards the server; the opposite direction follows it. */
export const DIRECTIONS_AT = 80;
export const DIRECTION_BYTES = 40;

/**
 * The state of a datagram flow: a record of 160 bytes. Times are seconds since the first packet of the capture.
 *
 *            0                            80                   120                  160 bytes
 *   record   │ who, tunnels, answers      │ towards the server │ towards the client │
 */
export const DATAGRAM_LAYOUT: RecordLayout = {
  bytes: RECORD_BYTES,
  parts: [
    {
      at: [0],
      bytes: DIRECTIONS_AT,
      fields: [
        { name: 'client', at: 0, type: 'u32', says: 'Address as `wordOf` gives it.' },
        { name: 'server', at: 4, type: 'u32', says: 'As `client`.' },
        { name: 'ports', at: 8, type: 'u32', says: 'Client port << 16 | server port.' },
        { name: 'place', at: 12, type: 'u32', says: 'Point << 16 | encapsulation.' },
        { name: 'flow', at: 16, type: 'u32', says: 'Number in the sightings.' },
        { name: 'protocol', at: 20, type: 'u8', says: 'IP protocol.' },
        { name: 'ipv6', at: 21, type: 'u8', says: '1 when the addresses are of IPv6.' },
        { name: 'quic', at: 23, type: 'u8', says: '1 when its first packet is an Initial of QUIC (RFC 9000, 17.2.2).' },
        { name: 'tunnel', at: 24, type: 'u32', says: 'The first tunnel: TunnelFlow index plus one; 0 without.' },
        { name: 'otherTunnel', at: 28, type: 'u32', says: 'The second one.' },
        { name: 'toGroup', at: 22, type: 'u8', says: 'Bit 1 << direction: a packet of it went to a group address.' },
        { name: 'sinceTime', at: 32, type: 'f64', says: 'Time of the first packet after the last answer, seconds.' },
        { name: 'sinceOctets', at: 40, type: 'f64', says: 'Payload sent to the server after its last answer, octets.' },
        { name: 'sincePackets', at: 48, type: 'u32', says: 'Packets to the server after its last answer.' },
        { name: 'sincePacket', at: 52, type: 'u32', says: 'Number of the first of them.' },
        { name: 'longestAnswer', at: 56, type: 'f64', says: 'Longest time from a request to its answer, seconds.' },
        { name: 'shortestWait', at: 64, type: 'f64', says: 'Shortest time from an unanswered request to the next, s.' },
        { name: 'unanswered', at: 72, type: 'u32', says: 'Requests that another one follows, after the first answer.' },
        { name: 'answersAgain', at: 76, type: 'u32', says: 'Packets to the client that follow another one to it.' },
      ],
    },
    {
      at: [DIRECTIONS_AT, DIRECTIONS_AT + DIRECTION_BYTES],
      bytes: DIRECTION_BYTES,
      fields: [
        { name: 'packets', at: 0, type: 'u32', says: 'Packets.' },
        { name: 'largestL3', at: 4, type: 'u32', says: 'Largest IP packet, octets.' },
        { name: 'octets', at: 8, type: 'f64', says: 'Payload, octets.' },
        { name: 'firstTime', at: 16, type: 'f64', says: 'Time of the first packet, seconds.' },
        { name: 'lastTime', at: 24, type: 'f64', says: 'Time of the last packet, seconds.' },
        { name: 'firstPacket', at: 32, type: 'u32', says: 'Number of the first packet.' },
        { name: 'lastPacket', at: 36, type: 'u32', says: 'Number of the last packet.' },
      ],
    },
  ],
};
