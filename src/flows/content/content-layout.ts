import type { RecordLayout } from '../tables/record-layout.ts';
import { DIRECTION_BYTES, DIRECTIONS_AT, RECORD_BYTES } from './content-marks.ts';

/**
 * What was read of one connection: a record of 192 bytes. Times are seconds since the first packet of the capture. The
 * initial value of all fields is 0.
 */
export const CONTENT_LAYOUT: RecordLayout = {
  bytes: RECORD_BYTES,
  parts: [
    {
      at: [0],
      bytes: DIRECTIONS_AT,
      fields: [
        { name: 'connection', at: 0, type: 'u32', says: 'Number of the connection.' },
        { name: 'protocol', at: 4, type: 'u8', says: 'Protocol spoken now: code of `OPENINGS`.' },
        { name: 'lastDirection', at: 5, type: 'u8', says: 'Direction of the last data, plus 1; 0 before.' },
        { name: 'marks', at: 6, type: 'u16', kind: 'bits', says: 'HELLO and on.' },
        { name: 'helloOctets', at: 8, type: 'u32', says: 'Octets of the ClientHello.' },
        { name: 'helloVersion', at: 12, type: 'u16', says: 'Highest version that it offers.' },
        { name: 'serverVersion', at: 14, type: 'u16', says: 'Version that the ServerHello chose.' },
        { name: 'suites', at: 16, type: 'u16', says: 'Cipher suites offered.' },
        { name: 'nextProtocol', at: 18, type: 'u8', says: 'First protocol of ALPN: 1 h2, 2 http/1.1, 3 another one.' },
        { name: 'alertBy', at: 19, type: 'u8', says: 'Direction of the first alert in the clear, plus 1; 0 without.' },
        { name: 'alertLevel', at: 20, type: 'u8', says: 'Its level.' },
        { name: 'alertDescription', at: 21, type: 'u8', says: 'Its description.' },
        { name: 'textOctets', at: 22, type: 'u8', says: 'Octets of the text: server name, or request line.' },
        { name: 'tries', at: 23, type: 'u8', says: 'Beginnings of turns that were not recognised.' },
        { name: 'alertPacket', at: 24, type: 'u32', says: 'Packet of the alert.' },
        { name: 'answers', at: 28, type: 'u32', says: 'Answers of the server that were read.' },
        { name: 'errors', at: 32, type: 'u32', says: 'Errors among them.' },
        {
          name: 'afterFinished',
          at: 36,
          type: 'u8',
          says: 'Encrypted records of the server after the client’s first.',
        },
        {
          name: 'held',
          at: 37,
          type: 'u8',
          says: 'Requests that ask the server to wait until there is something to tell, at most 255.',
        },
        { name: 'afterOctets', at: 38, type: 'u16', says: 'Octets of the first one.' },
        { name: 'alertTime', at: 40, type: 'f64', says: 'Time of the alert, seconds.' },
        {
          name: 'notBefore',
          at: 48,
          type: 'f64',
          says: 'Validity of the certificate of the server, seconds since 1970.',
        },
        { name: 'notAfter', at: 56, type: 'f64', says: 'Its end.' },
        { name: 'requestTime', at: 64, type: 'f64', says: 'Time of the ClientHello or of the last request, seconds.' },
        { name: 'requestPacket', at: 72, type: 'u32', says: 'Its packet.' },
        { name: 'afterPacket', at: 76, type: 'u32', says: 'Packet of the record of `afterOctets`.' },
        { name: 'afterTime', at: 80, type: 'f64', says: 'Its time, seconds.' },
        {
          name: 'expectations',
          at: 88,
          type: 'u16',
          says: 'Requests whose body the client sent after it had waited in vain for 100 (Continue).',
        },
        {
          name: 'headCut',
          at: 90,
          type: 'u8',
          says: '1 when the head of the latest request was cut, so that what it expects is not known.',
        },
        { name: 'expectedTime', at: 92, type: 'u32', says: 'Longest of these waits, milliseconds.' },
      ],
    },
    {
      at: [DIRECTIONS_AT, DIRECTIONS_AT + DIRECTION_BYTES],
      bytes: DIRECTION_BYTES,
      fields: [
        { name: 'opening', at: 0, type: 'u8', says: 'What the direction began with: code of `OPENINGS`.' },
        { name: 'state', at: 1, type: 'u8', says: 'OPENING and on.' },
        { name: 'changed', at: 2, type: 'u8', says: '1 after its ChangeCipherSpec.' },
        { name: 'finished', at: 3, type: 'u8', says: 'Encrypted handshake records, at most 255.' },
        { name: 'next', at: 4, type: 'u32', kind: 'signed', says: 'Sequence number at which the next message begins.' },
        { name: 'head', at: 8, type: 'u16', says: 'Its head, see `StreamHeads`; 0 without.' },
        { name: 'sealed', at: 10, type: 'u16', says: 'Records of application data, at most 65,535.' },
        { name: 'sealedOctets', at: 12, type: 'u16', says: 'Octets of the first one.' },
        { name: 'lastOctets', at: 14, type: 'u16', says: 'Octets of the last one.' },
        { name: 'sealedPacket', at: 16, type: 'u32', says: 'Packet of the first one.' },
        { name: 'lastPacket', at: 20, type: 'u32', says: 'Packet of the last one.' },
        { name: 'sealedTime', at: 24, type: 'f64', says: 'Time of the first one, seconds.' },
        { name: 'rest', at: 32, type: 'u32', says: 'Octets of a handshake message that further records carry.' },
        { name: 'cut', at: 36, type: 'u8', says: '1 when octets that were wanted were cut by the snapshot length.' },
        {
          name: 'framing',
          at: 37,
          type: 'u8',
          says: 'How its messages follow each other: TLS_RECORDS or HTTP2_FRAMES; 0 without.',
        },
        { name: 'began', at: 38, type: 'u8', says: '1 when data of it was seen.' },
        { name: 'body', at: 39, type: 'u8', says: 'Body of the HTTP/1 answer: BODY_UNKNOWN and on.' },
        { name: 'bodyNext', at: 40, type: 'u32', kind: 'signed', says: 'Sequence number up to which it is followed.' },
        {
          name: 'bodyOctets',
          at: 44,
          type: 'u32',
          says: 'Its length, or the size of the chunk or trailer line at hand.',
        },
      ],
    },
  ],
};
