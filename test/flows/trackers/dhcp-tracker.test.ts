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
  client?: string;
  /** Octets that are cut off the end. */
  cut?: number;
  /** Port of the client, or of its relay. */
  from?: number;
}

/** A DHCP message (RFC 2131, 2) in its datagram. */
function dhcp({
  op = 2,
  hardware = 1,
  address = '10.0.0.228',
  options = [53, 1, 5, 255],
  cookie = [0x63, 0x82, 0x53, 0x63],
  port = 67,
  client = MAC,
  cut = 0,
  from = 68,
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
  const whole = [...head, ...mac(client), ...Array<number>(10 + 192).fill(0), ...cookie, ...options];
  const message = whole.slice(0, whole.length - cut);
  const toServer = op === 1;
  return ethernet(
    {},
    ipv4(
      { source: toServer ? '0.0.0.0' : '10.0.0.1', destination: '255.255.255.255' },
      udp(toServer ? { sourcePort: from, destinationPort: port } : { sourcePort: port, destinationPort: 68 }, message),
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

const ask = (type: number, some: Dhcp = {}) =>
  dhcp({ op: 1, address: '0.0.0.0', options: [53, 1, type, 255], ...some });
const answer = (type: number, some: Dhcp = {}) => dhcp({ options: [53, 1, type, 255], ...some });
const clientsOf = async (...frames: ReturnType<typeof dhcp>[]) =>
  (await digestOf(frames.map((frame, second) => [second, frame]))).dhcpClients;
const [DISCOVER, OFFER, REQUEST, ACK, NAK] = [1, 2, 3, 5, 6];

describe('clients', () => {
  it('ask in vain', async () => {
    expect(await clientsOf(ask(DISCOVER), ask(DISCOVER), ask(DISCOVER, { client: '02:00:00:00:00:78' }))).toEqual([
      {
        point: 0,
        mac: MAC,
        discovers: [
          { packet: 1, time: 0 },
          { packet: 2, time: 1 },
        ],
        discoversTotal: 2,
        offers: 0,
        requests: 0,
        acks: 0,
        naks: 0,
        servers: [],
      },
      expect.objectContaining({ mac: '02:00:00:00:00:78', discoversTotal: 1 }),
    ]);
  });
  it('get offers that they leave alone', async () => {
    expect(await clientsOf(ask(DISCOVER), answer(OFFER), ask(DISCOVER), answer(OFFER))).toMatchObject([
      { discoversTotal: 2, offers: 2, requests: 0, servers: ['10.0.0.1'] },
    ]);
  });
  it('take an offer up: what was before counts no more', async () => {
    expect(await clientsOf(ask(DISCOVER), ask(DISCOVER), answer(OFFER), ask(REQUEST), answer(ACK))).toMatchObject([
      { discovers: [], discoversTotal: 0, offers: 0, requests: 1, acks: 1 },
    ]);
  });
  it('are refused, and begin anew', async () => {
    expect(await clientsOf(ask(REQUEST), answer(NAK), ask(DISCOVER))).toMatchObject([
      { discoversTotal: 1, requests: 1, naks: 1 },
    ]);
  });
  it('ask through a relay, which sends from the port of the server', async () => {
    expect(await clientsOf(ask(DISCOVER, { from: 67 }))).toMatchObject([{ mac: MAC, discoversTotal: 1 }]);
  });
  it.each([1, 2, 3, 4, 100, 240])('are not known from a message of which %i octets are cut off', async (cut) => {
    // The last octet is the end option; the message type is before it.
    const known = cut === 1 ? [{ discoversTotal: 1 }] : [];
    expect(await clientsOf(ask(DISCOVER, { cut }))).toMatchObject(known);
  });
});
