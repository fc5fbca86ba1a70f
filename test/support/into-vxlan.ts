import { LINKTYPE_ETHERNET } from '../../src/decode/link-types.ts';
import type { Kept } from './merged-captures.ts';

const VXLAN_PORT = 4789;
const OUTER_OCTETS = 14 + 20 + 8 + 8;

/**
 * The frame as the NIC of a node would show it: inside VXLAN, between two nodes. The node is that of the inner MAC, so
 * both directions have their own outer addresses. The outer UDP checksum is absent, as over IPv4.
 */
export function intoVxlan(record: Kept): Kept {
  if (record.linkType !== LINKTYPE_ETHERNET) return record;
  const inner = record.bytes;
  const whole = record.originalLength;
  const outer = new Uint8Array(OUTER_OCTETS);
  const view = new DataView(outer.buffer);
  outer.set([0x02, 0xaa, 0, 0, 0, nodeOf(inner, 0), 0x02, 0xaa, 0, 0, 0, nodeOf(inner, 6)]);
  view.setUint16(12, 0x0800);
  view.setUint16(14, 0x4500);
  view.setUint16(16, whole + 36);
  view.setUint16(22, (64 << 8) | 17);
  outer.set([192, 0, 2, nodeOf(inner, 6)], 26);
  outer.set([192, 0, 2, nodeOf(inner, 0)], 30);
  view.setUint16(24, headerChecksum(view));
  view.setUint16(34, 50_000);
  view.setUint16(36, VXLAN_PORT);
  view.setUint16(38, whole + 16);
  view.setUint32(42, 0x0800_0000);
  view.setUint32(46, 77 << 8);
  return { ...record, bytes: Uint8Array.from([...outer, ...inner]), originalLength: whole + OUTER_OCTETS };
}

/** A number from 1 to 254 for the machine with the MAC at `at`; multicast and broadcast go to node 254. */
function nodeOf(bytes: Uint8Array, at: number): number {
  if ((bytes[at] & 1) === 1) return 254;
  let sum = 0;
  for (let octet = at; octet < at + 6; octet++) sum = (sum * 31 + bytes[octet]) % 253;
  return 1 + sum;
}

function headerChecksum(view: DataView): number {
  let sum = 0;
  for (let at = 14; at < 34; at += 2) sum += view.getUint16(at);
  sum = (sum & 0xffff) + (sum >>> 16);
  return ~((sum & 0xffff) + (sum >>> 16)) & 0xffff;
}
