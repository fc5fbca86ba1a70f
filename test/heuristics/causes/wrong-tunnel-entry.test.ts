import { expect, test } from 'vitest';
import {
  type WrongTunnelEntry,
  wrongEntryCommands,
  wrongEntryFixes,
} from '../../../src/heuristics/causes/wrong-tunnel-entry.ts';
import { namesOf } from '../../../src/heuristics/facts/names.ts';
import { evidence } from '../../support/evidence.ts';
import { adviceOf } from '../../support/rule-table.ts';

const names = namesOf(evidence());
const MAC = '02:00:00:00:00:0c';
const said = (some: Partial<WrongTunnelEntry>): { commands: string[]; fixes: string[]; shows: unknown[] } => {
  const wrong: WrongTunnelEntry = {
    sender: '10.0.0.11',
    meant: MAC,
    isMac: true,
    sentTo: '10.0.0.12',
    livesAt: ['10.0.0.13'],
    byNet: false,
    kind: 'vxlan',
    owner: '02:00:00:00:00:0d',
    ...some,
  };
  const confirm = wrongEntryCommands(wrong, names);
  return {
    commands: adviceOf({ causes: [], confirm, fix: [] }),
    fixes: adviceOf({ causes: [], confirm: [], fix: wrongEntryFixes(wrong, names) }),
    shows: confirm.map(({ shows }) => shows),
  };
};

test.each<[name: string, some: Partial<WrongTunnelEntry>]>([
  ['VXLAN, and the node that has the MAC is known', {}],
  ['VXLAN, and nobody was heard with that MAC', { livesAt: [] }],
  ['Geneve, and the node that has the MAC is known', { kind: 'geneve' }],
  ['Geneve, and nobody was heard with that MAC', { kind: 'geneve', livesAt: [] }],
  ['IPIP: by the address', { kind: 'ipip', isMac: false, meant: '10.244.2.7', owner: null }],
])('%s', (_, some) => expect(said(some)).toMatchSnapshot());
