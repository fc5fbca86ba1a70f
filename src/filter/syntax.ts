/** What the parser makes of an expression. Every node knows its place, for messages. */

export type Protocol = (typeof PROTOCOL_WORDS)[number];
/** Words that name a protocol. `link` stands for `ether`, `ppp`, `fddi`, `tr`, `slip` and `wlan` too. */
export const PROTOCOL_WORDS = [
  'link',
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
  'igrp',
  'pim',
  'vrrp',
  'carp',
  'ah',
  'esp',
  'atalk',
  'aarp',
  'decnet',
  'lat',
  'sca',
  'moprc',
  'mopdl',
  'iso',
  'clnp',
  'esis',
  'isis',
  'stp',
  'ipx',
  'netbeui',
] as const;

export type Direction = 'either' | 'src' | 'dst' | 'both';
export type IdKind = 'host' | 'net' | 'port' | 'portrange' | 'proto' | 'protochain';

/** What an identifier is about: `tcp src port`. An identifier without qualifiers takes those of the one before it. */
export interface Qualifiers {
  protocol: Protocol | undefined;
  direction: Direction;
  /** `host` where no kind was written: then `isKindGiven` is false. */
  kind: IdKind;
  isKindGiven: boolean;
}

export type Id =
  | { form: 'number'; value: number; at: number }
  | { form: 'dotted'; text: string; bits?: number; mask?: string; at: number }
  | { form: 'ipv6'; text: string; bits?: number; at: number }
  | { form: 'mac'; text: string; at: number }
  | { form: 'name'; text: string; at: number };

export type Arithmetic =
  | { node: 'number'; value: number; at: number }
  | { node: 'length'; at: number }
  | { node: 'negative'; of: Arithmetic; at: number }
  | { node: 'operation'; sign: string; left: Arithmetic; right: Arithmetic; at: number }
  | { node: 'octets'; protocol: Protocol; index: Arithmetic; size: 1 | 2 | 4; at: number };

/** Words that need no identifier. */
export type Plain = 'broadcast' | 'multicast';
export type Layer = 'vlan' | 'mpls' | 'pppoed' | 'pppoes' | 'geneve' | 'vxlan';

export type Expression =
  | { node: 'and' | 'or'; left: Expression; right: Expression; at: number }
  | { node: 'not'; of: Expression; at: number }
  | { node: 'id'; qualifiers: Qualifiers; id: Id; at: number }
  | { node: 'protocol'; protocol: Protocol; at: number }
  | { node: 'cast'; protocol: Protocol | undefined; to: Plain; at: number }
  | { node: 'relation'; sign: string; left: Arithmetic; right: Arithmetic; at: number }
  | { node: 'length'; atMost: boolean; octets: number; at: number }
  | { node: 'layer'; layer: Layer; number: number | undefined; at: number }
  | { node: 'way'; way: 'inbound' | 'outbound'; at: number }
  | { node: 'ifindex'; index: number; at: number };
