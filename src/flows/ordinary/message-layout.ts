import type { RecordLayout } from '../tables/record-layout.ts';

/** Bytes of a deferred message. */
export const MESSAGE_BYTES = 64;

/** A datagram of DNS: its message becomes objects after a run. */
export const MESSAGE_LAYOUT: RecordLayout = {
  bytes: MESSAGE_BYTES,
  parts: [
    {
      at: [0],
      bytes: MESSAGE_BYTES,
      fields: [
        { name: 'time', at: 0, type: 'f64', says: 'Seconds since the first packet.' },
        { name: 'source', at: 8, type: 'f64', says: 'Number of the address of the sender.' },
        { name: 'destination', at: 16, type: 'f64', says: 'Number of the address of the receiver.' },
        { name: 'packet', at: 24, type: 'u32', says: 'Number of the packet.' },
        { name: 'flow', at: 28, type: 'u32', says: 'Number of the biflow.' },
        { name: 'ports', at: 32, type: 'u32', says: 'Source port << 16 | destination port.' },
        { name: 'payload', at: 36, type: 'u32', says: 'Address of the message.' },
        { name: 'payloadEnd', at: 40, type: 'u32', says: 'Address behind what of it was captured.' },
        { name: 'payloadLength', at: 44, type: 'u32', says: 'Its octets, captured or not.' },
        { name: 'l3Length', at: 48, type: 'u32', says: 'Octets of the IP packet.' },
        { name: 'tunnel', at: 52, type: 'i32', says: 'Index of the outermost tunnel; -1 without.' },
        { name: 'encapsulation', at: 56, type: 'u16', says: 'What `encapsulationOf` says of the packet.' },
        { name: 'point', at: 58, type: 'u16', says: 'Index of the point.' },
        { name: 'direction', at: 60, type: 'u8', says: 'Direction.' },
        { name: 'isIpv6', at: 61, type: 'u8', says: '1 when the addresses are of IPv6.' },
      ],
    },
  ],
};
