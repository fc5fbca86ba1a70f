import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  asksWhoHas,
  bridgeFiltering,
  counters,
  digs,
  firewallRules,
  pings,
  pingsWhole,
  routes,
  trackedTo,
  watchesTooBig,
} from '../../../src/heuristics/words/commands.ts';
import { clampMss, lockMtu } from '../../../src/heuristics/words/repairs.ts';

const ON = 'node';
const SIGHT = { expect: '' };
const RULES = join(import.meta.dirname, '../../../src/heuristics');

describe('commands', () => {
  it.each([
    [pingsWhole(ON, '10.0.0.7', 1500, false), 'ping -c 3 -W 1 -M do -s 1472 10.0.0.7'],
    [pingsWhole(ON, 'fd00::7', 1500, false), 'ping -c 3 -W 1 -M do -s 1452 fd00::7'],
    [routes(ON, 4, SIGHT), 'ip route; ip rule'],
    [routes(ON, 6, SIGHT), 'ip -6 route; ip -6 rule'],
    [
      counters(ON, ['IpReasmFails', 'UdpInCsumErrors', 'TcpExtListenDrops'], 6, SIGHT),
      'nstat -az Ip6ReasmFails Udp6InCsumErrors TcpExtListenDrops',
    ],
    [trackedTo(ON, 'udp', 'fd00::7', SIGHT), 'conntrack -L -f ipv6 -p udp --orig-dst fd00::7'],
    [watchesTooBig(ON, 6, SIGHT), "tcpdump -nn -c 20 -i any 'icmp6 and ip6[40]==2'"],
    [firewallRules(ON, 6, 'drop', SIGHT), 'ip6tables-save | grep -iE drop; nft list ruleset | grep -iE drop'],
    [bridgeFiltering(ON, 6), 'sysctl net.bridge.bridge-nf-call-ip6tables'],
    [asksWhoHas(ON, 'fd00::7', SIGHT), 'ping -c 3 fd00::7; ip neigh show fd00::7'],
    [
      digs(ON, { server: '10.0.0.7', port: 5353, name: '$(x)' }, SIGHT),
      "dig +tries=1 +time=3 @10.0.0.7 -p 5353 -q '$(x)'",
    ],
  ])('%o', ({ on, command }, expected) => {
    expect(on).toBe(ON);
    expect(command).toBe(expected);
  });

  it('say as a test of their output what they say in words', () => {
    const received = '3 packets transmitted, 3 received, 0% packet loss';
    const holds = (shows: { has?: string; lacks?: string }, output: string): boolean =>
      shows.has !== undefined ? new RegExp(shows.has).test(output) : !new RegExp(shows.lacks ?? '').test(output);
    expect(holds(pings(ON, '10.0.0.7', true).shows as object, received)).toBe(true);
    expect(holds(pings(ON, '10.0.0.7', false).shows as object, received)).toBe(false);
    expect(holds(pings(ON, '10.0.0.7', false).shows as object, '3 packets transmitted, 0 received')).toBe(true);
  });

  it('repair with the tools of the family', () => {
    expect(clampMss(6).command).toMatch(/^ip6tables -t mangle/);
    expect(lockMtu('fd00::7', 1400).command).toMatch(
      /^ip -6 route replace \$\(ip -6 -o route get fd00::7 \| .* mtu lock 1400$/,
    );
    expect(lockMtu('fd00::7', 1400).command).toContain('s/ from :: / /;');
    expect(lockMtu('10.0.0.7', 1400).command).not.toContain('from ::');
  });

  it('are not written by hand where there is a builder', () => {
    const files = readdirSync(RULES, { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.endsWith('.ts') && !name.startsWith('words'),
    );
    const byHand = files.filter((name) => {
      const explained = readFileSync(join(RULES, name), 'utf8').split(/\n {2}explain\b/)[1] ?? '';
      return /command: ['`](?:ping|ip route|iptables|nstat|tcpdump|conntrack -L|kubectl|dig|nc) /.test(explained);
    });
    expect(byHand).toEqual([]);
  });
});
