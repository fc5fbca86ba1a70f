import { expect, test } from 'vitest';
import {
  againstTranslation,
  forTranslation,
  otherOwnAddressCause,
  type TwoAddresses,
  twoAddresses,
  whyInVain,
} from '../../../src/heuristics/causes/other-own-address.ts';
import { arp, connection, evidence } from '../../support/evidence.ts';
import { names, saidOtherwise } from '../../support/said-otherwise.ts';

const [ASKED, ANSWERER] = ['10.0.0.7', '10.0.0.8'];
const MAC = '02:00:00:00:00:07';

test('two addresses of one server', () => {
  const base: TwoAddresses = {
    asked: ASKED,
    answerer: ANSWERER,
    port: 53,
    askedIsMachine: false,
    service: null,
    sharedMac: null,
  };
  const said = saidOtherwise(base, (of) => ({ causes: [otherOwnAddressCause(of, names)] }), {
    'one MAC speaks for both': { sharedMac: MAC },
    'the asked one is a machine': { askedIsMachine: true },
    'it looks like a service': { service: 'so it looks' },
  });
  expect(said).toBe(
    [
      'one MAC speaks for both',
      '  - possible other-own-address',
      `  + likely other-own-address; ${MAC} speaks for both addresses by ARP`,
      'the asked one is a machine',
      '  - possible other-own-address',
      `  + likely other-own-address; ${ASKED} is the address of a machine: it is asked for by ARP, or opens connections`,
      'it looks like a service',
    ].join('\n'),
  );
  const facts = (some: Partial<TwoAddresses>) => [
    forTranslation({ ...base, ...some }),
    againstTranslation({ ...base, ...some }),
  ];
  expect(facts({})).toEqual([[], []]);
  expect(facts({ service: 'so' })).toEqual([[`${ASKED} looks like a service address: so`], []]);
  expect(facts({ askedIsMachine: true })).toEqual([[], [`${ASKED} is the address of a machine, and of no service`]]);
});

test('what the capture shows of two addresses', () => {
  const speaks = (asker: string, askerMac: string) => arp({ asker, askerMac, target: '10.0.0.1' });
  const shown = (asked: string, answerer: string) =>
    twoAddresses(evidence({ arp: [speaks(ASKED, asked), speaks(ANSWERER, answerer)] }), 0, ASKED, ANSWERER, 53);
  expect(shown(MAC, MAC)).toEqual({
    asked: ASKED,
    answerer: ANSWERER,
    port: 53,
    askedIsMachine: true,
    service: null,
    sharedMac: MAC,
  });
  expect(shown(MAC, '02:00:00:00:00:08').sharedMac).toBeNull();
  const opens = connection({ client: `${ASKED}:1`, server: '10.9.9.9:2' }, { established: true });
  const ofService = '10.96.0.10';
  expect(twoAddresses(evidence({ connections: [opens] }), 0, ASKED, ANSWERER, 53).askedIsMachine).toBe(true);
  expect(twoAddresses(evidence(), 0, ofService, ANSWERER, 53)).toMatchObject({
    askedIsMachine: false,
    service: expect.stringContaining('10.96.0.0/12'),
  });
});

test('why the answers are in vain: what ICMP says, where it says something', () => {
  expect([0, 1, 2].map((rejected) => /ICMP errors come back about (\S+) of/.exec(whyInVain(rejected))?.[1])).toEqual([
    undefined,
    '1',
    '2',
  ]);
});
