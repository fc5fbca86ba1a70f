import { readInventory } from './read-inventory.ts';

const POD = 'pod ';

/**
 * The addresses of every pod of an inventory, by NAMESPACE/NAME. Pods that have ended, and pods on the network of their
 * node, have no address of their own and are not in it.
 *
 * @param inventory parsed output of kubectl, as `AnalyzeOptions.inventory`
 * @throws PcapdiagError 'bad-option' for an inventory that kubectl did not write
 */
export function podAddresses(inventory: unknown): ReadonlyMap<string, readonly string[]> {
  const pods = new Map<string, string[]>();
  for (const [address, name] of Object.entries(readInventory(inventory).names)) {
    if (!name.startsWith(POD)) continue;
    const pod = name.slice(POD.length);
    pods.set(pod, [...(pods.get(pod) ?? []), address]);
  }
  return pods;
}
