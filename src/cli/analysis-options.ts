import { readFile } from 'node:fs/promises';
import { type AnalyzeOptions, Redaction } from '../index.ts';
import type { AnalyzeArguments } from './analyze-arguments.ts';
import { readInventory, withPod } from './inventory.ts';
import { UsageError } from './usage-error.ts';

/** Bytes of one row in the packet comparison (columns of `SightingTable`, rounded up). */
const BYTES_PER_ROW = 64;

/** Options of the library for an analysis. @throws UsageError for an inventory that cannot be read, or without the pod */
export async function analysisOptions(given: AnalyzeArguments, captures: number): Promise<AnalyzeOptions> {
  const { points, serviceCidrs, podCidrs, nodes, dnsServers, memoryLimit, inflateLimit, selection, pod } = given;
  const inventory =
    given.inventory === undefined ? undefined : await readInventory(given.inventory, given.inventoryFrom);
  return {
    points,
    selection: withPod(selection, pod, inventory),
    ...(serviceCidrs.length > 0 && { serviceCidrs }),
    ...(podCidrs.length > 0 && { podCidrs }),
    ...(Object.keys(nodes).length > 0 && { nodes }),
    ...(dnsServers.length > 0 && { dnsServers }),
    ...(inventory !== undefined && { inventory }),
    ...(given.redact && { redaction: new Redaction(await keyOf(given)) }),
    ...(given.allFindings && { allFindings: true }),
    ...(!given.core && { core: false }),
    ...((given.format === 'html' || given.picture !== undefined) && { pictures: true }),
    ...(inflateLimit !== undefined && { inflateLimit }),
    ...(memoryLimit !== undefined && { sightings: Math.max(1, Math.floor(memoryLimit / BYTES_PER_ROW / captures)) }),
  };
}

/** The octets of a file as they are, but for a line end behind them. */
export async function keyOf({
  redactKey,
  redactKeyFile,
}: Pick<AnalyzeArguments, 'redactKey' | 'redactKeyFile'>): Promise<string | undefined> {
  if (redactKeyFile === undefined) return redactKey;
  const key = await readFile(redactKeyFile, 'latin1').catch((error: Error) => {
    throw new UsageError(`--redact-key-file: ${error.message}`);
  });
  if (key.trim() === '') throw new UsageError(`--redact-key-file: ${redactKeyFile} is empty`);
  return key.replace(/\r?\n$/, '');
}
