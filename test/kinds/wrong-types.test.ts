import { describe, expect, it } from 'vitest';
import { codes } from '../../src/core/codes.ts';
import { splitApiVersion } from '../../src/core/k8s/api-version.ts';
import type { Reading } from '../../src/core/kinds/reader.ts';
import type { KubernetesObject } from '../../src/files/documents.ts';
import {
  describedPaths,
  descriptions,
  expectedAt,
  pluralName,
  rootOf,
  rootPlace,
  withRoot,
  type Expected,
} from './described-paths.ts';
import { objectsOf } from './fixtures.ts';
import { codesOf, kindOf } from './reading.ts';

type Keys = readonly (string | number)[];

const replacements: Readonly<Record<string, unknown>> = {
  number: 7,
  string: 'text',
  list: [],
  map: {},
  null: null,
  true: true,
};

/** What each type accepts. `null` is nothing written, whatever belongs there. */
const accepted: Readonly<Record<Expected, readonly string[]>> = {
  object: ['map', 'null'],
  list: ['list', 'null'],
  string: ['string', 'null'],
  number: ['number', 'null'],
  boolean: ['true', 'null'],
  anything: Object.keys(replacements),
};

/** A text in one release and an object in another is either: `$.a.name | $.a`. */
const isAccepted = (name: string, expected: ReadonlySet<Expected>): boolean =>
  [...expected].every((type) => accepted[type].includes(name)) ||
  (expected.has('object') && expected.has('string') && (name === 'string' || name === 'map'));

/** Places where another type than ours is let pass, and why that harms nobody. */
const lenient: Readonly<Record<string, string>> = {
  metadata: 'not part of the description of a kind that lists servers: only its annotations are read',
  'metadata.annotations':
    'not part of a description: the API server takes text only, and what is no text is not read',
};

/** Places that are not read in these examples, because of what is written beside them. */
const superseded: Readonly<Record<string, string>> = {
  'spec.remoteURL': 'remoteUrl is there, which the schema wants since ToolHive 0.19',
  'spec.embeddedAuthServer.trustedIssuers.0.issuerUrl':
    'jwksUrl is there, and that is where the keys come from',
  'spec.authServerConfig.trustedIssuers.0.issuerUrl':
    'jwksUrl is there, and that is where the keys come from',
};

/** The same for places below these, in one example. */
const conditional: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'mcpservers.dapr.io payments': {
    'spec.endpoint.streamableHTTP.headers.3': "the value is in a variable of Dapr's own sidecar",
  },
  'mcpservers.dapr.io orders': {
    'spec.endpoint.sse.headers.2': "the value is in a variable of Dapr's own sidecar",
  },
  'mcpservers.dapr.io elsewhere': {
    'spec.endpoint.streamableHTTP.headers.0': 'the Secret is in another store',
  },
  'agentgatewaybackends.agentgateway.dev clients': {
    'spec.policies.auth.secretRef': 'the group is that of a resolver, whose object is no Secret',
  },
  'virtualmcpservers.toolhive.stacklok.dev everything': {
    'spec.config.compositeTools.0.parameters.properties.token': 'a text under this name is a credential',
  },
  'agents.sympozium.ai helper': { 'spec.channels.1.configRef': 'a CSI driver makes the Secret' },
  'sandboxclaims.extensions.agents.x-k8s.io bob': {
    'spec.warmpool': 'no label of Sallyport is in the claim',
  },
  'olsconfigs.ols.openshift.io cluster': {
    'spec.mcpServers.0.headers.1': "the value is the user's token",
    'spec.mcpServers.1.headers.0': "the value is the service account's token",
    'spec.llm.providers.1.type': 'credentialKey says which key it is',
  },
  'agenticruns.agentic.openshift.io restarts': Object.fromEntries(
    ['tools', 'analysis.tools', 'execution.tools', 'verification.tools'].map((tools) => [
      `spec.${tools}.mcpServers.0.headers.1`,
      "the value is the service account's token",
    ]),
  ),
  'agents.runtime.agentic-layer.ai writer': {
    'spec.tools.1.name': 'the URL is in the status of the ToolServer',
    'spec.tools.2.name': 'the URL is in the status of the ToolRoute',
    'spec.subAgents.0.name': 'the URL is in the status of the Agent',
  },
  'mcpservers.deployments.plural.sh prepared': {
    'spec.authentication.oauth.clientSecretSecretRef': 'the token exchange is off',
  },
  'mcpservers.ark.mckinsey.com search': { 'spec.headers.3': 'the value is a parameter of the Query' },
  'mcpgatewayextensions.mcp.kuadrant.io generated': {
    'spec.trustedHeadersKey.secretName': 'the operator creates the Secret',
  },
};

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every place of an object below its root. */
function placesOf(value: unknown, keys: Keys = []): Keys[] {
  const below = Array.isArray(value)
    ? value.map((item: unknown, i) => placesOf(item, [...keys, i]))
    : isMap(value)
      ? Object.entries(value).map(([key, item]) => placesOf(item, [...keys, key]))
      : [];
  return [...(keys.length > 0 ? [keys] : []), ...below.flat()];
}

/** The object with another value at one place, or without it. It shares what is elsewhere with the original. */
function changed(
  value: unknown,
  [key = '', ...rest]: Keys,
  change: 'remove' | { readonly value: unknown },
): unknown {
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<
    string | number,
    unknown
  >;
  if (rest.length > 0) copy[key] = changed(copy[key], rest, change);
  else if (change === 'remove') delete copy[key];
  else copy[key] = change.value;
  return copy;
}

const readAs = (object: KubernetesObject): Reading => {
  const { kind, owner } = kindOf(object);
  return kind.read(object, owner);
};

const resources = [...descriptions.values()].flatMap((description) =>
  objectsOf(pluralName(description), 'good.yaml')
    .filter((object) => object.kind === description.kind && rootOf(description, object) !== undefined)
    .map((object) => ({
      title: `${pluralName(description)} ${String(object.metadata?.name)}`,
      root: rootOf(description, object),
      within: rootPlace(description)
        .map((key) => `${key}.`)
        .join(''),
      readWith: (root: unknown) => readAs(withRoot(description, object, root)),
      version: splitApiVersion(object.apiVersion).version,
      paths: describedPaths(description),
    })),
);

describe.each(resources)(
  'a wrong type in $title',
  ({ title, root: object, within, readWith, version, paths }) => {
    const findingsOf = (root: unknown) => codesOf(readWith(root));
    const original = findingsOf(object);
    const unreadBelow = Object.keys(conditional[title] ?? {});
    const isConditional = (place: string) =>
      unreadBelow.some((above) => place === above || place.startsWith(`${above}.`));
    const expectedIn = (keys: Keys) => {
      const place = keys.join('.');
      return place in superseded || isConditional(place)
        ? new Set<Expected>()
        : expectedAt(paths, version, keys);
    };
    // The first two fields say what the object is; with others it is no object of this kind.
    const places = placesOf(object)
      .filter(([first]) => first !== 'apiVersion' && first !== 'kind')
      .map((keys) => ({ keys, place: keys.join('.'), expected: expectedIn(keys) }));
    const read = places.filter(({ expected }) => expected.size > 0);
    const unread = places.filter(
      ({ keys, place, expected }) =>
        expected.size === 0 && !(keys.slice(0, 2).join('.') in lenient) && !isConditional(place),
    );

    it.each(read)('at $place is MCP001 there, which is enforced', ({ keys, place, expected }) => {
      const unnoticed = Object.entries(replacements)
        .filter(([name]) => !isAccepted(name, expected))
        .filter(
          ([, value]) => !findingsOf(changed(object, keys, { value })).includes(`MCP001 ${within}${place}`),
        )
        .map(([name]) => name);
      expect(codes.MCP001.mode).toBe('enforce');
      expect(unnoticed).toEqual([]);
    });

    it.each(read)('at $place is not reported where the type is right', ({ keys, expected }) => {
      const right = Object.entries(replacements)
        .filter(([name]) => isAccepted(name, expected))
        .flatMap(([, value]) => readWith(changed(object, keys, { value })).mismatches)
        // An empty object is of the right type where an entry stands, but it is no entry: that is said of the entry.
        .filter((mismatch) => !mismatch.expected.startsWith('complete: '))
        // So is a text where only some texts mean something.
        .filter((mismatch) => !/^one (?:of|line) /.test(mismatch.expected));
      expect(right).toEqual([]);
    });

    it('of null is the same as a field left out', () => {
      const different = places
        .filter(({ keys }) => typeof keys.at(-1) === 'string')
        .filter(
          ({ keys }) =>
            findingsOf(changed(object, keys, { value: null })).join('\n') !==
            findingsOf(changed(object, keys, 'remove')).join('\n'),
        );
      expect(different.map(({ place }) => place)).toEqual([]);
    });

    it('changes nothing where nobody reads, and nowhere throws', () => {
      const noticed = unread.flatMap(({ keys, place }) =>
        Object.entries(replacements)
          .filter(
            ([, value]) => findingsOf(changed(object, keys, { value })).join('\n') !== original.join('\n'),
          )
          .map(([name]) => `${place} = ${name}`),
      );
      expect(noticed).toEqual([]);
      // A document has no metadata; those of its object are nothing it says.
      for (const place of within === '' ? Object.keys(lenient) : []) {
        for (const value of Object.values(replacements))
          expect(findingsOf(changed(object, place.split('.'), { value }))).toEqual(expect.any(Array));
      }
    });
  },
);
