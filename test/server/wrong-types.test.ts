import { describe, expect, it } from 'vitest';
import {
  labelledPod,
  remoteProxy,
  remoteServer,
  startWebhook,
  updateOf,
  reviewOf,
} from '../support/webhook.ts';

type Json = Record<string, unknown>;

/** Every field of a request, one at a time, with every type of JSON in its place. */
const replacements: readonly unknown[] = [7, 'text', '', [], [7], {}, { a: 1 }, null, true];

function placesIn(value: unknown, at: readonly (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, child]) => {
    const here = [...at, Array.isArray(value) ? Number(name) : name];
    return [here, ...placesIn(child, here)];
  });
}

function replaced(value: unknown, [key, ...rest]: readonly (string | number)[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy: unknown = structuredClone(value);
  const fields = copy as Json;
  fields[key] = replaced(fields[key], rest, by);
  return copy;
}

/** Fields that say nothing about the decision: whatever stands there, the answer may be the same as without them. */
const meaningless = [
  // Which version and group the resource has: the kind, with its group, already says what the object is.
  /^request\.resource\.(group|version)$/,
  // An unknown version is read as the newest.
  /^request\.kind\.version$/,
  // Only the name matters to a mode; groups are for reviews of access.
  /^request\.userInfo(\.(username|groups(\.\d+)?))?$/,
  /^request\.(requestKind(\..*)?|name|dryRun|uid)$/,
  // What an object says about itself; the request's own words count.
  /^request\.object\.(apiVersion|kind|metadata\.(name|namespace))$/,
  // There is nothing to compare with on CREATE.
  /^request\.oldObject$/,
];

/** Replacements that mean something, and something harmless: the reference that was wrong is not written any more. */
const harmless: readonly (readonly [RegExp, readonly unknown[]])[] = [
  // Other verbs than these are refused; a subresource is another object.
  [/^request\.subResource$/, ['text']],
  // Without headers there is nothing to deny.
  [/^request\.object\.spec\.headerForward$/, [{}, { a: 1 }, null]],
  [/^request\.object\.spec\.headerForward\.addHeadersFromSecret$/, [[], null]],
  // The resource's own schema demands these; the API server applied it before or will after us.
  [/\.addHeadersFromSecret\.0$/, [{}, { a: 1 }, null]],
  [/\.addHeadersFromSecret\.0\.headerName$/, [null]],
  [/\.addHeadersFromSecret\.0\.valueSecretRef$/, [{}, { a: 1 }, null]],
  [/\.valueSecretRef\.name$/, [null]],
];

function mayAllow(place: string, by: unknown): boolean {
  const is = JSON.stringify(by);
  return (
    meaningless.some((pattern) => pattern.test(place)) ||
    harmless.some(
      ([pattern, allowed]) => pattern.test(place) && allowed.some((one) => JSON.stringify(one) === is),
    )
  );
}

describe('a value of the wrong type', () => {
  it.each([
    ['CREATE of a resource', '/validate', reviewOf(remoteProxy(), { subResource: '' })],
    [
      'UPDATE of a resource',
      '/validate',
      updateOf(remoteServer([]), remoteServer([{ name: 'X-Api-Key', value: 'abcdefgh12345678' }])),
    ],
  ])('never turns a denial of a %s into an allowance', async (_what, target, review) => {
    const { call } = await startWebhook();
    const cases = placesIn(review)
      .filter((keys) => !(keys[0] === 'request' && keys[1] === 'oldObject' && keys.length > 2))
      .flatMap((keys) => replacements.map((by) => ({ keys, place: keys.join('.'), by })));
    expect(cases.length).toBeGreaterThan(150);
    const outcomes = await Promise.all(
      cases.map(async ({ keys, place, by }) => {
        const { status, text } = await call(target, { body: JSON.stringify(replaced(review, keys, by)) });
        const answer = JSON.parse(text) as { response?: { allowed: boolean; status?: { code: number } } };
        return { place, by, status, response: answer.response };
      }),
    );
    const known = [200, 400];
    const crashed = outcomes.filter(
      ({ status, response }) => !known.includes(status) || response?.status?.code === 500,
    );
    expect(crashed).toEqual([]);
    const letThrough = outcomes.filter(
      ({ place, by, response }) => response?.allowed === true && !mayAllow(place, by) && !listGone(place, by),
    );
    expect(letThrough.map(({ place, by }) => `${place} = ${JSON.stringify(by)}`)).toEqual([]);
  });

  it('in a labelled pod is a patch that applies, a denial or nothing, never a failure', async () => {
    const pod = {
      ...labelledPod('mcpremoteproxy/github'),
      spec: {
        os: { name: 'linux' },
        hostNetwork: false,
        containers: [
          {
            name: 'app',
            env: [{ name: 'A', value: 'b' }],
            ports: [{ containerPort: 80 }],
            volumeMounts: [{ name: 'data', mountPath: '/data' }],
          },
        ],
        initContainers: [{ name: 'init' }],
        volumes: [{ name: 'data', emptyDir: {} }],
      },
    };
    const { call } = await startWebhook({ objects: { 'proxy.yaml': [remoteProxy()] } });
    const review = reviewOf(pod);
    const cases = placesIn(review['request'])
      .filter(([first]) => first === 'object')
      .flatMap((keys) => replacements.map((by) => ({ keys, by })));
    const failed = await Promise.all(
      cases.map(async ({ keys, by }) => {
        const body = JSON.stringify(replaced(review, ['request', ...keys], by));
        const { status, text } = await call('/mutate', { body });
        const { response } = JSON.parse(text) as { response?: { status?: { code: number } } };
        const fine = status === 200 && (response?.status?.code ?? 200) !== 500;
        return fine ? [] : [`${keys.join('.')} = ${JSON.stringify(by)}: ${text}`];
      }),
    );
    expect(failed.flat()).toEqual([]);
  });
});

/** The UPDATE's one bad header: a list without it has nothing to deny, and a header without a value sends none. */
function listGone(place: string, by: unknown): boolean {
  const is = JSON.stringify(by);
  if (place === 'request.object.spec.headersFrom') return is === '[]' || is === 'null';
  if (place === 'request.object.spec.headersFrom.0') return ['{}', '{"a":1}', 'null'].includes(is);
  if (place === 'request.object.spec.headersFrom.0.value')
    return is === 'null' || is === '""' || is === '"text"';
  if (place === 'request.object.spec.headersFrom.0.name') return is === 'null' || is === '"text"';
  return false;
}
