import { expect, test } from 'vitest';
import { type Limits, limitsOfOne, rowsOfFirstPass } from '../../src/flows/limits.ts';

const MIB = 1_048_576;

/** What each of up to four captures keeps that are compared with each other. */
const EACH_OF_FOUR: Limits = {
  flowBytes: 440 * MIB,
  otherBytes: 160 * MIB,
  handedOnBytes: Number.POSITIVE_INFINITY,
  sightings: 1_500_000,
  sightingHeads: 0,
  points: 4096,
  biflows: 200_000,
  connections: 1_000_000,
  unackedSegments: 1_000_000,
  keptConnections: 20_000,
  keptOrdinary: 0,
  keptConnectionsAlone: 2000,
  ordinaryExchangesAlone: 500,
  sightingsAlone: 98_000,
  contents: 20_000,
  applicationErrors: 20_000,
  applicationUses: 20_000,
  timeServers: 5000,
  dnsExchanges: 50_000,
  echoExchanges: 50_000,
  arpExchanges: 20_000,
  claims: 10_000,
  leases: 1000,
  datagrams: 100_000,
  icmpErrors: 5000,
  probes: 10_000,
  tunnels: 4096,
  hosts: 50_000,
  openFragments: 4096,
  fragments: 1000,
  loops: 100,
  carriers: 1000,
  countedValues: 32,
  packetsPerItem: 16,
  comments: 100,
  commentLength: 2000,
  problems: 100,
  tunnelChecksums: 64,
  pointChecksums: 2000,
  checkedFlows: 500_000,
  checkedDirections: 2000,
  checkedFirstData: 256,
  checkedSenders: 4096,
};

/** The limits that `captures` captures share, by hand: four times the limit of one, by their number, rounded up. */
const CASES: Record<number, Partial<Limits>> = {
  // 250 MB together with Node and the report (DECISIONS.md).
  1: { flowBytes: 36 * MIB, otherBytes: 31 * MIB, handedOnBytes: 34 * MIB },
  2: {},
  4: {},
  5: {
    keptConnections: 16_000,
    dnsExchanges: 40_000,
    echoExchanges: 40_000,
    arpExchanges: 16_000,
    claims: 8000,
    leases: 800,
    datagrams: 80_000,
    icmpErrors: 4000,
    probes: 8000,
    fragments: 800,
    otherBytes: 128 * MIB,
    keptOrdinary: 80_000,
  },
  17: {
    keptConnections: 4706,
    dnsExchanges: 11_765,
    echoExchanges: 11_765,
    arpExchanges: 4706,
    claims: 2353,
    leases: 236,
    datagrams: 23_530,
    icmpErrors: 1177,
    probes: 2353,
    fragments: 236,
    otherBytes: (640 * MIB) / 17,
    keptOrdinary: 23_530,
    hosts: 47_059,
  },
  // 8 MB are kept in any case.
  100: {
    keptConnections: 800,
    dnsExchanges: 2000,
    echoExchanges: 2000,
    arpExchanges: 800,
    claims: 400,
    leases: 40,
    datagrams: 4000,
    icmpErrors: 200,
    probes: 400,
    fragments: 40,
    otherBytes: 8 * MIB,
    keptOrdinary: 4000,
    hosts: 8000,
  },
};

test.each(Object.entries(CASES))('what each of %s captures keeps', (captures, shared) => {
  expect(limitsOfOne(Number(captures))).toEqual({ ...EACH_OF_FOUR, ...shared });
});

test('rows of the first pass: of up to four captures, and of more', () => {
  expect([1, 4, 5, 500].map(rowsOfFirstPass)).toEqual([600_000, 600_000, 4_000_000, 4_000_000]);
});
