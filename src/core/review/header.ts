import { displayName } from './admission.ts';

/** What an AdmissionReview says before its objects. */
export interface ReviewHeader {
  readonly uid: string;
  readonly operation: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** The API server writes at most 2 kB before the user and the objects. */
export const headerBytes = 16 * 1024;

/**
 * The beginning of an AdmissionReview, without parsing its objects: the API server writes `userInfo`, `object` and
 * `oldObject` after these fields. `undefined` if the text begins otherwise. In JSON, a quote inside a string is escaped,
 * so a value cannot imitate a key.
 */
export function readHeader(text: string): ReviewHeader | undefined {
  const end = text.search(/,"(?:userInfo|object|oldObject)":/);
  if (end === -1) return undefined;
  const request = requestIn(`${text.slice(0, end)}}}`);
  const kind = request?.['kind'];
  const of = (value: unknown) => (typeof value === 'string' ? value : '');
  const uid = of(request?.['uid']);
  if (!request || uid === '') return undefined;
  const [namespace, name] = [of(request['namespace']), of(request['name'])];
  return {
    uid,
    operation: of(request['operation']),
    kind: isObject(kind) ? of(kind['kind']) : '',
    namespace,
    name: displayName({ namespace: '', name, object: undefined }),
  };
}

const userBegins = ',"userInfo":{"username":';

/** Who sends the review: the first field of `userInfo`, where the API server writes it. Empty if the text begins otherwise. */
export function readUsername(text: string): string {
  const begin = text.indexOf(userBegins);
  if (begin === -1) return '';
  const quoted = /"(?:[^"\\]|\\.)*"/y;
  quoted.lastIndex = begin + userBegins.length;
  const [found] = quoted.exec(text) ?? [];
  if (found === undefined) return '';
  try {
    return String(JSON.parse(found));
  } catch {
    return '';
  }
}

function requestIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const review: unknown = JSON.parse(text);
    return isObject(review) && isObject(review['request']) ? review['request'] : undefined;
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
