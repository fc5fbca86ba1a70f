/** What Jobs that make digests on nodes need to know. */
export interface JobsRequest {
  /** Nodes with captures. */
  nodes: readonly string[];
  /** Container image with the command `pcapdiag`. */
  image: string;
  /** Folder of the captures on each node; read only. Without it, `capture` says what is to be captured. */
  captures?: string;
  /** Captures before the digest is made, on an interface of the node. */
  capture?: {
    /** Name of the interface, "any" for all. */
    interface: string;
    /** Length of the capture, whole seconds. */
    seconds: number;
    /** Container image with tcpdump. */
    image: string;
  };
  /** Name of a PersistentVolumeClaim that all nodes can write (ReadWriteMany). */
  claim?: string;
  /** In place of a claim: an S3-compatible bucket, with a Secret that holds `access-key-id` and `secret-access-key`. */
  bucket?: {
    /** URL of the store. */
    endpoint: string;
    /** Name of the bucket. */
    name: string;
    /** Name of the Secret. */
    secret: string;
  };
  /** One identifier for the captures of all nodes; a label value. */
  run: string;
  /** Namespace of the Jobs; without it that of `kubectl apply`. */
  namespace?: string;
}

/** A `v1` List for `kubectl apply`; plain data. */
export interface KubernetesList {
  /** Version of the API. */
  apiVersion: 'v1';
  /** What it is. */
  kind: 'List';
  /** Jobs, and what they need, in the order in which to apply them. */
  items: Record<string, unknown>[];
}
