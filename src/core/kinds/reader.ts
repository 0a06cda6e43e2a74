import { allowDirect, annotations } from '../annotations.ts';
import type { Fields } from '../k8s/objects.ts';
import { objectLimits } from '../limits.ts';
import { measure } from '../measure.ts';
import type { Ineffective, McpServer, ObjectRef } from '../model.ts';
import { Path } from '../path.ts';
import { OverLimit, stepsOfText, Work, type Excess } from '../work.ts';
import { isInjectable, type KindDescription, type ServerShape } from './description.ts';
import { documentReader } from './document.ts';
import { knownFields, type KnownFields } from './known-fields.ts';
import type { Mismatch, Scope } from './path/evaluate.ts';
import { lastAppliedObject, saysTheSame, textsOf, type Text } from './records/elsewhere.ts';
import { gatewayReader, missingUrlReader, tlsReader, transportReader, urlReader } from './records/address.ts';
import { headersReader } from './records/headers.ts';
import { Sizes } from './sizes.ts';
import { ineffectiveReader, linkReader } from './records/links.ts';
import { plainReader } from './records/plain.ts';
import { withPodTemplates } from './records/pod-template.ts';
import { applicable, optionalPath, over, scopeOf } from './records/reads.ts';
import { envReader, wholeReader } from './records/references.ts';
import { readTlsAnnotations } from './tls-annotations.ts';

/** What a custom resource says, and the places where it says it in the wrong type. */
export interface Reading {
  readonly servers: readonly McpServer[];
  readonly mismatches: readonly Mismatch[];
  /** Where it stands how the kind is written. */
  readonly manual: string;
  readonly ineffective: readonly Ineffective[];
  /** The rest of the object; left out where only servers are judged. */
  readonly elsewhere?: Elsewhere;
  /** The object is over a limit: nothing of it is judged, and it has no servers here. */
  readonly exceeded?: Excess;
  /** What was read; left out of a part of a reading. */
  readonly object?: unknown;
}

export interface Elsewhere {
  /** Every text of the object, those that the servers were read from too. */
  texts(): Iterable<Text>;
  /** The copy that `kubectl apply` keeps in an annotation: `same` if it equals the object. */
  lastApplied(): Reading | 'same' | undefined;
}

/** A kind description made ready to read objects. */
export interface Kind {
  readonly family: string;
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly versions: readonly string[];
  /** Everything kubectl would take for it, in lower case. */
  readonly words: ReadonlySet<string>;
  /** Whether a pod may ask for its servers. */
  readonly injectable: boolean;
  /** Only objects with this label, at `true`, are of the kind. */
  readonly label?: string;
  selects(object: unknown): boolean;
  /** The fields that its description reads in this version. */
  readFields(version: string): KnownFields;
  /** Never throws; `work` is the review's, where several objects share one. */
  read(object: unknown, owner: ObjectRef, work?: Work): Reading;
}

const fits = (record: { versions?: string[] | undefined }, version: string): boolean =>
  record.versions?.includes(version) ?? true;

const urlIn = (shape: ServerShape, version: string): ServerShape['url'] => shape.urlIn[version] ?? shape.url;

/** One shape of a kind made ready, with the records of each version. */
function compileShape(shape: ServerShape, { versions, group, document }: KindDescription) {
  const each = over(shape.each);
  const applies = applicable(shape);
  const name = optionalPath(shape.name);
  const transport = transportReader(shape.transport, document !== undefined);
  const tls = tlsReader(shape.tls);
  const sharedBy = optionalPath(shape.sharedBy);
  const gateway = gatewayReader(shape.gateway);
  const records = new Map(
    versions
      .filter((version) => fits(shape, version))
      .map((version) => {
        const of = <R extends { versions?: string[] | undefined }>(list: readonly R[]) =>
          list.filter((record) => fits(record, version));
        return [
          version,
          {
            url: urlReader(urlIn(shape, version)),
            missingUrl: missingUrlReader(urlIn(shape, version)),
            headers: headersReader(of(shape.headers)),
            bundles: of(shape.bundles).map(wholeReader),
            env: of(shape.env).map(envReader),
            plain: of(shape.plain).map(plainReader),
            links: of(shape.links).map((record) => linkReader(record, group)),
            ineffective: of(shape.ineffective).map(ineffectiveReader),
          },
        ] as const;
      }),
  );

  return (from: Scope, owner: ObjectRef, direct: boolean, sizes: Sizes) => {
    const { mismatches, work } = from;
    // A version we do not know is read as the newest: its fields are the likeliest to be the same.
    const version = versions.includes(owner.version) ? owner.version : (versions[0] ?? '');
    const read = records.get(version);
    if (!read) return [];
    const items = each(from).filter(applies);
    return items.map((scope) => {
      sizes.server(scope.item.at);
      const before = mismatches.length;
      const address = read.url(scope, owner);
      const urlUnreadable = mismatches.length > before || typeof scope.item.value !== 'object';
      const urlMissing = address || urlUnreadable ? undefined : read.missingUrl(scope);
      const headers = read.headers(scope, owner);
      const shared = sharedBy(scope);
      const guarded = direct ? undefined : gateway(scope, owner);
      const server: McpServer = {
        owner,
        role: shape.role,
        name: name(scope)?.value ?? owner.name,
        listed: shape.each !== undefined,
        at: scope.item.at,
        transport: transport(scope),
        ...(address ? { url: address } : {}),
        ...(urlUnreadable ? { urlUnreadable } : {}),
        ...(urlMissing ? { urlMissing } : {}),
        ...(shared ? { sharedBy: shared.value } : {}),
        // Records are read one after the other; the author wrote one list.
        headers: work.counted(
          headers.length > 1 ? headers.toSorted((a, b) => Path.compare(a.at, b.at)) : headers,
        ),
        headerSecrets: work.counted(read.bundles.flatMap((one) => one(scope, owner))),
        env: work.counted(read.env.flatMap((one) => one(scope, owner))),
        plain: work.counted(read.plain.flatMap((one) => one(scope))),
        links: work.counted(read.links.flatMap((one) => one(scope, owner))),
        tls: tls(scope, owner),
        ...(guarded ? { gateway: guarded } : {}),
        ...(shape.egressGateway ? { egressGateway: true as const } : {}),
        loopbackForbidden: shape.loopback === 'forbidden',
      };
      sizes.add(server);
      return { server, ineffective: read.ineffective.flatMap((one) => one(scope, server.name)) };
    });
  };
}

/** Prepares one kind. */
export function compileKind(written: KindDescription, operatorNamespace = written.operatorNamespace): Kind {
  const description = withPodTemplates(written);
  const { group, kind, plural, family, versions } = description;
  // Compiled with the first object: all kinds together take 12 MB in each thread, and a cluster has objects of few.
  let compiled: readonly ReturnType<typeof compileShape>[] | undefined;
  const shapes = () => (compiled ??= description.servers.map((shape) => compileShape(shape, description)));
  const document = description.document && documentReader(description.document, description.servers);

  const readFields = new Map<string, KnownFields>();
  const manual = document
    ? "Sallyport's docs/kinds.md shows it"
    : "the resource's schema says: kubectl explain";

  return {
    family,
    group,
    kind,
    plural,
    versions,
    words: new Set([kind, plural, ...description.shortNames].map((word) => word.toLowerCase())),
    injectable: isInjectable(description),
    ...(description.document ? { label: description.document.label } : {}),
    selects: (object) => document?.selects(object) ?? true,
    readFields: (version) => {
      const known =
        readFields.get(version) ??
        knownFields(
          description.servers.map((shape) => ({ ...shape, url: urlIn(shape, version), urlIn: {} })),
        );
      // Only the versions of the description, so that no object decides how many there are.
      if (versions.includes(version)) readFields.set(version, known);
      return known;
    },
    read,
  };

  function read(object: unknown, given: ObjectRef, work = new Work()): Reading {
    // Files are read with a default namespace.
    const owner = description.scope === 'Cluster' ? { ...given, namespace: '' } : given;
    const nothing = { servers: [], mismatches: [], manual, ineffective: [], object };
    if (document?.selects(object) === false) return nothing;
    try {
      measure(object, work);
      return { ...readWithin(object, owner, work), manual, object };
    } catch (error) {
      if (error instanceof OverLimit) return { ...nothing, exceeded: error };
      throw error;
    }
  }

  function readWithin(object: unknown, owner: ObjectRef, work: Work) {
    const opened = document?.open(object, work);
    const scope = scopeOf(
      opened?.root ?? { value: object, at: Path.root },
      work,
      opened?.mismatches,
      operatorNamespace,
    );
    const sizes = new Sizes();
    // Of a document that cannot be read, that is all there is to say.
    const found =
      opened && opened.root.value === undefined
        ? []
        : shapes().flatMap((shape) => shape(scope, owner, allowsDirect(object), sizes));
    const [first, ...more] = found.map(({ server }) => server);
    const others = document?.others(object) ?? [];
    const servers = first ? [{ ...first, plain: work.counted([...first.plain, ...others]) }, ...more] : [];
    const secretsNamespace = owner.namespace || (operatorNamespace ?? '');
    const annotated = readTlsAnnotations(object, { ...owner, namespace: secretsNamespace }, servers);
    let copied: { readonly object: Fields | undefined } | undefined;
    const applied = () => (copied ??= { object: lastAppliedObject(object) }).object;
    const complete = new Sizes();
    for (const server of annotated.servers) complete.add(server);
    if (scope.mismatches.length > objectLimits.findings.most) throw new OverLimit('findings');
    return {
      servers: annotated.servers,
      mismatches: distinct(scope.mismatches),
      ineffective: [
        ...found.flatMap(({ ineffective }) => ineffective),
        ...annotated.ineffective,
        ...namesakes(annotated.servers),
      ],
      elsewhere: {
        texts: () => paidFor(textsOf(object, applied() !== undefined, opened?.parsed), work),
        lastApplied() {
          const copy = applied();
          return copy && (saysTheSame(copy, object) ? 'same' : read(copy, owner, work));
        },
      },
    };
  }
}

function* paidFor(texts: Iterable<Text>, work: Work): Generator<Text> {
  for (const text of texts) {
    work.spend(stepsOfText(text.value));
    yield text;
  }
}

const allowsDirect = (object: unknown): boolean => annotations(object).get(allowDirect) === 'true';

/** Several records may stumble over one wrong field; its author needs to hear of it once. */
function distinct(mismatches: readonly Mismatch[]): Mismatch[] {
  return [...new Map(mismatches.map((mismatch) => [String(mismatch.at), mismatch])).values()];
}

/** Servers of one list with one name: whoever reads it refuses it, or takes one of them. */
function namesakes(servers: readonly McpServer[]): Ineffective[] {
  const first = new Map<string, McpServer>();
  return servers.flatMap((server) => {
    if (!server.listed || server.role === 'endpoint') return [];
    const other = first.get(server.name);
    first.set(server.name, other ?? server);
    if (!other) return [];
    return [
      {
        at: server.at,
        server: server.name,
        why: `${String(other.at)} is called ${server.name} too, and which of the two counts depends on who reads the list`,
        fix: 'give one of them another name',
      },
    ];
  });
}
