import type { RecordLayout } from '../tables/record-layout.ts';
import { DIRECTION_BYTES, DIRECTIONS_AT, RECORD_BYTES } from './record-marks.ts';

/**
 * The state of one connection: a record of 440 bytes, so that a packet touches three to six cache lines of 64 bytes. With
 * one column for each field, it touched more than thirty.
 *
 *              0                      64                         192                        320         352          384   424    440 bytes
 *   record     │ who, request, answer │ direction towards server │ direction towards client │ beginning │ first data │ end │ open │
 *                             0           64                        128
 *   direction                 │ each packet meets these   │ and these less often     │
 *
 * Times are seconds since the first packet of the capture. The initial value of all fields is 0.
 */
export const CONNECTION_LAYOUT: RecordLayout = {
  bytes: RECORD_BYTES,
  parts: [
    {
      at: [0],
      bytes: DIRECTIONS_AT,
      fields: [
        {
          name: 'client',
          at: 0,
          type: 'u32',
          kind: 'signed',
          says: 'Address, of IPv6 its number less 2³². Roles are those of the first packet between these end points.',
        },
        { name: 'server', at: 4, type: 'u32', kind: 'signed', says: 'As `client`.' },
        { name: 'ports', at: 8, type: 'u32', kind: 'signed', says: 'Client port << 16 | server port.' },
        { name: 'place', at: 12, type: 'u32', kind: 'signed', says: 'Point << 16 | encapsulation.' },
        { name: 'flow', at: 16, type: 'u32', says: 'Number of the connection in the sightings.' },
        {
          name: 'marksAndLetters',
          at: 20,
          type: 'i32',
          kind: 'bits',
          says: 'Low 12 bits: marks, ROLES_FROM_SYN and on; the 20 above: which letters the history has.',
        },
        { name: 'requestPacket', at: 24, type: 'u32', says: 'The request that waits for its answer: packet.' },
        { name: 'requestOctets', at: 28, type: 'u32', says: 'Its payload, octets.' },
        { name: 'requestTime', at: 32, type: 'f64', says: 'When it was sent, seconds.' },
        { name: 'requestAckTime', at: 40, type: 'f64', says: 'When it was acknowledged, seconds; -1 before.' },
        { name: 'answerTime', at: 48, type: 'f64', says: 'Last data of the server, seconds.' },
        { name: 'answerOctets', at: 56, type: 'u32', says: 'Payload of the server since the latest request, octets.' },
        { name: 'transfer', at: 60, type: 'u32', says: 'Position of its large transfer plus one; 0 without one.' },
      ],
    },
    {
      at: [DIRECTIONS_AT, DIRECTIONS_AT + DIRECTION_BYTES],
      bytes: DIRECTION_BYTES,
      fields: [
        { name: 'marks', at: 0, type: 'u16', kind: 'bits', says: 'HAS_ISS and on.' },
        { name: 'lastKinds', at: 2, type: 'u16', says: 'Kinds of the last segment.' },
        { name: 'window', at: 4, type: 'u16', says: 'Unscaled window of the last segment.' },
        { name: 'dupAcks', at: 6, type: 'u16', says: 'Duplicate ACKs in a row.' },
        { name: 'nextSeq', at: 8, type: 'u32', kind: 'signed', says: 'One past the highest octet seen (Wireshark).' },
        {
          name: 'contiguous',
          at: 12,
          type: 'u32',
          kind: 'signed',
          says: 'One past the highest octet that has no hole before it.',
        },
        { name: 'lastAck', at: 16, type: 'u32', kind: 'signed', says: 'Acknowledgement of the last segment.' },
        { name: 'highestAck', at: 20, type: 'u32', kind: 'signed', says: 'Highest acknowledgement.' },
        { name: 'lastTime', at: 24, type: 'f64', says: 'Time of the last packet, seconds.' },
        { name: 'lastPacket', at: 32, type: 'u32', says: 'Number of the last packet.' },
        { name: 'packets', at: 36, type: 'u32', says: 'Packets.' },
        { name: 'payloadOctets', at: 40, type: 'f64', says: 'Payload, octets.' },
        { name: 'dataSegments', at: 48, type: 'u32', says: 'Segments that had payload.' },
        { name: 'listTail', at: 52, type: 'u32', says: 'Last of the remembered segments, see `UnackedSegments`.' },
        { name: 'seqLow', at: 56, type: 'u32', kind: 'signed', says: 'Lowest sequence number.' },
        { name: 'listLength', at: 60, type: 'u16', says: 'Remembered segments.' },
        { name: 'nextSeqIpId', at: 62, type: 'u16', says: 'IP ID of the segment with the highest octet.' },
        { name: 'ttl', at: 64, type: 'u8', says: 'TTL of the first packet.' },
        { name: 'windowScale', at: 65, type: 'u8', says: 'Window scale, or SCALE_ABSENT and on.' },
        { name: 'tunnel', at: 66, type: 'u16', says: 'TunnelFlow index of the first packet plus one.' },
        { name: 'sourceMac', at: 68, type: 'u16', says: 'Of the first packet, by number of `LinkAddresses`.' },
        { name: 'destinationMac', at: 70, type: 'u16', says: 'As `sourceMac`.' },
        { name: 'largestL3', at: 72, type: 'u16', says: 'Largest IP packet with payload, octets.' },
        { name: 'largestAckedL3', at: 74, type: 'u16', says: 'Largest that was acknowledged, octets.' },
        { name: 'mss', at: 76, type: 'u16', says: 'MSS option, octets.' },
        { name: 'syns', at: 78, type: 'u16', says: 'Segments with SYN.' },
        { name: 'tsLast', at: 80, type: 'u32', says: 'Highest timestamp.' },
        { name: 'largestFlight', at: 84, type: 'i32', says: 'Most octets that were under way.' },
        { name: 'rttSamples', at: 88, type: 'u32', says: 'Round trips measured.' },
        { name: 'rttMedian', at: 92, type: 'f32', says: 'Median round trip of data, seconds.' },
        { name: 'rttMin', at: 96, type: 'f32', says: 'Shortest round trip, seconds.' },
        { name: 'rttMax', at: 100, type: 'f32', says: 'Longest round trip, seconds.' },
        { name: 'firstTime', at: 104, type: 'f64', says: 'Time of the first packet, seconds.' },
        { name: 'firstPacket', at: 112, type: 'u32', says: 'Number of the first packet.' },
        { name: 'iss', at: 116, type: 'u32', says: 'Initial sequence number, see HAS_ISS.' },
        { name: 'tsFirst', at: 120, type: 'u32', says: 'First timestamp.' },
        { name: 'fins', at: 124, type: 'u16', says: 'Segments with FIN.' },
        { name: 'resets', at: 126, type: 'u16', says: 'Segments with RST.' },
      ],
    },
    {
      at: [0],
      bytes: RECORD_BYTES,
      fields: [
        { name: 'handshakeAckTime', at: 320, type: 'f64', says: 'Time of the ACK that ends the handshake, seconds.' },
        { name: 'handshakeAckPacket', at: 328, type: 'u32', says: 'Its packet; 0 when not seen.' },
        { name: 'synAckAcks', at: 332, type: 'u32', says: 'What the first SYN-ACK acknowledges, see HAS_SYN_ACK.' },
        { name: 'turns', at: 336, type: 'u32', says: 'Answered requests.' },
        {
          name: 'historyOrder',
          at: 340,
          type: 'u32',
          says: 'Order of the letters of the history, see `writeHistory`.',
        },
        { name: 'turnSeconds', at: 344, type: 'f32', says: 'All turns together, seconds.' },
        { name: 'fastestTurn', at: 348, type: 'f32', says: 'The fastest turn, seconds.' },
      ],
    },
    {
      at: [0],
      bytes: RECORD_BYTES,
      fields: [
        { name: 'requestStart', at: 384, type: 'f64', says: 'First packet of the latest request, seconds.' },
        { name: 'endTime', at: 392, type: 'f64', says: 'First FIN or reset, seconds, see HAS_END.' },
        { name: 'endPacket', at: 404, type: 'u32', says: 'Packet of the first FIN or reset.' },
        { name: 'endIdle', at: 400, type: 'f32', says: 'Seconds without data before the end.' },
        { name: 'stallSeconds', at: 408, type: 'f32', says: 'All stalls together, see `noteStall`, seconds.' },
        { name: 'stallsToServer', at: 412, type: 'u16', says: 'Stalls of the client.' },
        { name: 'stallsToClient', at: 414, type: 'u16', says: 'Stalls of the server.' },
        { name: 'endMarks', at: 416, type: 'u16', kind: 'bits', says: 'HAS_END and on.' },
        { name: 'tlsTurns', at: 418, type: 'u8', says: 'Turns of its TLS handshake, at most 255.' },
      ],
    },
    {
      // See `ackedDataOf`.
      at: [352, 368],
      bytes: 16,
      fields: [
        {
          name: 'ackedDataTime',
          at: 0,
          type: 'f64',
          says: 'When data of a direction was first acknowledged, seconds, see HAS_ACKED_DATA.',
        },
        { name: 'ackedDataPacket', at: 8, type: 'u32', says: 'The packet that acknowledged it.' },
      ],
    },
    {
      // See `openOf`.
      at: [424, 432],
      bytes: 8,
      fields: [
        { name: 'openLow', at: 0, type: 'u32', says: 'The lowest acknowledgement that settles some of what is open.' },
        {
          name: 'openHigh',
          at: 4,
          type: 'u32',
          says: 'End of the highest octets that were sent again, see OPEN_REPEATS.',
        },
      ],
    },
  ],
};
