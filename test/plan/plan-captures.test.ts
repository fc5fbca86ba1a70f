import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatPlan, planCaptures } from '../../src/plan/plan-captures.ts';
import { CNI_NAMES, type PlanRequest } from '../../src/plan/plan-request.ts';

const request = (some: Partial<PlanRequest> = {}): PlanRequest => ({
  pod: 'shop/web-0',
  node: 'node1',
  cni: 'flannel',
  target: '10.244.2.7:80',
  targetNode: 'node2',
  ...some,
});
const devices = (some: Partial<PlanRequest>) =>
  planCaptures(request(some)).nodes.map(({ node, captures }) => [node, ...captures.map((one) => one.interface)]);
const hasTcpdump = spawnSync('tcpdump', ['--version']).status === 0;

/** What the programs of the script are called with, by a shell that has only stand-ins for them. */
function calls(script: readonly string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'plan-'));
  const answers: Record<string, string> = {
    crictl: 'echo 4711',
    nsenter: 'echo "2: eth0@if12: <UP> mtu 1450"',
    ip: 'case "$*" in *default*) echo "default via 10.0.0.1 dev eth7 proto dhcp";; *route\\ get*) echo "10.1.1.1 dev cali99 src 10.0.0.2";; *neigh*) echo "10.1.1.1 lladdr aa:bb:cc:00:00:01 REACHABLE";; *) echo "12: veth55@if2: <UP>"; echo "112: veth56@if2: <UP>";; esac',
    bridge: 'echo "aa:bb:cc:00:00:02 dev veth1 master cni0"; echo "aa:bb:cc:00:00:01 dev veth66 master cni0"',
    ping: ':',
    // One write: the calls run side by side.
    timeout: `line=$(printf '%s|' "$@"); printf '%s\\n' "$line" >> ${folder}/calls`,
  };
  try {
    for (const [program, answer] of Object.entries(answers)) {
      writeFileSync(join(folder, program), `#!/bin/sh\n${answer}\n`);
      chmodSync(join(folder, program), 0o755);
    }
    execFileSync('sh', ['-eu', '-c', script.join('\n')], {
      cwd: folder,
      env: { PATH: `${folder}:${process.env.PATH}` },
    });
    expect(readdirSync(folder).sort()).toEqual([...Object.keys(answers), 'calls'].sort());
    return readFileSync(join(folder, 'calls'), 'utf8').trimEnd().split('\n').sort();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('planCaptures', () => {
  it.each<[string, Partial<PlanRequest>, string[][]]>([
    [
      'flannel',
      {},
      [
        ['node1', '$POD_VETH', 'cni0', 'flannel.1', '$NIC'],
        ['node2', '$TARGET_VETH', 'cni0', 'flannel.1', '$NIC'],
      ],
    ],
    [
      'Calico IPIP',
      { cni: 'calico-ipip' },
      [
        ['node1', '$POD_VETH', 'tunl0', '$NIC'],
        ['node2', '$TARGET_VETH', 'tunl0', '$NIC'],
      ],
    ],
    [
      'Calico without tunnel',
      { cni: 'calico-bgp' },
      [
        ['node1', '$POD_VETH', '$NIC'],
        ['node2', '$TARGET_VETH', '$NIC'],
      ],
    ],
    ['both pods on one node', { targetNode: 'node1' }, [['node1', '$POD_VETH', '$TARGET_VETH', 'cni0']]],
  ])('devices: %s', (_, some, expected) => {
    expect(devices(some)).toEqual(expected);
  });

  it('without the node of the target it captures at the client only', () => {
    const { targetNode: _, ...rest } = request();
    const plan = planCaptures(rest);
    expect(plan.nodes.map(({ captures }) => captures.map((one) => one.interface))).toEqual([
      ['$POD_VETH', 'cni0', 'flannel.1', '$NIC'],
    ]);
    expect(plan.notes.join()).toContain('without the other end');
  });

  it.each([
    ['flannel', 'udp port 8472'],
    ['calico-vxlan', 'udp port 4789'],
    ['calico-ipip', 'ip proto 4'],
    ['cilium-geneve', 'udp port 6081'],
  ] as const)('%s: the network interface is filtered for %s', (cni, outer) => {
    const nic = planCaptures(request({ cni })).nodes[0].captures.find((one) => one.interface === '$NIC');
    expect(nic?.filter).toMatch(new RegExp(`^${outer} or host 10.244.2.7`));
  });

  it('the script finds the devices and uses their names for the files', () => {
    const [client, target] = planCaptures(request({ service: '10.96.0.9' })).nodes;
    const filter = 'host 10.244.2.7 or host 10.96.0.9 or icmp or icmp6 or arp';
    const call = (device: string, file: string, what: string) =>
      `-s|INT|30|tcpdump|-i|${device}|-n|-s|200|-B|8192|-w|${file}|${what}|`;
    expect(calls(client.script)).toEqual([
      call('cni0', 'node1__cni0.pcap', filter),
      call('eth7', 'node1__eth7.pcap', `udp port 8472 or ${filter} or ip[6:2] & 0x1fff != 0`),
      call('flannel.1', 'node1__flannel.1.pcap', filter),
      call('veth55', 'node1__veth55.pcap', filter),
    ]);
    expect(calls(target.script)[3]).toContain('|veth66|');
    expect(calls(planCaptures(request({ cni: 'calico-ipip' })).nodes[1].script)[0]).toContain('|cali99|');
  });

  it('DNS is captured with whole packets', () => {
    const { nodes, run } = planCaptures(request({ dns: true, seconds: 5 }));
    expect(calls(nodes[0].script).every((call) => call.startsWith('-s|INT|5|tcpdump') && call.includes('|-s|0|'))).toBe(
      true,
    );
    expect(nodes[0].captures[0].filter).toContain('or port 53 or');
    expect(run.join()).toContain('nslookup');
  });

  it('IPv6 targets', () => {
    const { nodes, run } = planCaptures(request({ target: '[fd00::7]:8080' }));
    expect(nodes[0].captures[0].filter).toMatch(/^host fd00::7 or/);
    expect(run.join('\n')).toContain("'http://[fd00::7]:8080/'");
  });

  it('hostile names stay single words', () => {
    const evil = `a'; touch owned; $(touch owned2) "\``;
    const plan = planCaptures(request({ pod: `${evil}/${evil}`, node: evil, targetNode: `${evil}2` }));
    for (const { script, node } of plan.nodes) {
      expect(calls(script).every((call) => call.includes(`|${node}__`))).toBe(true);
    }
    // Stand-ins for the programs that would be run, and a look at what they would be called with.
    const folder = mkdtempSync(join(tmpdir(), 'plan-'));
    try {
      const stubs =
        'ssh() { :; }; scp() { :; }; sleep() { :; }; kubectl() { :; }; pcapdiag() { printf "%s\\n" "$@"; };';
      for (const { node } of plan.nodes) writeFileSync(join(folder, `${node}.sh`), '');
      const shown = execFileSync('sh', ['-eu', '-c', [stubs, ...plan.run, plan.analyze].join('\n')], { cwd: folder });
      expect(shown.toString()).toContain(`${evil}__*.pcap`);
      expect(existsSync(join(folder, 'owned')) || existsSync(join(folder, 'owned2'))).toBe(false);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each<[Partial<PlanRequest>, string]>([
    [{ pod: '' }, 'pod'],
    [{ pod: '/x' }, 'pod'],
    [{ pod: 'a/b/c' }, 'pod'],
    [{ node: '-oProxyCommand=x' }, 'node'],
    [{ node: '../x' }, 'node'],
    [{ node: 'a\nb' }, 'node'],
    [{ targetNode: '\u202ex' }, 'target-node'],
    [{ target: '10.0.0.1' }, 'target'],
    [{ target: 'web:80' }, 'target'],
    [{ target: '10.0.0.1:0' }, 'target'],
    [{ target: '[10.0.0.1]:80' }, 'target'],
    [{ target: '[fe80::1%eth0]:80' }, 'target'],
    [{ service: 'web' }, 'service'],
    [{ seconds: Number.NaN }, 'seconds'],
    [{ cni: 'constructor' as never }, 'cni'],
  ])('refuses %j', (some, option) => {
    expect(() => planCaptures(request(some))).toThrow(
      expect.objectContaining({ code: 'bad-option', message: expect.stringMatching(new RegExp(`^${option}\\b`)) }),
    );
  });

  it.skipIf(!hasTcpdump)('tcpdump accepts every filter, on devices with and without Ethernet', () => {
    for (const cni of CNI_NAMES)
      for (const { captures } of planCaptures(request({ cni, dns: true, service: 'fd00::9' })).nodes)
        for (const { filter } of captures)
          for (const type of ['EN10MB', 'RAW'])
            expect(spawnSync('tcpdump', ['-y', type, '-d', filter]).status, `${type} ${filter}`).toBe(0);
  });

  it('as text, has a script for each node, then the commands to run', () => {
    const text = formatPlan(planCaptures(request()));
    expect(text).toMatch(
      /^On node1 as root .*\n {2}# process[\s\S]*\nOn node2[\s\S]*\nThen:\n {2}pcapdiag analyze node1__\*\.pcap node2__\*\.pcap\n/,
    );
  });
});
