import { describe, expect, it } from 'vitest';
import * as arp from '../../src/decode/headers/arp.ts';
import * as nd from '../../src/decode/headers/neighbor-discovery.ts';
import { arp as arpLayer, bytesOf, ipv4Number, ipv6Address, mac } from '../support/frames.ts';

describe('ARP', () => {
  it('reads all fields', () => {
    const bytes = bytesOf(
      arpLayer({ operation: 2, sender: '192.0.2.9', target: '192.0.2.250', targetMac: '02:00:00:00:00:0c' }),
    );
    expect(arp.operation(bytes, 0)).toBe(arp.REPLY);
    expect(arp.senderAddress(bytes, 0)).toBe(ipv4Number('192.0.2.9'));
    expect(arp.targetAddress(bytes, 0)).toBe(ipv4Number('192.0.2.250'));
    expect([...bytes.subarray(arp.senderMacAt(0), arp.senderMacAt(0) + 6)]).toEqual(mac('02:00:00:00:00:0a'));
    expect([...bytes.subarray(arp.targetMacAt(0), arp.targetMacAt(0) + 6)]).toEqual(mac('02:00:00:00:00:0c'));
  });
});

describe('neighbor discovery', () => {
  const target = ipv6Address('2001:db8::77');
  const message = (type: number, flags: number, options: number[]) =>
    Uint8Array.from([type, 0, 0, 0, flags, 0, 0, 0, ...target, ...options]);
  const link = [2, 0, 0, 0, 0, 5];

  it('reads an advertisement', () => {
    const bytes = message(nd.ADVERTISEMENT, 0x60, [14, 1, 0, 0, 0, 0, 0, 0, nd.TARGET_LINK_ADDRESS, 1, ...link]);
    expect(nd.check(bytes, 0, bytes.length)).toBe(true);
    expect([...bytes.subarray(nd.targetAt(0), nd.targetAt(0) + 16)]).toEqual(target);
    expect([nd.isSolicited(bytes, 0), nd.isOverride(bytes, 0)]).toEqual([true, true]);
    expect(nd.linkAddressAt(bytes, 0, bytes.length, nd.TARGET_LINK_ADDRESS)).toBe(34);
    expect(nd.linkAddressAt(bytes, 0, bytes.length, nd.SOURCE_LINK_ADDRESS)).toBe(-1);
  });

  it('stops at options that are cut or have no length', () => {
    const cut = message(nd.SOLICITATION, 0, [nd.SOURCE_LINK_ADDRESS, 1, ...link.slice(1)]);
    expect(nd.linkAddressAt(cut, 0, cut.length, nd.SOURCE_LINK_ADDRESS)).toBe(-1);
    const zero = message(nd.SOLICITATION, 0, [1, 0, ...link]);
    expect(nd.linkAddressAt(zero, 0, zero.length, nd.SOURCE_LINK_ADDRESS)).toBe(-1);
    expect(nd.check(zero, 0, 23)).toBe(false);
    expect(nd.check(message(133, 0, []), 0, 24)).toBe(false);
  });
});
