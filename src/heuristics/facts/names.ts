import type { Evidence } from '../../flows/evidence/evidence.ts';
import { isPublic } from '../../text/addresses.ts';
import type { Names } from '../rule/rule.ts';
import { machineAt, nodeOf } from './hosts/machines.ts';
import { serviceAddressesOf } from './service-addresses.ts';

/** Names of points, machines and addresses for the words of findings. */
export function namesOf(evidence: Evidence): Names {
  const address = (text: string): string => {
    const name = evidence.known.names[text];
    return name === undefined ? text : `${text} (${name})`;
  };
  const isService = (text: string): boolean => serviceAddressesOf(evidence).signOf(text) !== null;
  const isCapturedThere = (text: string): boolean =>
    evidence.points.some(({ index }) => machineAt(evidence, index).address === text);
  return {
    point: (index) => evidence.points[index].name,
    address,
    device: (index) => evidence.points[index].interfaceName,
    host(index) {
      const { given, address: own, pod, isNode } = machineAt(evidence, index);
      if (given !== null) return given;
      if (own !== null) return `the ${isNode ? 'node' : 'machine'} with ${address(own)}`;
      if (pod !== null) return `the node of ${address(pod)}`;
      return `the machine where ${stemOf(evidence.points[index].name)} was captured`;
    },
    machine: (text) => (isService(text) ? `a pod behind ${address(text)}` : address(text)),
    nodeOf(text) {
      if (isService(text)) return `the node of a pod behind ${address(text)}`;
      const node = nodeOf(evidence, text);
      if (node !== null) return `the node with ${address(node)}`;
      if (isCapturedThere(text)) return `the machine with ${address(text)}`;
      const isNode = evidence.known.nodes[text] !== undefined || evidence.tunnels.some(({ source }) => source === text);
      if (!isNode && isPublic(text)) return `the gateway towards ${address(text)}`;
      return `the node ${isNode ? 'with' : 'of'} ${address(text)}`;
    },
  };
}

/** The name of a capture without the ending of its file. */
const stemOf = (name: string): string => name.replace(/\.(?:pcapng|pcap|cap)(?=\.|\s|$)/i, '');
