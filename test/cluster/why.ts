import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Kubectl } from './kubectl.ts';

/** What `sallyport why` says of a workload, with the configuration that the cluster has. */
export async function whyOf(kubectl: Kubectl, namespace: string, what: string, settings: object = {}) {
  const folder = await mkdtemp(path.join(tmpdir(), 'sallyport-why-'));
  try {
    const file = path.join(folder, 'config.json');
    const configuration = { apiVersion: 'sallyport.dev/v1', kind: 'Configuration', ...settings };
    await writeFile(file, JSON.stringify(configuration));
    const context = (await kubectl.run(['config', 'current-context'])).trim();
    const where = ['-n', namespace, '--context', context, '--config', file];
    const { code, stdout, stderr } = await kubectl.sallyport('why', what, ...where);
    const [, reason = ''] = /^(?:OK|Reason): (.*)$/m.exec(stdout) ?? [];
    const [, fix = ''] = /^Fix: {4}(.*)$/m.exec(stdout) ?? [];
    return { code, reason, fix, out: stdout, err: stderr };
  } finally {
    await rm(folder, { recursive: true });
  }
}
