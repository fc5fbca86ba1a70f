import { yamlPackage } from '../text/yaml-package.ts';
import type { KubernetesList } from './jobs-request.ts';

interface Metadata {
  name: string;
  namespace?: string;
  labels?: Record<string, string>;
}

/** The Jobs as YAML for `kubectl apply -f -`, with the commands around it as comments. */
export function formatJobs({ items }: KubernetesList): string {
  const isLast = (index: number): boolean => index === items.length - 1;
  const { name, namespace, labels = {} } = items[items.length - 1].metadata as Metadata;
  const kubectl = namespace === undefined ? 'kubectl' : `kubectl -n ${namespace}`;
  const selector = `pcapdiag/run=${labels['pcapdiag/run']},pcapdiag/step=digest`;
  const head = [
    '# Jobs of pcapdiag: one a node, and one that correlates what they made.',
    `#   ${kubectl} apply -f FILE`,
    `#   ${kubectl} wait --for=condition=complete --timeout=1h job -l ${selector}`,
    '# The last Job is suspended. Start it when the others have ended, or gave up:',
    `#   ${kubectl} patch job ${name} --type=merge -p '{"spec":{"suspend":false}}'`,
    `#   ${kubectl} logs -f job/${name}`,
  ];
  const documents = items.map((item, index) => `${yamlPackage().stringify(item)}${isLast(index) ? '' : '---\n'}`);
  return `${head.join('\n')}\n---\n${documents.join('')}`;
}
