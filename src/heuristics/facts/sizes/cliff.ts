import type { Conversation, Direction, Hop, IcmpError } from '../../../flows/evidence/evidence.ts';
import type { EvidencePacket } from '../../rule/rule.ts';

/** A size limit in one direction: smaller packets pass, and packets from `smallestLost` on never do. */
export interface Cliff {
  conversations: Conversation[];
  direction: Direction;
  sender: string;
  receiver: string;
  /** IP lengths, octets; `largestPassed` 0 when no data packet is known to have passed. */
  largestPassed: number;
  smallestLost: number;
  sendings: number;
  dontFragment: boolean;
  /** What became of ICMP fragmentation needed: never seen, seen but not at the sender, seen at the sender. */
  icmp: 'none' | 'lost' | 'ignored';
  icmpMtu: number;
  icmpFrom: string | null;
  /** The errors themselves, at all points. */
  errors: readonly IcmpError[];
  confirmed: boolean;
  /** The hop that lost datagrams of which only the size is known: they may belong to an encrypted tunnel. */
  carrier?: Hop;
  /** What the encrypted tunnel around these packets lost, and between which points. */
  around?: Cliff;
  /** The octets that the receiver waits for in vain, when no point saw them sent. */
  missing?: Missing | undefined;
  packets: EvidencePacket[];
}

/** Octets that never arrive, the full segments in them, and how long their receiver waits. */
export interface Missing {
  octets: number;
  segments: number;
  seconds: number;
}

/** ICMP 3/4 (RFC 1191) and ICMPv6 type 2 (RFC 8201). */
export const isTooBig = ({ version, type, code }: IcmpError): boolean =>
  version === 4 ? type === 3 && code === 4 : type === 2;
