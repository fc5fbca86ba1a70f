import { describe, expect, test } from 'vitest';
import { AddressBook } from '../../src/decode/address-book.ts';
import { PacketDecoder } from '../../src/decode/decode-packet.ts';
import { readCapture } from '../../src/decode/files/capture-source.ts';
import { FilterError } from '../../src/filter/filter-error.ts';
import { packetFilter } from '../../src/filter/packet-filter.ts';
import { decoded } from '../support/decoded.ts';
import { ethernet, geneve, ipv4, type Payload, tcp, udp } from '../support/frames.ts';

const VXLAN = 'test/pcaps/case-1/node1__enp26s0f0.pcap';

async function numbers(path: string, expression: string, inside = false): Promise<number[]> {
  const selects = packetFilter(expression, { inside });
  const decoder = new PacketDecoder(new AddressBook());
  const linkTypes: number[] = [];
  const chosen: number[] = [];
  let number = 0;
  await readCapture(path, {
    onInterface: ({ index, linkType }) => void (linkTypes[index] = linkType),
    onRecord: (record) => {
      number++;
      if (selects(decoder.decode(record, linkTypes[record.interfaceIndex]))) chosen.push(number);
    },
    onProblem: () => {},
  });
  return chosen;
}

describe('tunnels', () => {
  test('VXLAN is known by its content, with its VNI, and the words behind it are about what it carries', async () => {
    const all = await numbers(VXLAN, 'udp port 8472');
    expect(all.length).toBeGreaterThan(10);
    expect(await numbers(VXLAN, 'vxlan')).toEqual(all);
    expect(await numbers(VXLAN, 'vxlan 1')).toEqual(all);
    expect(await numbers(VXLAN, 'vxlan 2')).toEqual([]);
    expect(await numbers(VXLAN, 'host 10.233.66.0')).toEqual([]);
    const inner = await numbers(VXLAN, 'vxlan and host 10.233.66.0');
    expect(inner.length).toBeGreaterThan(5);
    expect(await numbers(VXLAN, 'vxlan and tcp[tcpflags] & tcp-syn != 0')).not.toEqual([]);
  });

  test('by option the expression is tried at every depth', async () => {
    expect(await numbers(VXLAN, 'host 10.233.66.0', true)).toEqual(await numbers(VXLAN, 'vxlan and host 10.233.66.0'));
    // The outer packet still counts.
    expect(await numbers(VXLAN, 'udp port 8472', true)).toEqual(await numbers(VXLAN, 'udp port 8472'));
    const twice = 'test/pcaps/vxlan-in-vxlan/node1__eth0.pcap';
    const deep = await numbers(twice, 'vxlan and vxlan and tcp');
    expect(deep.length).toBeGreaterThan(0);
    expect(await numbers(twice, 'tcp', true)).toEqual(expect.arrayContaining(deep));
  });
});

describe('a mistake is told with its place', () => {
  test.each<[string, number, string]>([
    ['', 0, 'the filter is empty'],
    ['tcp or or udp', 7, '"or" is unexpected'],
    ['host 10.0.0.1 and', 17, 'the filter ends too early'],
    ['host', 4, 'the filter ends after "host"'],
    ['port 80 or 70000', 11, '70000 is no port: the largest is 65535'],
    ['net 10.0.0.1/8', 4, '10.0.0.1/8 has bits behind its mask'],
    ['tcp and host mars', 13, 'names are not looked up: write the address in place of "mars"'],
    ['tcp[13] & 4', 11, 'a comparison such as "= 0" is missing'],
    ['tcp[13:3] = 1', 7, 'the number of octets must be 1, 2 or 4'],
    ['(tcp and udp', 12, 'the filter ends where ")" should be'],
    ['tcp)', 3, '")" is unexpected'],
    ['ip proto tcp', 9, '"tcp" is unexpected after "proto" (a name that is a keyword is written with a backslash)'],
    ['80', 0, '"80" needs a word before it that says what it is, such as host, net or port'],
    ['tcp and 80', 8, '"80" stands behind nothing whose host, net or port it could take over'],
    ['vlan 5000', 0, 'vlan 5000: the largest is 4095'],
    ['len = 5 / 0', 10, 'division by zero'],
    ['port nonsense', 5, 'no service is called "nonsense": write the number of the port'],
    ['tcp { 5', 4, '"{" begins no word, number or sign'],
    ['gateway 10.0.0.1', 0, '"gateway" is not supported here'],
  ])('%s', (expression, at, message) => {
    let thrown: unknown;
    try {
      packetFilter(expression);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(FilterError);
    expect(thrown).toMatchObject({ message, at, expression, code: 'bad-option' });
  });
});

describe('what the whole corpus showed', () => {
  const selects = (expression: string, frame: Payload, linkType = 1): boolean =>
    packetFilter(expression)(decoded(frame, { linkType }));

  test('a range between two names of TCP is one of TCP', () => {
    const to = (layer: typeof tcp | typeof udp, destinationPort: number) =>
      ethernet({}, ipv4({}, layer({ destinationPort })));
    expect(selects('portrange ssh-smtp', to(tcp, 23))).toBe(true);
    expect(selects('portrange ssh-smtp', to(udp, 23))).toBe(false);
    for (const both of ['portrange ssh-25', 'portrange 22-25', 'portrange ssh-domain'])
      expect(selects(both, to(udp, 23)), both).toBe(true);
  });

  test('ISO on Cisco HDLC stands where an EtherType does, and has one octet more before it', () => {
    const hello = Uint8Array.from([0x8f, 0, 0xfe, 0xfe, 0, 0x83, 0x14, 1]);
    expect(selects('iso', hello, 104)).toBe(true);
    expect(selects('isis', hello, 104)).toBe(true);
    expect(selects('esis', hello, 104)).toBe(false);
    expect(selects('iso', Uint8Array.from([0x8f, 0, 8, 0, 0x45, 0, 0, 20]), 104)).toBe(false);
  });

  test('octets of a link header that Geneve does not carry are those of what it carries', () => {
    const inIt = ethernet({}, ipv4({}, udp({ destinationPort: 6081 }, geneve({}, ipv4({}, tcp({}))))));
    expect(selects('geneve and ether[0] = 0x45', inIt)).toBe(true);
    expect(selects('geneve and ether broadcast', inIt)).toBe(false);
  });
});
