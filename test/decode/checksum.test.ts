import { describe, expect, it } from 'vitest';
import { checksumAt, ipv4HeaderChecksum, isRightAfterOffload, transportChecksum } from '../../src/decode/checksum.ts';
import { u16 } from '../../src/decode/octets.ts';
import { decoded, FRAME_AT } from '../support/decoded.ts';
import {
  ethernet,
  icmp,
  internetChecksum,
  ipv4,
  ipv4Address,
  ipv6,
  type LayerOfFrame,
  type Payload,
  tcp,
  udp,
  vxlan,
} from '../support/frames.ts';

const over = (payload: Payload): LayerOfFrame => ethernet({}, ipv4({}, payload));
const of = (frame: Payload, cut = {}) => transportChecksum(decoded(frame, cut));
/** The pseudo-header sum, not complemented, as transmit offload leaves it. */
const pseudo = (protocol: number, length: number): number =>
  ~internetChecksum(ipv4Address('192.0.2.1'), ipv4Address('192.0.2.2'), [0, protocol], [length >>> 8, length & 255]) &
  0xffff;

describe('transport checksums', () => {
  it.each<[string, Payload, string | undefined]>([
    ['TCP over IPv4', over(tcp({}, 'data')), 'good'],
    ['TCP with an odd number of octets', over(tcp({}, 'odd')), 'good'],
    ['TCP over IPv6', ethernet({}, ipv6({}, tcp({}, 'data'))), 'good'],
    ['UDP over IPv4', over(udp({}, 'data')), 'good'],
    ['UDP over IPv6', ethernet({}, ipv6({}, udp({}, 'data'))), 'good'],
    ['padding behind the packet', ethernet({ padTo: 90 }, ipv4({}, udp({}, 'odd'))), 'good'],
    ['a wrong TCP checksum', over(tcp({ checksum: 0x1234 }, 'data')), 'bad'],
    ['a wrong UDP checksum', over(udp({ checksum: 0x1234 }, 'data')), 'bad'],
    ['a TCP checksum of 0', over(tcp({ checksum: 0 }, 'data')), 'bad'],
    ['a UDP checksum of 0', over(udp({ checksum: 0 }, 'data')), 'absent'],
    ['transmit offload', over(tcp({ checksum: pseudo(6, 24) }, 'data')), 'partial'],
    ['segmentation offload', over(tcp({ checksum: pseudo(6, 0) }, 'data')), 'partial'],
    ['UDP transmit offload', over(udp({ checksum: pseudo(17, 12) }, 'data')), 'partial'],
    ['a fragment', ethernet({}, ipv4({ moreFragments: true }, udp({ length: 900 }, 'data'))), 'not-captured'],
    ['ICMP', over(icmp({ type: 8 })), undefined],
  ])('%s', (_, frame, result) => {
    expect(of(frame)).toBe(result);
  });

  it('is not-captured for a packet that snaplen cut', () => {
    expect(of(over(tcp({}, 'data')), { snaplen: 57 })).toBe('not-captured');
  });

  it('is verified for the outer UDP header', () => {
    const inner = ethernet({}, ipv4({}, tcp({}, 'data')));
    for (const [checksum, result] of [
      [undefined, 'good'],
      [0, 'absent'],
      [0x7777, 'bad'],
    ] as const) {
      const options = checksum === undefined ? {} : { checksum };
      const packet = decoded(over(udp({ destinationPort: 8472, ...options }, vxlan({}, inner))));
      const { ipAt, udpAt, l3Length } = packet.tunnels[0];
      const place = { ipAt, transportAt: udpAt, protocol: 17, length: l3Length - (udpAt - ipAt), end: packet.end };
      expect(checksumAt(packet.bytes, place)).toBe(result);
      expect(transportChecksum(packet)).toBe('good');
    }
  });
});

describe('an outer checksum over an inner one that the network card will add', () => {
  const outerOver = (inner: Payload, checksum?: number) =>
    decoded(over(udp({ destinationPort: 8472, ...(checksum === undefined ? {} : { checksum }) }, vxlan({}, inner))));
  const sent = ethernet({}, ipv4({}, tcp({}, 'data')));
  const handedOver = ethernet({}, ipv4({}, tcp({ checksum: pseudo(6, 24) }, 'data')));
  const asSent = outerOver(sent);
  const rightOuter = u16(asSent.bytes, asSent.tunnels[0].udpAt + 6);

  it.each<[string, Payload, number, string, boolean]>([
    ['is right when it fits what the card will send', handedOver, rightOuter, 'bad', true],
    ['is wrong when it does not', handedOver, rightOuter ^ 0x0101, 'bad', false],
    ['is not excused when the inner checksum is there', sent, rightOuter ^ 0x0101, 'bad', false],
  ])('%s', (_, inner, checksum, plain, right) => {
    const packet = outerOver(inner, checksum);
    const { ipAt, udpAt, l3Length } = packet.tunnels[0];
    const place = { ipAt, transportAt: udpAt, protocol: 17, length: l3Length - (udpAt - ipAt), end: packet.end };
    expect(checksumAt(packet.bytes, place)).toBe(plain);
    expect(isRightAfterOffload(packet, place)).toBe(right);
  });
});

describe('the IPv4 header checksum', () => {
  it.each<[string, LayerOfFrame, number, string]>([
    ['is good', ipv4({}, udp({})), 200, 'good'],
    ['covers options', ipv4({ options: [7, 4, 4, 9] }, udp({})), 200, 'good'],
    ['is bad', ipv4({ checksum: 0x1111 }, udp({})), 200, 'bad'],
    ['is left to offload', ipv4({ checksum: 0 }, udp({})), 200, 'partial'],
    ['was not captured', ipv4({ options: [7, 4, 4, 9] }, udp({})), 34 + 2, 'not-captured'],
  ])('%s', (_, layer, snaplen, result) => {
    const packet = decoded(ethernet({}, layer), { snaplen });
    expect(ipv4HeaderChecksum(packet.bytes, FRAME_AT + 14, packet.end)).toBe(result);
  });
});
