/** Random valid expressions of pcap-filter(7), with addresses and ports that occur in real packets. */
import { randomFrom } from '../../benchmarks/lib/seeded-random.mjs';

export type Random = (below: number) => number;

/** Numbers from 0 to below the given one, the same for the same seed. */
export function randomOf(seed: number): Random {
  const random = randomFrom(seed);
  return (below) => (random() * 2 ** 32) % below;
}

export interface Values {
  ipv4: readonly string[];
  ipv6: readonly string[];
  ports: readonly number[];
  macs: readonly string[];
}

export function randomExpression(random: Random, values: Values, depth = 3): string {
  const of = <T>(items: readonly T[]): T => items[random(items.length)];
  if (depth === 0 || random(3) === 0) return primitive(random, values, of);
  const inside = (): string => randomExpression(random, values, depth - 1);
  switch (random(5)) {
    case 0:
      return `${of(['not', '!'])} ${bracketed(inside())}`;
    case 1:
      return `${inside()} ${of(['and', '&&'])} ${bracketed(inside())}`;
    case 2:
      return `${inside()} ${of(['or', '||'])} ${inside()}`;
    case 3:
      return `(${inside()}) ${of(['and', 'or'])} ${inside()}`;
    default:
      return `${of(['vlan', 'vlan', 'mpls', 'ip', 'ip6', 'tcp'])} and ${inside()}`;
  }
}

const bracketed = (text: string): string => `(${text})`;
const DIRECTIONS = ['', '', 'src ', 'dst ', 'src or dst ', 'src and dst '];
const PROTOCOLS = [
  'ip',
  'ip6',
  'arp',
  'rarp',
  'tcp',
  'udp',
  'sctp',
  'icmp',
  'icmp6',
  'igmp',
  'pim',
  'vrrp',
  'ah',
  'esp',
];

function primitive(random: Random, { ipv4, ipv6, ports, macs }: Values, of: <T>(items: readonly T[]) => T): string {
  const direction = of(DIRECTIONS);
  const port = (): number => (random(4) === 0 ? random(65536) : of(ports));
  const list = (make: () => string | number): string =>
    random(3) === 0 ? `(${make()} or ${make()})` : random(3) === 0 ? `${make()} or ${make()}` : `${make()}`;
  switch (random(14)) {
    case 0:
      return of(PROTOCOLS);
    case 1:
      return `${direction}host ${list(() => of(ipv4))}`;
    case 2:
      return `${of(['', 'ip6 '])}${direction}host ${of(ipv6)}`;
    case 3:
      return `${of(['', 'ip ', 'arp '])}${direction}net ${network(random, of(ipv4))}`;
    case 4:
      return `${of(['', 'tcp ', 'udp ', 'sctp '])}${direction}port ${list(port)}`;
    case 5:
      return `${of(['', 'tcp ', 'udp '])}${direction}portrange ${port()}-${port()}`;
    case 6:
      return `${of(['ip ', 'ip6 ', ''])}proto ${of([1, 2, 6, 17, 44, 47, 50, 58, 89])}`;
    case 7:
      return `${of(['less', 'greater'])} ${random(1600)}`;
    case 8:
      return of(['broadcast', 'multicast', 'ip multicast', 'ip6 multicast', 'ether broadcast', 'ip broadcast']);
    case 9:
      return `ether ${of(['src', 'dst', 'host'])} ${of(macs)}`;
    case 10:
      return `ether proto ${of(['0x0800', '0x86dd', '\\arp', '0x8100', '0x8847', '2054', '38'])}`;
    default:
      return `${arithmetic(random, of, 2)} ${of(['=', '==', '!=', '<', '<=', '>', '>='])} ${arithmetic(random, of, 1)}`;
  }
}

function network(random: Random, address: string): string {
  const bits = [8, 12, 16, 20, 24, 28, 32][random(7)];
  const value = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const masked = (value & (bits === 0 ? 0 : -1 << (32 - bits))) >>> 0;
  const text = [24, 16, 8, 0].map((shift) => (masked >>> shift) & 255).join('.');
  if (random(4) === 0)
    return address
      .split('.')
      .slice(0, 1 + random(3))
      .join('.');
  return random(4) === 0 && bits < 32
    ? `${text} mask ${[24, 16, 8, 0].map((shift) => ((-1 << (32 - bits)) >>> shift) & 255).join('.')}`
    : `${text}/${bits}`;
}

const LOADS = ['ip', 'ip6', 'tcp', 'udp', 'icmp', 'icmp6', 'arp', 'ether', 'sctp', 'igmp'];

function arithmetic(random: Random, of: <T>(items: readonly T[]) => T, depth: number): string {
  if (depth === 0) return String(random(3) === 0 ? random(0xffffffff) : random(300));
  const inside = (): string => arithmetic(random, of, depth - 1);
  switch (random(8)) {
    case 0:
      return 'len';
    case 1:
      return inside();
    case 2:
      return `(${inside()} ${of(['+', '-', '*', '&', '|', '^'])} ${inside()})`;
    case 3:
      return `(${inside()} ${of(['<<', '>>'])} ${random(31)})`;
    case 4:
      return `(${inside()} ${of(['/', '%'])} ${1 + random(9)})`;
    case 5:
      return `tcp[${of(['tcpflags', '12', '13'])}] & (${of(['tcp-syn', 'tcp-ack', 'tcp-fin|tcp-rst', 'tcp-push'])})`;
    default:
      return `${of(LOADS)}[${random(6) === 0 ? `(${inside()}) & 31` : random(44)}${of(['', '', ':1', ':2', ':4'])}]`;
  }
}
