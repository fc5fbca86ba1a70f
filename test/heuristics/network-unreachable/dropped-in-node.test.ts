import { droppedInNode } from '../../../src/heuristics/network-unreachable/dropped-in-node.ts';
import { heuristicTable } from '../../support/evidence.ts';
import { vanishedRows } from './vanished-rows.ts';

heuristicTable(droppedInNode, vanishedRows(['node1', 'node1']));
