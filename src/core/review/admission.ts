import { shortened } from '../finding.ts';
import { objectLimits } from '../limits.ts';

/**
 * AdmissionReview v1, as far as we read it. Everything else in a request stays `unknown` and is never copied,
 * logged or echoed.
 */
export interface AdmissionRequest {
  readonly uid: string;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly resource: string;
  readonly subResource: string;
  /** Authoritative: the object's own namespace may be blank or wrong. */
  readonly namespace: string;
  readonly name: string;
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  readonly requester: Requester;
  readonly dryRun: boolean;
  readonly object: unknown;
  readonly oldObject: unknown;
}

/** Who makes the request, with all that an authorizer may look at. */
export interface Requester {
  readonly username: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** What is wrong with a body, in one line; `uid` when the answer can still be matched to its request. */
export interface NotARequest {
  readonly kind: 'invalid';
  readonly problem: string;
  readonly uid?: string;
}

type JsonObject = Record<string, unknown>;
const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export type DecodedReview = { readonly kind: 'valid'; readonly request: AdmissionRequest } | NotARequest;

/** Reads a parsed body: the request, or why it is not one. Never throws. */
export function decodeReview(body: unknown): DecodedReview {
  if (!isObject(body)) return { kind: 'invalid', problem: 'the body is not an AdmissionReview object' };
  if (body['apiVersion'] !== 'admission.k8s.io/v1' || body['kind'] !== 'AdmissionReview')
    return {
      kind: 'invalid',
      problem: 'apiVersion and kind must be admission.k8s.io/v1 and AdmissionReview',
    };
  const request = body['request'];
  if (!isObject(request)) return { kind: 'invalid', problem: 'request is missing' };
  const uid = request['uid'];
  if (typeof uid !== 'string' || uid === '') return { kind: 'invalid', problem: 'request.uid is missing' };
  const problem = (text: string): NotARequest => ({ kind: 'invalid', problem: text, uid });

  const kind = names(request['kind'], ['group', 'version', 'kind']);
  if (!kind) return problem('request.kind must hold group, version and kind');
  const resource = names(request['resource'], ['group', 'version', 'resource']);
  if (!resource) return problem('request.resource must hold group, version and resource');
  const operation = request['operation'];
  if (operation !== 'CREATE' && operation !== 'UPDATE' && operation !== 'DELETE' && operation !== 'CONNECT')
    return problem('request.operation must be CREATE, UPDATE, DELETE or CONNECT');
  const texts = optionalTexts(request, ['namespace', 'name', 'subResource']);
  if (!texts) return problem('request.namespace, name and subResource must be strings');
  const dryRun = request['dryRun'] ?? false;
  if (typeof dryRun !== 'boolean') return problem('request.dryRun must be true or false');
  const requester = requesterOf(request['userInfo'] ?? {});
  if (!requester) return problem('request.userInfo must hold strings and lists of strings');
  if ((operation === 'CREATE' || operation === 'UPDATE') && !isObject(request['object']))
    return problem('request.object must be an object');
  if (operation === 'UPDATE' && !isObject(request['oldObject']))
    return problem('request.oldObject must be an object');

  const [group = '', version = '', kindName = ''] = kind;
  const [namespace = '', name = '', subResource = ''] = texts;
  const decoded: AdmissionRequest = {
    uid,
    group,
    version,
    kind: kindName,
    resource: resource[2] ?? '',
    subResource,
    namespace,
    name,
    operation,
    requester,
    dryRun,
    object: request['object'],
    oldObject: request['oldObject'],
  };
  return { kind: 'valid', request: decoded };
}

function requesterOf(value: unknown): Requester | undefined {
  if (!isObject(value)) return undefined;
  const texts = optionalTexts(value, ['username', 'uid']);
  const groups = value['groups'] ?? [];
  const extra = value['extra'] ?? {};
  if (!texts || !isTexts(groups) || !isObject(extra)) return undefined;
  const entries = Object.entries(extra).filter((entry): entry is [string, string[]] => isTexts(entry[1]));
  if (entries.length < Object.keys(extra).length) return undefined;
  const [username = '', uid = ''] = texts;
  return { username, uid, groups, extra: Object.fromEntries(entries) };
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');

function names(value: unknown, keys: readonly string[]): string[] | undefined {
  if (!isObject(value)) return undefined;
  // The core group is the empty string, and Go leaves empty strings out.
  const found = keys.map((key) => value[key] ?? (key === 'group' ? '' : undefined));
  return found.every((text): text is string => typeof text === 'string') ? found : undefined;
}

function optionalTexts(value: JsonObject, keys: readonly string[]): string[] | undefined {
  const found = keys.map((key) => value[key] ?? '');
  return found.every((text): text is string => typeof text === 'string') ? found : undefined;
}

/** The object's name as a person would say it; pods made by a controller have only a prefix yet, and an owner. */
export function displayName(request: Pick<AdmissionRequest, 'namespace' | 'name' | 'object'>): string {
  const metadata =
    isObject(request.object) && isObject(request.object['metadata']) ? request.object['metadata'] : {};
  const { name: own, generateName } = metadata;
  const name = request.name !== '' ? request.name : typeof own === 'string' ? own : '';
  const shown =
    name !== ''
      ? name
      : typeof generateName === 'string'
        ? `${generateName}*${ownerOf(metadata)}`
        : '(no name)';
  // The API server asks before it checks how long a name is.
  const short = shortened(shown, objectLimits.nameLength.most);
  return request.namespace === '' ? short : `${request.namespace}/${short}`;
}

/** ` of ReplicaSet agent-5d8f`: what a person finds in the cluster when the pod was never stored. */
function ownerOf({ ownerReferences }: JsonObject): string {
  const owners = Array.isArray(ownerReferences) ? ownerReferences.filter(isObject) : [];
  const owner = owners.find((one) => one['controller'] === true);
  if (typeof owner?.['kind'] !== 'string' || typeof owner['name'] !== 'string') return '';
  return ` of ${owner['kind']} ${owner['name']}`;
}
