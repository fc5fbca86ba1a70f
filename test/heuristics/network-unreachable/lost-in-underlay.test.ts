import { lostInUnderlay } from '../../../src/heuristics/network-unreachable/lost-in-underlay.ts';
import { heuristicTable } from '../../support/evidence.ts';
import { vanishedRows } from './vanished-rows.ts';

heuristicTable(lostInUnderlay, vanishedRows(['node1', 'node2']));
