import type { ClusterAddress } from './kubectl.ts';
import { attempt } from './processes.ts';

/** The keys of everything etcd holds in which a text stands, in whatever form an API server stores it. */
export async function storedWith({ inside }: ClusterAddress, text: string): Promise<readonly string[]> {
  const [program, ...first] = [...inside, process.execPath];
  const script = `
    const response = await fetch('http://127.0.0.1:2379/v3/kv/range', { method: 'POST', body: JSON.stringify({ key: 'AA==', range_end: 'AA==' }) });
    const { kvs } = await response.json();
    const text = (base64) => Buffer.from(base64, 'base64').toString('latin1');
    const wanted = process.argv[1];
    const forms = [wanted, encodeURIComponent(wanted), Buffer.from(wanted).toString('base64').slice(2, -3)];
    console.log(JSON.stringify({ all: kvs.length, found: kvs.filter(({ value }) => forms.some((one) => text(value ?? '').includes(one))).map(({ key }) => text(key)) }));`;
  const { code, stdout, stderr } = await attempt(program, [
    ...first,
    '--input-type=module',
    '-e',
    script,
    text,
  ]);
  if (code !== 0) throw new Error(`etcd could not be read: ${stderr}`);
  const { all, found } = JSON.parse(stdout) as { readonly all: number; readonly found: readonly string[] };
  if (all < 100) throw new Error(`etcd holds only ${all} keys: that is not the cluster's`);
  return found.toSorted();
}
