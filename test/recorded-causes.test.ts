import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { analyze } from '../src/analyze.ts';

const PCAPS = 'test/pcaps';

/** Faults that the catalogue tells apart within one rule: one of its hypotheses names them. README.md there has the recordings. */
describe('recorded causes', () => {
  it.each([
    ['service-no-endpoints', 'port-rejected', /has no endpoints/, /get endpointslices/],
    ['service-no-endpoints-reset', 'port-closed', /has no endpoints/, /get endpointslices/],
    ['node-port-local', 'syn-no-reply', /TrafficPolicy/, /externalTrafficPolicy/],
    ['one-endpoint-silent', 'syn-no-reply', /one endpoint of the service fails \(100\.64\.4\.8:7000\)/, /nc -vz/],
    ['source-port-race', 'new-connections-dropped', /same translated source port/, /conntrack -S/],
    ['address-announced-by-two', 'duplicate-ip', /failover/, /arping/],
    ['losses-together', 'packet-loss', /full queue/, /tc -s qdisc/],
    ['dhcp-lease-outer-source', 'vxlan-outer-source-mismatch', /DHCP and static/, /ip -4 addr/],
    ['address-probed-taken', 'duplicate-ip', /given to two machines/, /dadfailed/],
    ['stale-udp-flow', 'stale-endpoint', /outlived the pod/, /conntrack -L -p udp/],
    ['stale-neighbour', 'peer-down', /keeps an old MAC of 198\.18\.4\.12/, /ip neigh show 198\.18\.4\.12/],
    ['time-stamps-behind-nat', 'syn-no-reply', /tcp_tw_recycle/, /PAWSPassive/],
  ])('%s: %s', async (folder, ruleId, cause, command) => {
    const files = readdirSync(join(PCAPS, folder)).sort();
    const { verdict, findings } = await analyze(files.map((name) => join(PCAPS, folder, name)));
    expect(verdict?.ruleId).toBe(ruleId);
    const [{ hypotheses, confirm }] = findings;
    const likely = hypotheses.filter(({ likelihood }) => likelihood === 'likely');
    expect(likely).toEqual([expect.objectContaining({ cause: expect.stringMatching(cause) })]);
    expect(likely[0].for).not.toEqual([]);
    expect(confirm.slice(0, 2).some((one) => command.test(one.command))).toBe(true);
  });
});
