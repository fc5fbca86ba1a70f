import { describe, expect, it } from 'vitest';
import { digestOf } from '../../support/digest-of.ts';
import { ethernet, ipv4, ipv4Address, mac, udp } from '../../support/frames.ts';

const MAC = '02:00:00:00:00:77';
interface Dhcp {
  op?: number;
  hardware?: number;
  address?: string;
  options?: number[];
  cookie?: number[];
  port?: number;
}

/** A DHCP message (RFC 2131, 2) in its datagram. */
function dhcp({
  op = 2,
  hardware = 1,
  address = '10.0.0.228',
  options = [53, 1, 5, 255],
  cookie = [0x63, 0x82, 0x53, 0x63],
  port = 67,
}: Dhcp = {}) {
  const head = [
    op,
    hardware,
    6,
    0,
    1,
    2,
    3,
    4,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    ...ipv4Address(address),
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
  ];
  const message = [...head, ...mac(MAC), ...Array<number>(10 + 192).fill(0), ...cookie, ...options];
  return ethernet(
    {},
    ipv4(
      { source: '10.0.0.1', destination: '255.255.255.255' },
      udp({ sourcePort: port, destinationPort: 68 }, message),
    ),
  );
}
const leasesOf = async (some: Dhcp) => (await digestOf([[0, dhcp(some)]])).leases;

describe('leases', () => {
  it('are read from an acknowledgement', async () => {
    expect(await leasesOf({})).toEqual([
      { packet: 1, time: 0, point: 0, mac: MAC, address: '10.0.0.228', server: '10.0.0.1' },
    ]);
  });
  it('are read after other options and padding too', async () => {
    expect(await leasesOf({ options: [0, 0, 1, 4, 255, 255, 255, 0, 53, 1, 5, 255] })).toHaveLength(1);
  });
  it.each<[string, Dhcp]>([
    ['an offer', { options: [53, 1, 2, 255] }],
    ['a refusal', { options: [53, 1, 6, 255] }],
    ['a request', { op: 1 }],
    ['an answer to DHCPINFORM', { address: '0.0.0.0' }],
    ['BOOTP without message type', { options: [255] }],
    ['options that are cut off', { options: [1, 250] }],
    ['another cookie', { cookie: [1, 2, 3, 4] }],
    ['hardware other than Ethernet', { hardware: 32 }],
    ['another port', { port: 1067 }],
  ])('are not read from %s', async (_, some) => {
    expect(await leasesOf(some)).toEqual([]);
  });
});
