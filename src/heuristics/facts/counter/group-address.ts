import type { DatagramFlow, EchoExchange } from '../../../flows/evidence/evidence.ts';
import { TO_SERVER } from '../../../flows/evidence/evidence.ts';
import type { Answer } from '../../rule/grade.ts';

/**
 * Was the datagram sent to one machine? A datagram to a group address of the link (broadcast, multicast) needs no
 * answer. The link address decides, because a directed broadcast looks like any other IP address (RFC 919, 7).
 */
export const datagramIsForOne = ({ toGroup }: DatagramFlow): Answer => (toGroup[TO_SERVER] ? 'refuted' : 'passed');

/** Was the echo request sent to one machine? A host may silently discard one to a group address (RFC 1122, 3.2.2.6). */
export const echoIsForOne = ({ toGroup }: EchoExchange): Answer => (toGroup ? 'refuted' : 'passed');
