import { rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { splitApiVersion } from '../../src/core/k8s/api-version.ts';
import { compileKinds, describedKinds } from '../../src/core/kinds/index.ts';
import { parseDocuments, type KubernetesObject } from '../../src/files/documents.ts';
import {
  fixtureFiles,
  fixtureFolders,
  fixtureSettings,
  fixtureText,
  generatedMaterial,
  withMaterial,
  writeFixtureConfiguration,
} from '../kinds/fixtures.ts';
import { runSallyport } from '../support/terminal.ts';
import { withoutSchema } from './crds.ts';
import { documents, Kubectl } from './kubectl.ts';
import { reported } from './answers.ts';
import { namespace, testNamespace } from './objects.ts';
import { Requests } from './requests.ts';
import { isSchemaError, keyOf, unfitForNewest } from './refused-fixtures.ts';
import { configured, withoutWebhooks } from './sallyport.ts';
import { findingsIn } from '../support/findings.ts';

/** The fixtures of every kind, good and bad, through the real API server with the operators' own definitions. */
const kubectl = new Kubectl(inject('cluster'));
const requests = new Requests(inject('cluster'));
const kinds = compileKinds();

const isOurs = (object: KubernetesObject): boolean =>
  kinds.find(splitApiVersion(object.apiVersion).group, object.kind)?.selects(object) ?? false;
const nameOf = ({ metadata }: KubernetesObject) => String(metadata?.name);

interface Fixture {
  readonly title: string;
  readonly file: string;
  readonly objects: readonly KubernetesObject[];
}

/** Descriptions name these, so fixtures share them. */
const ofOperators = new Set(describedKinds().map(({ operatorNamespace }) => operatorNamespace));

/** The namespaces of a fixture become namespaces of its own, wherever they are written. */
function inOwnNamespaces(text: string, topic: string): string {
  const names = new Set([...text.matchAll(/namespace: ?([a-z-]+)/g)].map(([, name = '']) => name));
  names.add('shared');
  for (const name of ofOperators) if (name !== undefined) names.delete(name);
  return [...names].reduce(
    (made, name) =>
      made
        .replaceAll(new RegExp(`(namespace: ?)${name}\\b`, 'g'), `$1${testNamespace(`${topic}-${name}`)}`)
        .replaceAll(new RegExp(`(?<=[ [])${name}/`, 'g'), `${testNamespace(`${topic}-${name}`)}/`),
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

const configuration = writeFixtureConfiguration();

/** Of another namespace the webhook tells nobody but what is said of a Secret there: docs/configuration.md. */
function isTold(message: string, { metadata }: KubernetesObject): boolean {
  const [, kind, at] =
    /(?:^| refers to )(\w+) ([\w.-]+)\/\S+ (?:is named here|(?:which )?does not exist)/.exec(message) ?? [];
  return kind === undefined || kind === 'Secret' || at === metadata?.namespace;
}

/** What lint says of an object when its fixture is everything there is, as `CODE path`. */
async function linted({ objects }: Fixture, object: KubernetesObject): Promise<Said> {
  const { out } = await runSallyport(['lint', '--complete', '--config', configuration, '-o', 'json', '-'], {
    stdin: asText(objects),
  });
  const found = findingsIn<{
    readonly code: string;
    readonly path: string;
    readonly severity: string;
    readonly message: string;
    readonly object: { readonly kind: string; readonly namespace: string; readonly name: string };
  }>(out);
  const of = (severity: string) =>
    found
      .filter(({ object: owner }) => owner.kind === object.kind && owner.name === nameOf(object))
      .filter(({ object: owner }) => owner.namespace === object.metadata?.namespace)
      .filter((one) => one.severity === severity && isTold(one.message, object))
      .map(({ code, path: at }) => `${code} ${at}`);
  return inOrder({ errors: of('error'), warnings: of('warning') });
}

/**
 * Creates what may be there already: the API server looks at the schema, then asks us, and only then notices. So what is
 * judged has the name that other objects know it by. Without kubectl's own check.
 */
const create = (object: KubernetesObject) => requests.create(object, { dryRun: false });

/** Whether the object of this error, `Kind.group "name" is invalid`, is among those above. */
function mayBeRefused(line: string): boolean {
  const [, kind = '', group = '', name = ''] = /(\w+)\.([\w.-]+) "([^"]+)" is invalid: /.exec(line) ?? [];
  return keyOf({ apiVersion: `${group}/v1`, kind, metadata: { name } }) in unfitForNewest;
}

/** Versions of kinds whose definitions take everything, as `group/version plural`. */
const schemaless = new Set<string>();

/** Namespaces of operators that were not there before. */
const made: string[] = [];

afterAll(async () => {
  requests.end();
  rmSync(path.dirname(configuration), { recursive: true });
  await configured(kubectl, {});
  if (made.length > 0) await kubectl.run(['delete', 'namespace', ...made, '--wait=false']);
});

beforeAll(async () => {
  await configured(kubectl, fixtureSettings);
  const annotation = withoutSchema.replaceAll('.', String.raw`\.`);
  const listed = await kubectl.run([
    'get',
    'crd',
    '-o',
    `jsonpath={range .items[*]}{.spec.group}{" "}{.spec.names.plural}{" "}{.metadata.annotations.${annotation}}{"\\n"}{end}`,
  ]);
  for (const line of listed.split('\n')) {
    const [group, plural, versions = ''] = line.split(' ');
    for (const version of versions.split(',')) schemaless.add(`${group}/${version} ${plural}`);
  }
  const objects = fixtures
    .filter(({ file }) => file !== 'invalid.yaml')
    .flatMap((fixture) => fixture.objects);
  const everywhere = fixtures.flatMap((fixture) => fixture.objects);
  const namespaces = new Set(everywhere.map(({ metadata }) => String(metadata?.namespace)));
  for (const name of ofOperators) {
    if (name === undefined || !namespaces.delete(name)) continue;
    // In somebody's cluster the operator may be there, with its namespace.
    const { code } = await kubectl.try(['create', 'namespace', name]);
    if (code === 0) made.push(name);
  }
  await kubectl.apply(...[...namespaces].map((name) => namespace(name)));
  // Stored without us, so that what a resource names is there whatever is wrong with it. Some kinds cannot be changed once
  // they are stored, so what an attempt before this one created stays as it is.
  await withoutWebhooks(kubectl, async () => {
    const { stderr } = await kubectl.try(['create', '--validate=false', '-f', '-'], asText(objects));
    const failed = stderr
      .split('\n')
      .filter((line) => /^(Error from server|The )/.test(line) && !line.includes('(AlreadyExists)'))
      .filter((line) => !(isSchemaError(line) && mayBeRefused(line)));
    if (failed.length > 0) throw new Error(failed.join('\n'));
  });
}, 180_000);

const resourcesIn = ({ objects }: Fixture) =>
  objects.filter(isOurs).map((object) => [`${object.apiVersion} ${nameOf(object)}`, object] as const);

describe.each(fixtures.filter(({ file }) => file !== 'invalid.yaml'))(
  'in $title, as the API server gets it,',
  (fixture) => {
    it.concurrent.each(resourcesIn(fixture))('%s has the findings of lint', async (_, object) => {
      const said = await linted(fixture, object);
      const answer = await create(object);
      if (keyOf(object) in unfitForNewest) {
        expect(answer).not.toContain('failed calling webhook');
        return;
      }
      const [outcome] = / denied the request: | already exists$/m.exec(answer) ?? [];
      expect({ outcome, ...inOrder(reported(answer)) }, answer).toEqual({
        outcome: said.errors.length > 0 ? ' denied the request: ' : ' already exists',
        ...said,
      });
    });
  },
);

describe.each(fixtures.filter(({ file }) => file === 'invalid.yaml'))(
  'in $title, what the definition has a schema for',
  (fixture) => {
    it.concurrent.for(resourcesIn(fixture))(
      '%s is refused by it before anybody asks us',
      async ([, object], { skip }) => {
        const { plural } = kinds.find(splitApiVersion(object.apiVersion).group, object.kind) ?? {};
        if (schemaless.has(`${object.apiVersion} ${plural}`))
          skip(`SKIPPED: no definition of ${plural} with a schema is at hand; SALLYPORT_UPSTREAM names some`);
        const answer = await create(object);
        expect(reported(answer), answer).toEqual({ errors: [], warnings: [] });
        expect(answer).toMatch(/^Error from server \(Invalid\): .* is invalid: /m);
      },
    );
  },
);
