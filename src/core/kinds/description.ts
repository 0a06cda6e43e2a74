import { z } from 'zod';
import { conditions, header, keyByWord, namespaced, optional, requiredLabels } from './header-form.ts';
import { condition, path, versions } from './path/form.ts';
import type { PathExpression } from './path/parse.ts';
import { podTemplate } from './pod-fields.ts';

/**
 * The form of a kind description: which servers a custom resource holds and where their URL, headers, Secrets
 * and certificates are written. The built-in kinds and a team's own (`kinds:` in the configuration) are the same.
 */

/** A person writes one, or a list of them. */
const oneOrList = <T extends z.ZodType>(item: T) =>
  z
    .preprocess((one) => (Array.isArray(one) || one === undefined ? one : [one]), z.array(item).min(1))
    .meta({ oneOrList: true });

/** Without a comparison a boolean field, with one a field that holds a word. */
const toggle = condition.optional();

const wholeSecret = z.strictObject({
  each: path.optional(),
  versions,
  secret: path,
  ...namespaced,
  requiredLabels,
  optional,
});

const environment = z
  .strictObject({
    each: path.optional(),
    versions,
    ...conditions,
    secret: path.optional(),
    configMap: path.optional(),
    /** Left out for a whole Secret. */
    key: path.optional(),
    keyByWord,
    ...namespaced,
    requiredLabels,
    optional,
    /** Kubernetes goes on without it, as without an imagePullSecret: missing, it is MCP205 and not MCP201. */
    tolerated: z.literal(true).optional(),
    /** Its system copies the value in plain text into what it makes (MCP103); what its author can do instead. */
    copied: z.string().optional(),
  })
  .refine(({ secret, configMap }) => (secret === undefined) !== (configMap === undefined), {
    error: 'env has exactly one of secret and configMap',
  });

/** Values written in the open. A map or list is walked, and each text in it judged under its own key. */
const plain = z.strictObject({
  each: path.optional(),
  versions,
  when: condition.optional(),
  name: path.optional(),
  value: path,
  /** A text whose lines are judged one by one, such as a configuration file. */
  lines: z.boolean().optional(),
  /** A text that is JSON: each text in it is judged under its own key. */
  json: z.boolean().optional(),
  instead: z.string().optional(),
  /** Goes instead of `instead`, where no field takes the value from a Secret: what the author can do. */
  fix: z.string().optional(),
});

const link = z.strictObject({
  each: path.optional(),
  versions,
  ...conditions,
  name: path,
  kind: path,
  /** The kind's own group when left out. */
  group: z.string().optional(),
  ...namespaced,
  /** What all of them list is made one list; of one name the last counts. */
  merged: z.literal(true).optional(),
  /** Settings of the linked object, from its root, that do nothing here. */
  useless: z.array(z.strictObject({ when: condition, why: z.string(), fix: z.string() })).prefault([]),
});

const ineffective = z.strictObject({
  each: path.optional(),
  versions,
  /** Where the setting is written; nothing is said when it is not. */
  at: path,
  ...conditions,
  why: z.string(),
  fix: z.string(),
});

const url = z.union([
  path,
  z
    .strictObject({
      /** In a text between quotes, `{name}` and `{namespace}` are the object's, for kinds that make a Service. */
      host: path,
      /** `http` or `https`, in any case. */
      scheme: path.optional(),
      /** Holds exactly when the server speaks TLS. */
      secureWhen: condition.optional(),
      /** Without a port and a default, the scheme's. */
      port: path.optional(),
      defaultPort: z.int().min(1).max(65535).optional(),
      path: path.optional(),
    })
    .refine(({ scheme, secureWhen }) => (scheme === undefined) !== (secureWhen === undefined), {
      error: 'a URL from parts has exactly one of scheme and secureWhen',
    }),
  z.strictObject({
    /** For fields that may leave the scheme out. */
    address: path,
    scheme: z.enum(['http', 'https']).default('https'),
    /** A switch for plain http, whatever scheme is written. */
    insecureWhen: toggle,
  }),
  z.strictObject({
    /** For fields with `{{ parts }}` that are filled in before the URL is called. */
    template: path,
  }),
]);

const authority = z
  .strictObject({
    ...conditions,
    secret: path.optional(),
    configMap: path.optional(),
    key: path,
    ...namespaced,
    requiredLabels,
    /** `true` for a CA that may or may not be in the client certificate's own Secret. */
    optional,
  })
  .refine(({ secret, configMap }) => (secret === undefined) !== (configMap === undefined), {
    error: 'a CA has exactly one of secret and configMap',
  });

const tls = z.strictObject({
  /** A Secret of type kubernetes.io/tls. */
  client: z.strictObject({ ...conditions, secret: path, ...namespaced, requiredLabels }).optional(),
  /** All that are written are trusted. */
  ca: z.array(authority).prefault([]),
  /** Switches. */
  unverifiedWhen: toggle,
  replaceRootsWhen: toggle,
});

const gateway = z.strictObject({
  /** Any of these that is written guards the server: it asks who is calling, or what. */
  guardedBy: z.array(path).min(1),
  /** What to call so that it does: `{name}` and `{namespace}` are the object's, `{port}` is at `port`. */
  instead: z.string(),
  port: path,
  defaultPort: z.int().min(1).max(65535),
});

const shape = z
  .strictObject({
    /** `endpoint`: not an MCP server, but something else that credentials are for. No pod can ask for it. */
    role: z.enum(['server', 'endpoint']).default('server'),
    versions,
    /**
     * A list inside the object, or a part of it that may be missing; left out when the object is one server. Several are
     * read one after the other, all of them, so that a part with the same fields in many places is described once.
     */
    each: oneOrList(path).optional(),
    ...conditions,
    /** The object's own name when left out. */
    name: path.optional(),
    url: url.optional(),
    /** By version, where `url` is a path and a version does not have all of its fields. */
    urlIn: z.record(z.string(), path).prefault({}),
    transport: z
      .strictObject({
        path: path.optional(),
        default: z.enum(['http', 'sse', 'stdio']),
        values: z.record(z.string(), z.enum(['http', 'sse', 'stdio'])).default({}),
      })
      .prefault({ default: 'http' }),
    /** Resources of the kind with the same text here run in one process, so their `variable`s are one list. */
    sharedBy: path.optional(),
    headers: z.array(header).prefault([]),
    bundles: z.array(wholeSecret).prefault([]),
    env: z.array(environment).prefault([]),
    plain: z.array(plain).prefault([]),
    podTemplates: z.array(podTemplate).prefault([]),
    links: z.array(link).prefault([]),
    ineffective: z.array(ineffective).prefault([]),
    tls: tls.prefault({}),
    gateway: gateway.optional(),
    /**
     * The system sends the headers from Secrets in an egress gateway outside the client: one value for each host name and
     * header, as it is in the Secret, and to no IP address.
     */
    egressGateway: z.literal(true).optional(),
    loopback: z.enum(['forbidden', 'allowed']).default('forbidden'),
  })
  .refine(
    ({ role, headers, egressGateway }) =>
      (role === 'server' && !egressGateway) ||
      headers.every(({ serviceAccountToken }) => serviceAccountToken === undefined),
    {
      error:
        'serviceAccountToken needs the role server and no egressGateway, because the token is for the proxy in a pod',
    },
  )
  .meta({ id: 'ServerShape' });

type WrittenShape = z.output<typeof shape>;

/** A shape as it is read: from one list, from one part of the object, or from the object. */
export type ServerShape = Omit<WrittenShape, 'each'> & { readonly each?: PathExpression };

const withOneEach = ({ each, ...shape }: WrittenShape): ServerShape[] =>
  each === undefined ? [shape] : each.map((one) => ({ ...shape, each: one }));

/** A field of the schema that looks like one of a credential, with everything below it, and is not read. */
const reviewed = z
  .strictObject({ at: path, because: z.string().min(1) })
  .refine(
    ({ at: { alternatives } }) =>
      alternatives.length === 1 && alternatives[0].kind === 'walk' && alternatives[0].from === 'root',
    { error: 'a reviewed field has one path that starts with $' },
  );

/** The object is one of many, told by a label, and what it says is YAML in one key of its `data`: there `$` begins. */
const document = z.strictObject({ label: z.string(), key: z.string() });

export type DocumentPlace = z.output<typeof document>;

export const kindDescription = z
  .strictObject({
    family: z.string(),
    /** Empty for ConfigMaps alone. */
    group: z.string(),
    kind: z.string(),
    plural: z.string(),
    /** Other words kubectl takes for the kind, besides kind, plural and singular. */
    shortNames: z.array(z.string()).default([]),
    /** Every served version, newest first. */
    versions: z.array(z.string()).min(1),
    /** `Cluster`: its objects have no namespace, and their Secrets are in the operator's. */
    scope: z.enum(['Namespaced', 'Cluster']).default('Namespaced'),
    /** Where the kind's operator runs by default; `operatorNamespaces` in the configuration says otherwise. */
    operatorNamespace: z.string().min(1).optional(),
    document: document.optional(),
    /** What needs no reading, each with its reason. */
    reviewed: z.array(reviewed).prefault([]),
    /** One, or a list where the object holds several kinds of servers and endpoints. */
    servers: oneOrList(shape).transform((shapes) => shapes.flatMap(withOneEach)),
  })
  .refine(
    ({ group, kind, document: inside }) =>
      (group === '') === (kind === 'ConfigMap') && (kind === 'ConfigMap' || !inside),
    {
      error: 'the core group has ConfigMaps, and only they hold a document',
    },
  )
  .refine(({ group, document: inside }) => group !== '' || inside !== undefined, {
    error: 'of ConfigMaps a label and a key say which hold servers, and where: document',
  })
  .refine(({ scope, operatorNamespace }) => scope === 'Namespaced' || operatorNamespace !== undefined, {
    error: 'a kind with the scope Cluster needs operatorNamespace, where its Secrets are',
  })
  .refine(
    ({ servers, operatorNamespace }) => operatorNamespace !== undefined || !names(servers, 'operator'),
    {
      error:
        'namespace: operator needs operatorNamespace, the namespace in which the operator runs by default',
    },
  );

/** Whether a pod may ask for servers of the kind: a pod names resources of its own namespace. */
export const isInjectable = ({ scope, servers }: Pick<KindDescription, 'scope' | 'servers'>): boolean =>
  scope === 'Namespaced' && servers.some(({ role }) => role === 'server');

/** Whether a path of the description has a term of this kind. */
const names = (part: unknown, kind: string): boolean =>
  typeof part === 'object' &&
  part !== null &&
  (('kind' in part && part.kind === kind) || Object.values(part).some((one) => names(one, kind)));

export type KindDescription = z.output<typeof kindDescription>;
