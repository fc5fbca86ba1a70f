import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Job } from 'kubernetes-models/batch/v1';
import { ConfigMap } from 'kubernetes-models/v1';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { formatJobs } from '../../src/plan/format-jobs.ts';
import type { JobsRequest } from '../../src/plan/jobs-request.ts';
import { planJobs } from '../../src/plan/kubernetes-jobs.ts';

const WITH_CLAIM: JobsRequest = {
  nodes: ['node1', 'node2'],
  image: 'registry.example.net/pcapdiag:0.2.0',
  captures: '/var/captures',
  claim: 'digests',
  run: '7',
};
const WITH_BUCKET: JobsRequest = {
  ...WITH_CLAIM,
  namespace: 'network',
  nodes: ['ip-10-0-1-23.eu-central-1.compute.internal', `${'long-'.repeat(20)}node`],
  claim: undefined,
  bucket: { endpoint: 'https://minio.example.net:9000', name: 'captures', secret: 'minio' },
} as unknown as JobsRequest;
const CAPTURING: JobsRequest = {
  ...WITH_CLAIM,
  captures: undefined,
  capture: { interface: 'eth0', seconds: 30, image: 'registry.example.net/tcpdump:4' },
} as unknown as JobsRequest;

interface Container {
  name: string;
  command: string[];
  args: string[];
  securityContext: Record<string, unknown>;
  volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[];
}
interface PodSpec {
  nodeName?: string;
  automountServiceAccountToken: boolean;
  initContainers?: Container[];
  containers: Container[];
  volumes: Record<string, unknown>[];
}

const jobsOf = (request: JobsRequest) => planJobs(request).items.filter(({ kind }) => kind === 'Job');
const podOf = (item: Record<string, unknown>): PodSpec => (item.spec as { template: { spec: PodSpec } }).template.spec;
const containersOf = (pod: PodSpec): Container[] => [...(pod.initContainers ?? []), ...pod.containers];

describe.each([
  ['a claim', WITH_CLAIM],
  ['a bucket', WITH_BUCKET],
  ['captures of their own', CAPTURING],
])('Jobs with %s', (_, request) => {
  test('are what the schemas of Kubernetes say', () => {
    const { items } = planJobs(request);
    expect(items.map(({ kind }) => kind)).toEqual(['ConfigMap', 'Job', 'Job', 'Job']);
    for (const item of items) (item.kind === 'Job' ? new Job(item as never) : new ConfigMap(item as never)).validate();
    expect(new Set(items.map(({ metadata }) => (metadata as { name: string }).name)).size).toBe(4);
    for (const { metadata } of items)
      expect((metadata as { name: string }).name).toMatch(/^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/);
  });

  test('are pinned and locked down', () => {
    for (const [index, job] of jobsOf(request).entries()) {
      const pod = podOf(job);
      expect(pod.nodeName).toBe(request.nodes[index]);
      expect(pod.automountServiceAccountToken).toBe(false);
      for (const { name, securityContext, volumeMounts } of containersOf(pod)) {
        const added = name === 'capture' ? { add: ['NET_RAW'] } : {};
        expect(securityContext).toMatchObject({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'], ...added },
        });
        for (const mount of volumeMounts)
          if (mount.name === 'captures' && name !== 'capture') expect(mount.readOnly).toBe(true);
      }
    }
  });

  test('are the same as YAML', () => {
    const documents = parseAllDocuments(formatJobs(planJobs(request))).map((document) => document.toJS());
    expect(documents.filter((document) => document !== null)).toEqual(planJobs(request).items);
  });
});

test('the schemas see a wrong type', () => {
  const [job] = structuredClone(jobsOf(WITH_CLAIM));
  expect(() => new Job(job as never).validate()).not.toThrow();
  Object.assign(job.spec as object, { backoffLimit: 'two' });
  expect(() => new Job(job as never).validate()).toThrow();
});

test('the types know every field, and see a wrong one', { timeout: 60_000 }, () => {
  const jobs = [WITH_CLAIM, WITH_BUCKET, CAPTURING].flatMap(jobsOf);
  expect(diagnosticsOf(jobs)).toEqual([]);
  const [wrong] = structuredClone(jobs);
  Object.assign(podOf(wrong).containers[0].securityContext, { readOnlyRootFileSystem: true });
  expect(diagnosticsOf([wrong]).join('')).toContain('readOnlyRootFileSystem');
});

/** What the compiler says of objects as literals of the type `IJob`. */
function diagnosticsOf(jobs: readonly unknown[]): string[] {
  const path = resolve('test/plan/planted.ts');
  const text = `import type { IJob } from 'kubernetes-models/batch/v1';\nexport const jobs: IJob[] = ${JSON.stringify(jobs)};`;
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
  };
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists } = host;
  host.readFile = (name) => (name === path ? text : readFile(name));
  host.fileExists = (name) => name === path || fileExists(name);
  return ts
    .getPreEmitDiagnostics(ts.createProgram([path], options, host))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

test('credentials are in no Job', () => {
  const text = JSON.stringify(planJobs(WITH_BUCKET));
  expect(text).toContain('"secretKeyRef":{"name":"minio","key":"secret-access-key"}');
  expect(text).not.toMatch(/"value":"[^"]*secret/i);
});

test('the commands of the containers give a report in an ordinary shell', () => {
  const root = mkdtempSync(join(tmpdir(), 'jobs-'));
  try {
    const nodes = WITH_CLAIM.nodes.map((node) => join(root, node));
    for (const [nth, node] of nodes.entries()) {
      mkdirSync(node);
      const name = `node${nth + 1}__eno1.pcap`;
      cpSync(join('test/pcaps/losses-together', name), join(node, name));
    }
    mkdirSync(join(root, 'digests'));
    mkdirSync(join(root, 'expected'));
    const [{ data }] = planJobs({ ...WITH_CLAIM, nodes: [...WITH_CLAIM.nodes, 'node3'] }).items as {
      data: { nodes: string };
    }[];
    writeFileSync(join(root, 'expected/nodes'), data.nodes);
    const folders = (node: string): Record<string, string> => ({
      '/captures': node,
      '/digests': join(root, 'digests'),
      '/expected': join(root, 'expected'),
    });
    const run = ({ command, args }: Container, node: string, nodeName: string): string => {
      const words = args.map((word) => word.replace(/^\/(captures|digests|expected)/, (mount) => folders(node)[mount]));
      expect(command).toEqual(['pcapdiag']);
      return execFileSync(process.execPath, [resolve('bin/pcapdiag.js'), ...words], {
        encoding: 'utf8',
        env: { ...process.env, NODE_NAME: nodeName },
      });
    };
    const jobs = jobsOf(WITH_CLAIM).map((job) => containersOf(podOf(job)));
    run(jobs[0][0], nodes[0], 'node1');
    run(jobs[1][0], nodes[1], 'node2');
    expect(readdirSync(join(root, 'digests'))).toHaveLength(2);
    const whole = { ...jobs[2][0], args: jobs[2][0].args.toSpliced(1, 0, '-v') };
    const report = run(whole, '', '');
    expect(report).toContain('are lost between node1 eno1 and node2 eno1');
    expect(report.replace(/\s+/g, ' ')).toContain('node3 was expected, and its capture is missing');
  } finally {
    rmSync(root, { recursive: true });
  }
});

test.each<[Partial<JobsRequest>, string]>([
  [{ nodes: [] }, 'name at least one node'],
  [{ nodes: ['a', 'a'] }, 'a node is named twice'],
  [{ nodes: ['Node 1'] }, '"Node 1" is no name of a node'],
  [{ image: '' }, 'image: "" is no image'],
  [{ run: 'a b' }, 'run: "a b" is no label value'],
  [{ captures: 'captures' }, 'captures: "captures" is no absolute path'],
  [{ captures: '/var/../etc' }, 'leads upwards'],
  [{ capture: { interface: 'eth0', seconds: 1, image: 'x' } }, 'either the folder of captures or an interface'],
  [{ bucket: { endpoint: 'https://x', name: 'abc', secret: 's' } }, 'either a claim or a bucket'],
  [{ namespace: 'A' }, 'namespace: "A" is no name'],
])('%j: %s', (change, message) => expect(() => planJobs({ ...WITH_CLAIM, ...change })).toThrow(message));
