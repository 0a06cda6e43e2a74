import { describe, expect, it, vi } from 'vitest';
import { applyPatch } from '../../src/core/inject/apply.ts';
import type { Fields } from '../../src/core/k8s/objects.ts';
import * as kelos from '../core/operators/kelos-world.ts';
import { sendChunked } from '../support/api-server.ts';
import { startObjectApi, type AskedRight } from '../support/object-api.ts';
import { runSallyport } from '../support/terminal.ts';
import { operationsOf, reviewOf, startWebhook } from '../support/webhook.ts';

interface Given {
  readonly settings?: object;
  readonly pods?: readonly Fields[];
  readonly permits?: (right: AskedRight) => boolean;
  /** API groups that are served besides. */
  readonly groups?: readonly string[];
}

/** The lines that `doctor` prints of this check, in a cluster with these pods of Kelos. */
async function checked(
  name: string,
  { settings = kelos.on, pods = [], permits = () => true, groups = [] }: Given,
) {
  const config = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'sallyport', namespace: 'sallyport-system' },
    data: {
      'config.yaml': JSON.stringify({ apiVersion: 'sallyport.dev/v1', kind: 'Configuration', ...settings }),
    },
  };
  const api = await startObjectApi([config, kelos.storedJob(), ...kelos.world, ...pods], {
    permits,
    other(path, res) {
      if (!groups.some((group) => path === `/apis/${group}`)) return false;
      sendChunked(res, 200, { kind: 'APIGroup' });
      return true;
    },
  });
  vi.stubEnv('KUBECONFIG', api.kubeconfig);
  const { code, out } = await runSallyport(['doctor', '--context', 'test']);
  vi.unstubAllEnvs();
  const lines = out.split('\n');
  const at = lines.findIndex((line) => line.slice(4).startsWith(`${name} `));
  return { code, text: at === -1 ? undefined : lines.slice(at, at + 2).join('\n') };
}

const named = (name: string): Fields => ({
  ...kelos.pod(),
  metadata: { ...(kelos.pod()['metadata'] as object), name, uid: `uid-of-${name}` },
});

describe('doctor on pods that were missed in an outage', () => {
  it('names each with the way to have it created again, and fails', async () => {
    const { code, text } = await checked('missed', { pods: [named('task1-a'), named('task1-b')] });
    expect(text).toMatch(
      /^NO {2}missed .*: team-a\/task1-a, team-a\/task1-b\n {16}Fix: have their operators /,
    );
    expect(code).toBe(1);
  });

  it('names five of many, and counts the others', async () => {
    const pods = [1, 2, 3, 4, 5, 6, 7].map((i) => named(`task1-${i}`));
    expect((await checked('missed', { pods })).text).toMatch(/task1-5 and 2 more\n/);
  });

  it('passes over pods that were rewritten, and pods that ended', async () => {
    const { rewrite } = await startWebhook({
      objects: { 'a.yaml': [kelos.storedJob(), ...kelos.world] },
      configuration: kelos.on,
    });
    const rewritten = applyPatch(named('task1-a'), operationsOf(await rewrite(reviewOf(named('task1-a')))));
    const ended = { ...named('task1-b'), status: { phase: 'Succeeded' } };
    expect((await checked('missed', { pods: [rewritten, ended] })).text).toMatch(
      /^ok {2}missed +no operator-made pod was missed/,
    );
  });

  it('says so if pods may not be listed', async () => {
    const permits = ({ resource, verb }: AskedRight) => resource !== 'pods' || verb !== 'list';
    const { text } = await checked('missed', { pods: [named('task1-a')], permits });
    expect(text).toMatch(/^\? {3}missed .*see that you may list pods/);
  });

  it('does not look while every operator is off', async () => {
    expect((await checked('missed', { settings: {}, pods: [named('task1-a')] })).text).toBeUndefined();
  });
});

describe("doctor on the API server's audit log", () => {
  it.each(['kelos.dev', 'axon.io'])('says that it keeps tokens if %s is served', async (group) => {
    const { text } = await checked('audit log', { groups: [group] });
    expect(text).toMatch(/^\? {3}audit log .*docs\/operators\.md#the-api-servers-audit-log\n/);
  });

  it('says nothing without Kelos', async () => {
    expect((await checked('audit log', {})).text).toBeUndefined();
  });
});
