/** Captures of many nodes as Kubernetes Jobs: one a node that makes digests, and one that correlates them. */
import { createHash } from 'node:crypto';
import { PcapdiagError } from '../text/pcapdiag-error.ts';
import type { JobsRequest, KubernetesList } from './jobs-request.ts';

/** A user that owns nothing (nonroot of distroless images). Captures have to be readable for others. */
const NOBODY = 65_532;
/** Copies folders to and from buckets, and takes its credentials from the environment. */
const COPY_IMAGE = 'docker.io/rclone/rclone:1';
/** Most characters of a name of a Job, whose pods carry it as a label (RFC 1123). */
const LABEL_LENGTH = 63;
const HOUR = 3600;

const NO_PRIVILEGES = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
} as const;
/** A digest takes up to 250 MB of memory, a correlation of hundreds more. */
const DIGEST_RESOURCES = { requests: { cpu: '100m', memory: '256Mi' }, limits: { cpu: '1', memory: '512Mi' } };
const REDUCE_RESOURCES = { requests: { cpu: '500m', memory: '512Mi' }, limits: { cpu: '2', memory: '4Gi' } };
const COPY_RESOURCES = { requests: { cpu: '50m', memory: '64Mi' }, limits: { cpu: '500m', memory: '256Mi' } };

/**
 * Jobs that are pinned to their nodes, have no token of a service account and no capability, and write nothing but
 * digests.
 *
 * @throws PcapdiagError 'bad-option' that names the value
 */
export function planJobs(request: JobsRequest): KubernetesList {
  assertRequest(request);
  const names = new Map(request.nodes.map((node) => [node, jobName('digest', request.run, node)]));
  return {
    apiVersion: 'v1',
    kind: 'List',
    items: [
      expectation(request),
      ...request.nodes.map((node) => digestJob(request, node, names.get(node) as string)),
      reduceJob(request),
    ],
  };
}

// ---------------------------------------------------------------------------------------------- one node

function digestJob(request: JobsRequest, node: string, name: string): Record<string, unknown> {
  const { image, run, capture, captures, bucket } = request;
  const digest = {
    name: 'digest',
    image,
    command: ['pcapdiag'],
    args: ['digest', '--run', run, '-o', '/digests', '/captures'],
    env: [{ name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
    securityContext: NO_PRIVILEGES,
    resources: DIGEST_RESOURCES,
    volumeMounts: [
      { name: 'captures', mountPath: '/captures', readOnly: true },
      { name: 'digests', mountPath: '/digests' },
    ],
  };
  const before = capture === undefined ? [] : [captureContainer(capture)];
  const steps = bucket === undefined ? [...before, digest] : [...before, digest, copyContainer(request, 'upload')];
  return job(
    request,
    { name, step: 'digest' },
    {
      nodeName: node,
      // A taint must not drive the job away from the node that it is about.
      tolerations: [{ operator: 'Exists' }],
      ...(capture !== undefined && { hostNetwork: true }),
      ...inOrder(steps),
      volumes: [
        captures === undefined
          ? { name: 'captures', emptyDir: { sizeLimit: '4Gi' } }
          : { name: 'captures', hostPath: { path: captures, type: 'Directory' } },
        digestsVolume(request),
      ],
    },
  );
}

/** Raw sockets need one capability, and tcpdump has it as root only. */
function captureContainer({ interface: device, seconds, image }: NonNullable<JobsRequest['capture']>) {
  const file = `/captures/${device.replace(/[^\w.-]/g, '_')}.pcap`;
  return {
    name: 'capture',
    image,
    command: ['sh', '-c', 'timeout -s INT "$1" tcpdump -Z root -p -n -s 200 -i "$2" -w "$3" || test -s "$3"'],
    args: ['capture', String(seconds), device, file],
    securityContext: {
      ...NO_PRIVILEGES,
      runAsUser: 0,
      runAsNonRoot: false,
      capabilities: { drop: ['ALL'], add: ['NET_RAW'] },
    },
    resources: DIGEST_RESOURCES,
    volumeMounts: [{ name: 'captures', mountPath: '/captures' }],
  };
}

// ---------------------------------------------------------------------------------------------- all nodes

const EXPECTED = 'expected';

/** What should be there: a node whose job did not end is in the report. */
const expectation = ({ nodes, namespace, run }: JobsRequest): Record<string, unknown> => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: jobName(EXPECTED, run), ...(namespace !== undefined && { namespace }), labels: labels(run) },
  data: { nodes: `${nodes.join('\n')}\n` },
});

function reduceJob(request: JobsRequest): Record<string, unknown> {
  const { image, run, bucket } = request;
  const correlate = {
    name: 'correlate',
    image,
    command: ['pcapdiag'],
    args: ['correlate', '--fail-on', 'never', '--expect', `/${EXPECTED}/nodes`, '/digests'],
    securityContext: NO_PRIVILEGES,
    resources: REDUCE_RESOURCES,
    volumeMounts: [
      { name: 'digests', mountPath: '/digests', readOnly: true },
      { name: EXPECTED, mountPath: `/${EXPECTED}`, readOnly: true },
    ],
  };
  return job(
    request,
    { name: jobName('correlate', run), step: 'correlate' },
    {
      ...inOrder(bucket === undefined ? [correlate] : [copyContainer(request, 'download'), correlate]),
      volumes: [digestsVolume(request), { name: EXPECTED, configMap: { name: jobName(EXPECTED, run) } }],
    },
  );
}

// ---------------------------------------------------------------------------------------------- their parts

/** Every container but the last one is an init container, so each begins when the one before has ended well. */
const inOrder = (containers: readonly object[]): Record<string, unknown> => ({
  ...(containers.length > 1 && { initContainers: containers.slice(0, -1) }),
  containers: containers.slice(-1),
});

function job(
  { namespace, run }: JobsRequest,
  { name, step }: { name: string; step: 'digest' | 'correlate' },
  pod: Record<string, unknown>,
): Record<string, unknown> {
  const own = { ...labels(run), 'pcapdiag/step': step };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, ...(namespace !== undefined && { namespace }), labels: own },
    spec: {
      // Correlation begins when the other Jobs have ended.
      suspend: step === 'correlate',
      backoffLimit: 2,
      activeDeadlineSeconds: HOUR,
      ttlSecondsAfterFinished: 24 * HOUR,
      template: {
        metadata: { labels: own },
        spec: {
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: NOBODY,
            runAsGroup: NOBODY,
            fsGroup: NOBODY,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          ...pod,
        },
      },
    },
  };
}

const labels = (run: string): Record<string, string> => ({
  'app.kubernetes.io/name': 'pcapdiag',
  'pcapdiag/run': run,
});

const digestsVolume = ({ claim }: JobsRequest): Record<string, unknown> =>
  claim === undefined
    ? { name: 'digests', emptyDir: { sizeLimit: '4Gi' } }
    : { name: 'digests', persistentVolumeClaim: { claimName: claim } };

function copyContainer({ bucket, run }: JobsRequest, name: 'upload' | 'download'): Record<string, unknown> {
  const { endpoint, name: bucketName, secret } = bucket as NonNullable<JobsRequest['bucket']>;
  const remote = `store:${bucketName}/${run}`;
  const credential = (variable: string, key: string) => ({
    name: variable,
    valueFrom: { secretKeyRef: { name: secret, key } },
  });
  return {
    name,
    image: COPY_IMAGE,
    command: ['rclone'],
    args: ['copy', ...(name === 'upload' ? ['/digests', remote] : [remote, '/digests'])],
    env: [
      { name: 'RCLONE_CONFIG_STORE_TYPE', value: 's3' },
      { name: 'RCLONE_CONFIG_STORE_PROVIDER', value: 'Other' },
      { name: 'RCLONE_CONFIG_STORE_ENDPOINT', value: endpoint },
      credential('RCLONE_CONFIG_STORE_ACCESS_KEY_ID', 'access-key-id'),
      credential('RCLONE_CONFIG_STORE_SECRET_ACCESS_KEY', 'secret-access-key'),
    ],
    securityContext: NO_PRIVILEGES,
    resources: COPY_RESOURCES,
    volumeMounts: [{ name: 'digests', mountPath: '/digests', ...(name === 'upload' && { readOnly: true }) }],
  };
}

/** Names that were shortened, or had other characters, end with digits of their SHA-256, so that they stay distinct. */
function jobName(...parts: readonly string[]): string {
  const whole = ['pcapdiag', ...parts].join('-');
  const plain = whole
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/-+$/, '');
  if (plain === whole && whole.length <= LABEL_LENGTH) return whole;
  const digits = createHash('sha256').update(whole).digest('hex').slice(0, 8);
  return `${plain.slice(0, LABEL_LENGTH - 9).replace(/-+$/, '')}-${digits}`;
}

// ---------------------------------------------------------------------------------------------- what is asked

const LABEL_VALUE = /^[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?$/;
const DNS_NAME = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/;
const IMAGE = /^[\w][\w./:@-]{0,254}$/;

function assertRequest(request: JobsRequest): void {
  const { nodes, image, captures, capture, claim, bucket, run, namespace } = request;
  if (nodes.length === 0) wrong('name at least one node');
  for (const node of nodes) if (!DNS_NAME.test(node)) wrong(`${quoted(node)} is no name of a node`);
  if (new Set(nodes).size < nodes.length) wrong('a node is named twice');
  if (!IMAGE.test(image)) wrong(`image: ${quoted(image)} is no image`);
  if (!LABEL_VALUE.test(run)) wrong(`run: ${quoted(run)} is no label value`);
  if (namespace !== undefined && !DNS_NAME.test(namespace)) wrong(`namespace: ${quoted(namespace)} is no name`);
  if ((captures === undefined) === (capture === undefined)) wrong('give either the folder of captures or an interface');
  if (captures !== undefined && !/^\/[^\0]+$/.test(captures))
    wrong(`captures: ${quoted(captures)} is no absolute path`);
  if (captures?.split('/').includes('..')) wrong(`captures: ${quoted(captures)} leads upwards`);
  if (capture !== undefined) {
    const { interface: device, seconds, image: own } = capture;
    if (!/^[\w.@:-]{1,15}$/.test(device)) wrong(`capture: ${quoted(device)} is no interface`);
    if (!(Number.isInteger(seconds) && seconds >= 1 && seconds <= HOUR)) wrong('seconds must be 1 to 3600');
    if (!IMAGE.test(own)) wrong(`capture-image: ${quoted(own)} is no image`);
  }
  if ((claim === undefined) === (bucket === undefined)) wrong('give either a claim or a bucket');
  if (claim !== undefined && !DNS_NAME.test(claim)) wrong(`claim: ${quoted(claim)} is no name`);
  if (bucket === undefined) return;
  if (!/^https?:\/\/[^\s@]+$/.test(bucket.endpoint))
    wrong(`bucket: ${quoted(bucket.endpoint)} is no address of a store`);
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket.name)) wrong(`bucket: ${quoted(bucket.name)} is no bucket`);
  if (!DNS_NAME.test(bucket.secret)) wrong(`secret: ${quoted(bucket.secret)} is no name`);
}

const quoted = (given: string): string => JSON.stringify(given);

function wrong(message: string): never {
  throw new PcapdiagError('bad-option', message);
}
