import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { repository } from './cache.ts';
import { coveringEveryFamily, helmBinary, rendered } from './helm.ts';
import { Kubectl, type Manifest } from './kubectl.ts';
import { namespace, pod, testNamespace } from './objects.ts';
import { until } from './processes.ts';
import {
  soon,
  system,
  webhooksAnswer,
  webhooksManifest,
  withNobodyThere,
  withoutWebhooks,
} from './sallyport.ts';

const kubectl = new Kubectl(inject('cluster'));
let context = '';

interface Examined {
  readonly code: number | null;
  readonly out: string;
  /** The names of what is wrong. */
  readonly wrong: readonly string[];
  readonly text: (name: string) => string;
}

async function doctor(...args: string[]): Promise<Examined> {
  const { code, stdout, stderr } = await kubectl.sallyport('doctor', '--context', context, ...args);
  expect(stderr).toBe('');
  const lines = stdout.split('\n');
  return {
    code,
    out: stdout,
    wrong: lines.flatMap((line) => /^NO +(\S+)/.exec(line)?.[1] ?? []),
    text: (name) => lines.filter((line) => line.slice(4).startsWith(`${name} `)).join('\n'),
  };
}

/** The object as it can be created again. */
async function stored(what: string, where = ''): Promise<Manifest> {
  const at = where === '' ? [] : ['-n', where];
  const object = JSON.parse(await kubectl.run(['get', ...at, what, '-o', 'json'])) as Manifest;
  const { name, labels } = object['metadata'] as Manifest;
  const metadata = { name, labels, ...(where === '' ? {} : { namespace: where }) };
  return { ...object, metadata };
}

/** Takes something away, looks, and puts it back. */
async function without(what: string, look: () => Promise<void>, where = ''): Promise<void> {
  const before = await stored(what, where);
  await kubectl.run(['delete', ...(where === '' ? [] : ['-n', where]), what]);
  try {
    await look();
  } finally {
    await kubectl.run(['create', '-f', '-'], JSON.stringify(before));
  }
}

/** Changes the first entry for pods. */
function patchFirst(operation: {
  readonly op?: string;
  readonly path: string;
  readonly value?: string;
}): Promise<string> {
  const patch = JSON.stringify([{ ...operation, path: `/webhooks/0/${operation.path}` }]);
  return kubectl.run(['patch', 'mutatingwebhookconfiguration', 'sallyport', '--type=json', '-p', patch]);
}

beforeAll(async () => {
  context = (await kubectl.run(['config', 'current-context'])).trim();
});

const deployments = ['sallyport', 'sallyport-certificates', 'sallyport-watcher'];

/** What an earlier test scaled or deleted serves again; its kubelet learns that up to five seconds later. */
beforeEach(async () => {
  for (const name of deployments)
    await kubectl.wait(system, `deployment/${name}`, 'condition=Available', 120);
}, 130_000);

describe('sallyport doctor', () => {
  it('finds nothing wrong with an installation from the manifests', async () => {
    const { code, out, wrong, text } = await doctor();
    // The cluster has the definitions of every upstream, and those without a description are named.
    const others = (text: string) =>
      text.split('\n').filter((line) => !line.slice(4).startsWith('coverage '));
    expect(text('coverage')).toMatch(/^(ok|\? ) {2}coverage +/);
    expect(others(out).filter((line) => line !== '' && !line.startsWith('ok '))).toEqual([
      expect.stringMatching(/^\? {3}audit log /),
    ]);
    expect({ code, wrong }).toEqual({ code: 0, wrong: [] });
    const page = await readFile(path.join(repository, 'docs/cli.md'), 'utf8');
    const [, shown = ''] = /^\$ sallyport doctor .*\n([^]*?)```/m.exec(page) ?? [];
    const anyNumber = (lines: readonly string[]) => lines.map((line) => line.replaceAll(/\d+/g, 'N'));
    expect(anyNumber(others(out))).toEqual(anyNumber(others(shown)));
  });

  it('names a guard that nobody asks', async () => {
    await without('validatingadmissionpolicybinding/sallyport-guard', async () => {
      const { code, wrong, text } = await doctor();
      expect({ code, wrong }).toEqual({ code: 1, wrong: ['guard'] });
      expect(text('guard')).toContain('has no binding');
    });
  });

  it('names a Deployment that is scaled away, and webhooks that nobody answers', async () => {
    await withNobodyThere(kubectl, async () => {
      const { code, wrong, text, out } = await doctor();
      expect(code).toBe(1);
      expect(wrong).toEqual(expect.arrayContaining(['replicas', 'answers']));
      expect(text('replicas')).toContain('scaled to 0');
      expect(out).toContain(`Fix: kubectl -n ${system} scale deployment/sallyport --replicas=2`);
      expect(text('answers')).toContain('the API server cannot reach it');
      expect(out).not.toMatch(/[0-9a-f]{32}/);
    });
  });

  it('names a bundle that somebody overwrote, and one that is not written', async () => {
    const other = await kubectl.run([
      'get',
      'configmap',
      '-n',
      'kube-system',
      'kube-root-ca.crt',
      '-o',
      'json',
    ]);
    const { data } = JSON.parse(other) as { data: Record<string, string> };
    const bundle = Buffer.from(data['ca.crt'] ?? '').toString('base64');
    const patch = (operation: object) => patchFirst({ path: 'clientConfig/caBundle', ...operation });
    // While nobody is there to write it again.
    const controllers = (count: number) =>
      kubectl.run(['scale', '-n', system, 'deployment/sallyport-certificates', `--replicas=${count}`]);
    const before = await kubectl.get<{ spec: { replicas: number } }>(
      system,
      'deployment/sallyport-certificates',
    );
    await controllers(0);
    try {
      await until('nobody to be there', 60, async () => {
        await patch({ op: 'remove' }).catch(() => undefined);
        const { wrong, text } = await doctor();
        return wrong.includes('bundle') && text('bundle').includes('no CA bundle is written')
          ? true
          : undefined;
      });
      expect((await doctor()).text('replicas')).toContain('sallyport-certificates is scaled to 0');
    } finally {
      await controllers(before.spec.replicas);
      await webhooksAnswer(kubectl);
    }
    // Between two looks of who writes it again.
    await expect
      .poll(
        async () => {
          await patch({ op: 'replace', value: bundle });
          const { text } = await doctor();
          return text('certificate');
        },
        { timeout: 60_000 },
      )
      .toContain('serves a certificate that the CA bundle does not verify');
    await webhooksAnswer(kubectl);
  });

  it('names entries that are not installed', async () => {
    await withoutWebhooks(kubectl, async () => {
      const { wrong, text } = await doctor();
      expect(wrong).toContain('entries');
      expect(text('entries')).toContain('inject-labelled-pods.sallyport.dev');
    });
  });

  it('names an entry that lets everything through when nobody answers', async () => {
    const set = (value: string) => patchFirst({ op: 'replace', path: 'failurePolicy', value });
    await set('Ignore');
    const { wrong, text } = await doctor();
    await set('Fail');
    expect(wrong).toEqual(['entries']);
    expect(text('entries')).toContain(
      'inject-labelled-pods.sallyport.dev has failurePolicy Ignore instead of Fail',
    );
  });

  it('takes what was chosen at install for right, as long as the floor is there and says the same', async () => {
    const helm = await helmBinary((line) => console.log(line));
    const values = ['--set=failurePolicy.resources=Ignore', ...(await coveringEveryFamily())];
    const chosen = await rendered(helm, ...values);
    const parts = chosen.split(/^---\n/m);
    const of = (kind: RegExp) => parts.filter((text) => kind.test(text)).join('---\n');
    const floor = of(/^kind: ValidatingAdmissionPolicy(?:Binding)?\n(?:.*\n)*?.*sallyport-floor-/m);
    const apply = (text: string) => kubectl.run(['apply', '-f', '-'], text);
    try {
      await apply(of(/^kind: \w+WebhookConfiguration$/m));
      const without = await doctor();
      expect(without.wrong).toEqual(['floor']);
      expect(without.text('floor')).toContain('not installed, and the API server admits resources');
      expect(without.text('entries')).toContain(
        'as chosen, the API server admits resources while no webhook responds',
      );
      await apply(floor);
      const both = await doctor();
      expect(both.wrong).toEqual([]);
      expect(both.text('floor')).toMatch(/all \d+ policies agree with the configuration/);
      const other = 'sallyport-floor-mcpserverentries';
      const { stdout } = await kubectl.sallyport('floor', '--namespace', 'elsewhere');
      await apply(
        stdout
          .split(/^---\n/m)
          .filter((text) => text.includes(other))
          .join('---\n'),
      );
      const differing = await doctor();
      expect(differing.wrong).toEqual(['floor']);
      expect(differing.text('floor')).toContain(
        `${other}.toolhive.stacklok.dev differ from what this release generates`,
      );
    } finally {
      await kubectl.run(['apply', '-f', webhooksManifest]);
      const policies = 'validatingadmissionpolicybindings,validatingadmissionpolicies';
      await kubectl.run(['delete', policies, '-l', 'sallyport.dev/part=floor']);
    }
  }, 240_000);

  it('says what is not there without a watcher', async () => {
    await without(
      'deployment/sallyport-watcher',
      async () => {
        const { wrong, text } = await doctor();
        expect(wrong).toEqual([]);
        expect(text('replicas')).toContain('no sallyport-watcher: no events about pods');
      },
      system,
    );
  });

  it('names a right that is missing', async () => {
    await without('clusterrolebinding/sallyport-questions', async () => {
      await expect
        .poll(async () => (await doctor()).text('rights'), { timeout: 20_000 })
        .toContain(
          'the service account may not get namespaces, create subjectaccessreviews.authorization.k8s.io',
        );
    });
  });

  it('knows rights that are given in some namespaces alone', async () => {
    const ns = testNamespace('doctor-granted');
    await kubectl.apply(namespace(ns));
    await without('clusterrolebinding/sallyport-admission', async () => {
      const bind = 'create rolebinding sallyport-admission --clusterrole=sallyport-admission';
      await kubectl.run(['-n', ns, ...bind.split(' '), `--serviceaccount=${system}:sallyport`]);
      await expect
        .poll(async () => (await doctor()).text('rights'), { timeout: 20_000 })
        .toBe(`ok  rights      those of sallyport-admission in some namespaces alone: ${ns}`);
    });
  });

  it('names a configuration that is not valid', async () => {
    const before = await stored('configmap/sallyport', system);
    await kubectl.apply({
      ...before,
      data: { 'config.yaml': 'kind: Configuration\nmodes: { ceiling: hihg }\n' },
    });
    const { wrong, text } = await doctor();
    await kubectl.apply(before);
    expect(wrong).toEqual(['config']);
    expect(text('config')).toContain('modes.ceiling');
  });

  it('names labelled pods that nobody is asked about', async () => {
    const lost = pod('kube-system', 'lost', { servers: 'mcpserverentry/github' });
    await kubectl.apply(lost);
    const { wrong, text } = await doctor();
    await kubectl.run(['delete', '-n', 'kube-system', 'pod', 'lost', ...soon]);
    expect(wrong).toEqual(['namespaces']);
    expect(text('namespaces')).toContain('1 labelled pod runs there');
  });

  it('finds no installation where there is none', async () => {
    const { code, wrong } = await doctor('-n', 'kube-public');
    expect(code).toBe(1);
    expect(wrong).toContain('replicas');
  });
});

afterAll(() => webhooksAnswer(kubectl));
