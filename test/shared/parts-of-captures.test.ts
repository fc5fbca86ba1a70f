import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { analyze } from '../../src/analyze.ts';
import { hasShared, SHARED } from '../support/shared-captures.ts';

/** With some of the captures of a fault its place cannot always be told; then another one is not told either. */
describe.skipIf(!hasShared)('some of the captures of a recorded fault', () => {
  it.each([
    [
      'the pinging pod asks behind the bridge: it is one of this node',
      'cni-vxlan-vni-mismatch',
      'node2__flannel.1',
      'node2__vetha9e7cb51',
    ],
    ['the same on another port', 'cni-vxlan-port-mismatch', 'node2__flannel.1', 'node2__veth89a7e1da'],
    ['a silent veth may be that of another pod', 'cni-ipip-blocked', 'node2__tunl0', 'node2__cali55808a18596'],
  ])('%s', async (_, folder, ...names) => {
    const { verdict } = await analyze(names.map((name) => join(SHARED, 'lab/public', folder, `${name}.pcap`)));
    expect(verdict?.ruleId).toBe('no-reply');
  });

  it('a silent bridge has passed nothing on: what comes out of the tunnel ends before it', async () => {
    const files = ['node2__flannel.1', 'node2__cni0'].map((name) =>
      join(SHARED, 'lab/public/cni-rp-filter-drop', `${name}.pcap`),
    );
    const { findings } = await analyze(files);
    expect(findings[0]).toMatchObject({
      ruleId: 'dropped-in-node',
      location: { text: 'after node2 flannel.1, before node2 cni0' },
    });
  });
});
