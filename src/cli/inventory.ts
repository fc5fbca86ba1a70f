import { readFile } from 'node:fs/promises';
import { podAddresses, type Selection } from '../index.ts';
import { didYouMean } from '../text/suggestion.ts';
import { UsageError } from './usage-error.ts';

/** Boundary between two kubectl lists in one file, when several calls wrote to it: braces in column one. */
const BETWEEN_LISTS = /(?<=^\})\s+(?=^\{)/m;

/**
 * The parsed lists of an inventory.
 *
 * @param asked who names the file: `--inventory`, or a place of a configuration
 * @throws UsageError when it cannot be read, or is no JSON
 */
export async function readInventory(path: string, asked = '--inventory'): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new UsageError(`${asked}: ${error.message}`);
  });
  try {
    const lists = text.split(BETWEEN_LISTS).map((list): unknown => JSON.parse(list));
    return lists.length === 1 ? lists[0] : lists;
  } catch (error) {
    throw new UsageError(`${asked}: ${path} is no JSON: ${error instanceof Error ? error.message : error}`);
  }
}

/**
 * The selection with the addresses of a pod.
 *
 * @param inventory what `readInventory` gave; undefined without `--inventory`
 * @throws UsageError for a pod that the inventory does not know
 */
export function withPod(selection: Selection, pod: string | undefined, inventory: unknown): Selection {
  if (pod === undefined) return selection;
  if (inventory === undefined) throw new UsageError('--pod goes with --inventory, which tells its addresses');
  const pods = podAddresses(inventory);
  const hosts = pods.get(pod);
  if (hosts !== undefined) return { ...selection, hosts };
  const meant = didYouMean(pod, [...pods.keys()]);
  throw new UsageError(`--pod: the inventory has no pod "${pod}" with an address of its own${meant}`);
}
