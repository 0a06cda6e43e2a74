import path from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { compileKinds, splitApiVersion } from '../../src/core/kinds/index.ts';
import { parseDocuments, type KubernetesObject } from '../../src/files/documents.ts';
import {
  fixtureFiles,
  fixtureFolders,
  fixtureText,
  generatedMaterial,
  withMaterial,
} from '../kinds/fixtures.ts';
import { runSallyport } from '../support/terminal.ts';
import { documents, Kubectl } from './kubectl.ts';
import { reported } from './answers.ts';
import { namespace, testNamespace } from './objects.ts';
import { withoutWebhooks } from './sallyport.ts';

/** The fixtures of every kind, good and bad, through the real API server with the operators' own definitions. */
const kubectl = new Kubectl(inject('cluster'));
const kinds = compileKinds();

const isOurs = (object: KubernetesObject): boolean =>
  kinds.find(splitApiVersion(object.apiVersion).group, object.kind)?.selects(object) ?? false;
const nameOf = ({ metadata }: KubernetesObject) => String(metadata?.name);

interface Fixture {
  readonly title: string;
  readonly file: string;
  readonly objects: readonly KubernetesObject[];
}

/** The namespaces of a fixture become namespaces of its own, wherever they are written. */
function inOwnNamespaces(text: string, topic: string): string {
  const names = new Set([...text.matchAll(/namespace: ?([a-z-]+)/g)].map(([, name = '']) => name));
  names.add('shared');
  return [...names].reduce(
    (made, name) =>
      made
        .replaceAll(new RegExp(`(namespace: ?)${name}\\b`, 'g'), `$1${testNamespace(`${topic}-${name}`)}`)
        .replaceAll(new RegExp(`(: )${name}/`, 'g'), `$1${testNamespace(`${topic}-${name}`)}/`),
    text,
  );
}

const material = await generatedMaterial();
const fixtures: readonly Fixture[] = fixtureFolders.flatMap((folder, i) =>
  fixtureFiles(folder).map((file): Fixture => {
    const topic = `kinds-${i}-${path.parse(file).name}`;
    const text = inOwnNamespaces(withMaterial(fixtureText(folder, file), material), topic);
    const inNamespace = (object: KubernetesObject): KubernetesObject => ({
      ...object,
      metadata: { namespace: testNamespace(topic), ...object.metadata },
    });
    const objects = parseDocuments(text, file).documents.map(({ object }) => inNamespace(object));
    return { title: `${folder}/${file}`, file, objects };
  }),
);

const asText = (objects: readonly KubernetesObject[]) =>
  documents(objects.map((object) => JSON.stringify(object)));

interface Said {
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}
const inOrder = ({ errors, warnings }: Said): Said => ({
  errors: errors.toSorted(),
  warnings: warnings.toSorted(),
});

/** What lint says of an object when its fixture is everything there is, as `CODE path`. */
async function linted({ objects }: Fixture, object: KubernetesObject): Promise<Said> {
  const { out } = await runSallyport(['lint', '--complete', '-o', 'json', '-'], { stdin: asText(objects) });
  const found = JSON.parse(out) as readonly {
    readonly code: string;
    readonly path: string;
    readonly severity: string;
    readonly object: { readonly name: string; readonly kind: string };
  }[];
  const of = (severity: string) =>
    found
      .filter((one) => one.object.name === nameOf(object) && one.object.kind === object.kind)
      .filter((one) => one.severity === severity)
      .map(({ code, path: at }) => `${code} ${at}`);
  return inOrder({ errors: of('error'), warnings: of('warning') });
}

/** The same object under another name, so that it is new to the API server. */
const again = (object: KubernetesObject): KubernetesObject => ({
  ...object,
  metadata: { ...object.metadata, name: `again-${nameOf(object)}` },
});

/** With one door fewer than kubectl has: fields its own check would refuse are the API server's business here. */
const create = (object: KubernetesObject) =>
  kubectl.try(['create', '--validate=false', '-f', '-'], JSON.stringify(object));

beforeAll(async () => {
  const objects = fixtures
    .filter(({ file }) => file !== 'invalid.yaml')
    .flatMap((fixture) => fixture.objects);
  const everywhere = fixtures.flatMap((fixture) => fixture.objects);
  const namespaces = new Set(everywhere.map(({ metadata }) => String(metadata?.namespace)));
  await kubectl.apply(...[...namespaces].map((name) => namespace(name)));
  // Stored without us, so that what a resource names is there whatever is wrong with it.
  await withoutWebhooks(kubectl, () =>
    kubectl.run(['apply', '--server-side', '--validate=false', '-f', '-'], asText(objects)),
  );
}, 120_000);

const resourcesIn = ({ objects }: Fixture) =>
  objects.filter(isOurs).map((object) => [`${object.apiVersion} ${nameOf(object)}`, object] as const);

describe.each(fixtures.filter(({ file }) => file !== 'invalid.yaml'))(
  'in $title, as the API server gets it,',
  (fixture) => {
    it.each(resourcesIn(fixture))('%s has the findings of lint', async (_, object) => {
      const said = await linted(fixture, object);
      const { code, stderr } = await create(again(object));
      expect({ code, ...inOrder(reported(stderr)) }, stderr).toEqual({
        code: said.errors.length > 0 ? 1 : 0,
        ...said,
      });
    });
  },
);

describe.each(fixtures.filter(({ file }) => file === 'invalid.yaml'))(
  'in $title, what the definition has a schema for',
  (fixture) => {
    it.each(resourcesIn(fixture))('%s is refused by it before anybody asks us', async (_, object) => {
      const { code, stderr } = await create(again(object));
      expect({ code, ...reported(stderr) }, stderr).toEqual({ code: 1, errors: [], warnings: [] });
      expect(stderr).toMatch(/ is invalid: |unmarshal|must be of type/);
    });
  },
);
