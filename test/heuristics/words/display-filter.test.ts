import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  asksFor,
  between,
  bothWays,
  echoOf,
  fragments,
  hopLimit,
  lengthFrom,
  oneWay,
  portUnreachable,
  prohibited,
  timeExceeded,
} from '../../../src/heuristics/words/display-filter.ts';

const SOURCES = join(import.meta.dirname, '../../../src/heuristics');

describe('display filters', () => {
  it.each([
    [between('10.0.0.5', '10.0.0.7'), 'ip.addr==10.0.0.5 && ip.addr==10.0.0.7'],
    [between('fd00::5', 'fd00::7'), 'ipv6.addr==fd00::5 && ipv6.addr==fd00::7'],
    [bothWays('10.0.0.5', '10.0.0.7', '10.0.0.7'), 'ip.addr==10.0.0.5 && ip.addr==10.0.0.7'],
    [bothWays('10.0.0.5', '10.0.0.7', '10.0.0.9'), 'ip.addr==10.0.0.5 && (ip.addr==10.0.0.7 || ip.addr==10.0.0.9)'],
    [oneWay('fd00::5', 'fd00::7'), 'ipv6.src==fd00::5 && ipv6.dst==fd00::7'],
    [lengthFrom(4, 1500), 'ip.len>=1500'],
    [lengthFrom(6, 1500), 'ipv6.plen>=1460'],
    [hopLimit(6, '==62'), 'ipv6.hlim==62'],
    [fragments(6), 'ipv6.fraghdr'],
    [portUnreachable(6), 'icmpv6.type==1 && icmpv6.code==4'],
    [prohibited(6), 'icmpv6.type==1 && (icmpv6.code==1 || icmpv6.code==5 || icmpv6.code==6)'],
    [timeExceeded(6), 'icmpv6.type==3'],
    [asksFor('fd00::7'), 'icmpv6.nd.ns.target_address==fd00::7'],
    [asksFor('10.0.0.7'), 'arp && arp.dst.proto_ipv4==10.0.0.7'],
    [echoOf('fd00::7'), 'icmpv6 && ipv6.addr==fd00::7'],
  ])('%s', (filter, expected) => expect(filter).toBe(expected));

  it('are built by these functions: no rule writes an address into a field of IPv4 itself', () => {
    const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    const byHand = files.filter((name) => {
      const text = readFileSync(join(SOURCES, name), 'utf8');
      return !name.includes('words') && /\b(?:ip\.(?:addr|src|dst|ttl|len)|icmp\.type|proto_ipv4)\s?[=<>]=?/.test(text);
    });
    expect(byHand).toEqual([]);
  });
});
