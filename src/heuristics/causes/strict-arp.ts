import type { Cause } from '../rule/weigh.ts';
import { kubectl } from '../words/commands.ts';

/**
 * Several nodes answer ARP for a service address, which kube-proxy (IPVS) gives to a dummy device on each of them.
 *
 * @param isTranslated connections to the address were seen to be translated, as those to a service are
 * @param machines that answer for it
 */
export const strictArpCause = (address: string, isTranslated: boolean, machines: number): Cause => ({
  id: 'strict-arp-off',
  cause: `kube-proxy in IPVS mode holds ${address} on every node, and each node answers ARP for it (strictARP is off)`,
  telling: isTranslated
    ? [`connections to ${address} are translated to other addresses, as those to a service are`]
    : [],
  for: isTranslated ? [] : [`each of the ${machines} machines has another address of its own, as nodes have`],
  against: [],
  confirm: [
    kubectl(
      '-n kube-system get configmap kube-proxy -o yaml | grep -E "mode|strictARP"',
      'mode: ipvs, strictARP: false',
    ),
  ],
  fix: ['Set strictARP: true in the configuration of kube-proxy (needed by MetalLB and kube-vip), and restart it.'],
});
