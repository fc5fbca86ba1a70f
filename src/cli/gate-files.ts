/** The configuration and the baseline of a run: found, read, and put under what the command line says. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import {
  CONFIG_NAMES,
  type Config,
  type GateSettings,
  type KnownFinding,
  knownFromBaseline,
  type Redaction,
  type Report,
  type RuleSettings,
  readBaseline,
  readConfig,
} from '../index.ts';
import type { AnalyzeArguments } from './analyze-arguments.ts';
import { today } from './today.ts';
import { UsageError } from './usage-error.ts';

export interface GateFiles {
  /** As given, with what the configuration adds. */
  given: AnalyzeArguments;
  rules: RuleSettings;
  /** Undefined where nobody asks for a gate: then errors end with status 1, and the report says nothing of it. */
  gate: GateSettings | undefined;
  /** Files that were read. */
  files: string[];
}

/**
 * What is said on the command line goes before what the configuration says. Paths in a configuration are relative to it.
 *
 * @param options `baseline`: false where a baseline is about to be written, and need not be there
 * @throws UsageError, or PcapdiagError that names the file and the place in it
 */
export async function withGateFiles(given: AnalyzeArguments, options: { baseline?: false } = {}): Promise<GateFiles> {
  const path = given.config ?? CONFIG_NAMES.find((name) => existsSync(name));
  const config =
    path === undefined
      ? {}
      : await readConfig(await contents(given.config === undefined ? path : '--config', path), path);
  const beside = (file: string | undefined): string | undefined =>
    file === undefined || path === undefined || isAbsolute(file) ? file : join(dirname(path), file);
  const { cluster = {} } = config;
  const all: AnalyzeArguments = {
    ...given,
    failOn: given.failOn ?? config.failOn,
    maxWarnings: given.maxWarnings ?? config.maxWarnings,
    requireEvidence: given.requireEvidence.length > 0 ? given.requireEvidence : (config.requireEvidence ?? []),
    baseline: given.baseline ?? beside(config.baseline),
    serviceCidrs: orElse(given.serviceCidrs, cluster.serviceCidrs),
    podCidrs: orElse(given.podCidrs, cluster.podCidrs),
    dnsServers: orElse(given.dnsServers, cluster.dnsServers),
    nodes: { ...cluster.nodes, ...given.nodes },
    inventory: given.inventory ?? beside(cluster.inventory),
    inventoryFrom: given.inventory === undefined ? `${path}: cluster.inventory` : given.inventoryFrom,
  };
  const baseline = options.baseline === false ? undefined : all.baseline;
  return {
    given: all,
    rules: config.rules ?? {},
    gate: gateOf(
      all,
      baseline === undefined
        ? []
        : await knownIn(baseline, given.baseline === undefined ? `${path}: baseline` : '--baseline'),
      path === undefined ? undefined : config,
      baseline !== undefined,
    ),
    files: [path, baseline].filter((file) => file !== undefined),
  };
}

/** @param isListed whether there is a baseline */
function gateOf(
  { failOn, maxWarnings, requireEvidence, format }: AnalyzeArguments,
  listed: readonly KnownFinding[],
  config: Config | undefined,
  isListed: boolean,
): GateSettings | undefined {
  // People read the text, and the status of the command tells what --fail-on alone asks.
  const isAsked =
    (failOn !== undefined && format !== 'text') || maxWarnings !== undefined || requireEvidence.length > 0;
  if (!isAsked && !isListed && config === undefined) return undefined;
  return {
    ...(failOn !== undefined && { failOn }),
    ...(maxWarnings !== undefined && { maxWarnings }),
    requireEvidence,
    known: [...listed, ...(config?.known ?? [])],
    today: today(),
  };
}

/** @param asked who names the file */
async function knownIn(path: string, asked: string): Promise<KnownFinding[]> {
  const content = await contents(asked, path, ' (pcapdiag baseline write makes it)');
  return knownFromBaseline(await readBaseline(content, path));
}

/**
 * The settings for a redacted report: baselines and configurations name findings and ends as reports without pseudonyms
 * do. A baseline of redacted reports has their fingerprints already.
 */
export function redactedGate(
  { known = [], ...gate }: GateSettings,
  { findings }: Report,
  redaction: Redaction | undefined,
): GateSettings {
  if (redaction === undefined) return { ...gate, known };
  const found = new Set(findings.map(({ fingerprint }) => fingerprint));
  const pseudonymOf = (fingerprint: string): string =>
    found.has(fingerprint) ? fingerprint : redaction.fingerprint(fingerprint);
  return {
    ...gate,
    known: known.map(({ fingerprint, client, server, ...entry }) => ({
      ...entry,
      ...(fingerprint !== undefined && { fingerprint: pseudonymOf(fingerprint) }),
      ...(client !== undefined && { client: redaction.text(client) }),
      ...(server !== undefined && { server: redaction.text(server) }),
    })),
  };
}

const orElse = <T>(given: readonly T[], other: readonly T[] | undefined): readonly T[] =>
  given.length > 0 ? given : (other ?? []);

/** @param asked who names the file @param hint what to do where it is not there */
async function contents(asked: string, path: string, hint = ''): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${asked}: ${error.message}${error.code === 'ENOENT' ? hint : ''}`);
  });
}
