import { LINKTYPE_ETHERNET, LINKTYPE_RAW } from '../decode/link-types.ts';
import type { Packet } from '../decode/packet.ts';
import { compile } from './compile.ts';
import { Frame, type Test } from './frame.ts';
import { parse } from './parse.ts';

export interface FilterOptions {
  /** Try the expression on the packets inside tunnels too, at any depth: one that matches is enough. */
  inside?: boolean;
}

/**
 * A filter in the language of pcap-filter(7), as a test on decoded packets.
 *
 * @throws FilterError when the expression is none, with the place
 */
export function packetFilter(expression: string, { inside = false }: FilterOptions = {}): (packet: Packet) => boolean {
  const parsed = parse(expression);
  const tests = new Map<number, Test>();
  const frame = new Frame();
  const testOf = (linkType: number): Test => {
    const known = tests.get(linkType);
    if (known !== undefined) return known;
    const made = compile(expression, parsed, linkType);
    tests.set(linkType, made);
    return made;
  };
  // What is wrong with a value is told before a packet is read.
  testOf(LINKTYPE_ETHERNET);
  const selects = (packet: Packet, start: number, linkType: number, depth: number): boolean => {
    frame.packet = packet;
    frame.bytes = packet.bytes;
    frame.start = start;
    frame.length = packet.end - start;
    frame.wireLength = packet.originalLength - (start - packet.start);
    frame.depth = depth;
    frame.hasFailed = false;
    return testOf(linkType)(frame) && !frame.hasFailed;
  };
  return (packet) => {
    if (selects(packet, packet.start, packet.linkType, 0)) return true;
    if (!inside) return false;
    for (let depth = 1; depth <= packet.depth; depth++) {
      const ethernet = linkAtDepth(packet, depth);
      const isEthernet = ethernet > packet.tunnels[depth - 1].ipAt;
      const start = isEthernet ? ethernet : networkAtDepth(packet, depth);
      if (start >= 0 && selects(packet, start, isEthernet ? LINKTYPE_ETHERNET : LINKTYPE_RAW, depth)) return true;
    }
    return false;
  };
}

/** Offset of the Ethernet header inside this many tunnels; one further out, or -1, where there is none. */
const linkAtDepth = ({ depth: most, tunnels, ethernetAt }: Packet, depth: number): number =>
  depth < most ? tunnels[depth].linkAt : ethernetAt;

const networkAtDepth = ({ depth: most, tunnels, networkAt }: Packet, depth: number): number =>
  depth < most ? tunnels[depth].ipAt : networkAt;
