import type { DatagramFlow, EchoExchange } from '../../../flows/evidence/evidence.ts';
import { TO_SERVER } from '../../../flows/evidence/evidence.ts';
import type { Answer } from '../../rule/grade.ts';

/**
 * Was it sent to one machine? To a group address of the link (broadcast, multicast) nobody has to answer: a directed
 * broadcast looks like any other IP address (RFC 919, 7).
 */
export const datagramIsForOne = ({ toGroup }: DatagramFlow): Answer => (toGroup[TO_SERVER] ? 'refuted' : 'passed');

/** The same for an echo request (RFC 1122, 3.2.2.6: it may be discarded silently). */
export const echoIsForOne = ({ toGroup }: EchoExchange): Answer => (toGroup ? 'refuted' : 'passed');
