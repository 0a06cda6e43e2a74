import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { encodeProxyConfig, proxyEnv, type ProxyServer } from '../../src/core/contracts/proxy-contract.ts';
import { layOutVolume } from '../../src/kubelet/volume.ts';
import { checkStartup } from '../../src/proxy/startup-check.ts';
import { makeCa, makeLeaf } from './certificates.ts';
import {
  ask,
  config,
  eventually,
  head,
  proxyFor,
  raw,
  server,
  startTlsUpstream,
  tempRoot,
} from './support.ts';

/** A value nobody can guess, and every form in which it might slip out. */
function canary() {
  const value = randomBytes(24).toString('hex');
  return {
    value,
    forms: [value, Buffer.from(value).toString('base64').replaceAll('=', ''), encodeURIComponent(value)],
  };
}

test('[requirement 17] no credential ever stands in a log line, a metric, a probe, an answer of ours or a response header', async () => {
  const tokens = { header: canary(), bundle: canary(), password: canary(), next: canary(), broken: canary() };
  const ca = await makeCa('ca');
  const [serverPair, pair, other] = await Promise.all([
    makeLeaf(ca, 'server'),
    makeLeaf(ca, 'client'),
    makeLeaf(ca, 'other'),
  ]);
  // The body of the key; PEM's first and last lines are no secret.
  const keyLine = pair.key.split('\n')[1] ?? '';
  const basic = Buffer.from(`anna:${tokens.password.value}`).toString('base64');
  const secrets = [...Object.values(tokens).flatMap(({ forms }) => forms), basic, keyLine];
  expect(keyLine.length).toBeGreaterThan(40);

  const heard: string[] = [];
  const upstream = await startTlsUpstream(
    { ...serverPair, ca: ca.cert, requestCert: true, rejectUnauthorized: true },
    (req, res) => {
      const { authorization = '' } = req.headers;
      const bundled = String(req.headers['x-bundled']);
      const password = String(req.headers['x-basic']);
      heard.push(authorization, bundled, password);
      if (req.method === 'DELETE') return res.destroy();
      res.writeHead(req.method === 'PUT' ? 302 : 200, {
        'X-Echo': [authorization, bundled, `basic ${password}`],
        ...(req.method === 'PUT' ? { Location: `https://evil.example/${authorization}` } : {}),
      });
      return res.end('{}');
    },
  );
  const one: ProxyServer = server(upstream.url, {
    headers: [
      { name: 'Authorization', file: '+/h0', template: 'Bearer {value}', conflict: 'override' },
      { name: 'X-Basic', basic: ['+/h1', '+/h2'], conflict: 'override' },
    ],
    bundles: [{ dir: '.', conflict: 'override' }],
    tls: { cert: '+/tls.crt', key: '+/tls.key', ca: '+/ca.crt', roots: 'append', verify: true },
  });
  const good = {
    '+/h0': tokens.header.value,
    '+/h1': 'anna',
    '+/h2': tokens.password.value,
    'X-Bundled': tokens.bundle.value,
    '+/tls.crt': pair.cert,
    '+/tls.key': pair.key,
    '+/ca.crt': ca.cert,
  };
  const root = tempRoot();
  const proxy = await proxyFor(one, good, { root, deletionGraceMs: 30 });
  const seen: string[] = [];
  const look = async () => {
    for (const path of ['/metrics', '/readyz', '/x'])
      seen.push(JSON.stringify(await ask(proxy.adminPort, { path })));
    const env = { [proxyEnv.config]: encodeProxyConfig({ ...config([{ ...one, port: 1 }]), admin: 2 }) };
    seen.push(JSON.stringify(await checkStartup({ ...env, [proxyEnv.root]: root })));
  };
  const drive = async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH'])
      seen.push(inspect(await ask(proxy.port, { method, body: '{}', headers: { 'Content-Length': 2 } })));
    seen.push(await raw(proxy.port, head(proxy.port, 'TRACE /mcp')));
    seen.push(await raw(proxy.port, head(proxy.port, 'GET /mcp', ['Origin: https://evil.example'])));
    await look();
  };
  const failures = (number: number) =>
    eventually(proxy.metrics, (text) => text.includes(`reload_failures_total{server="github"} ${number}`));

  await drive();
  expect(heard).toContain(`Bearer ${tokens.header.value}`);
  expect(heard).toContain(tokens.bundle.value);
  expect(heard).toContain(`Basic ${basic}`);

  // Broken in every way: two lines, another's key, a value where a name should be.
  proxy.rotate({ ...good, '+/h0': `${tokens.broken.value}\n${tokens.broken.value}` });
  await failures(1);
  await drive();
  proxy.rotate({ ...good, '+/tls.crt': other.cert });
  await failures(2);
  await drive();
  proxy.rotate({ ...good, '+/tls.key': `${pair.key.slice(0, 120)}${tokens.broken.value}` });
  await failures(3);
  await drive();
  proxy.rotate({ ...good, '+/h0': tokens.next.value });
  await eventually(
    async () => (await drive(), heard),
    (list) => list.includes(`Bearer ${tokens.next.value}`),
  );
  proxy.rotate({});
  await eventually(
    async () => (await ask(proxy.port)).status,
    (status) => status === 503,
  );
  await drive();
  layOutVolume(proxy.dir, { ...good, '+/h2': '' });
  await failures(5);
  await drive();

  const shown = [...seen, proxy.log()].join('\n');
  expect(shown).toContain('credentials loaded');
  expect(shown).toContain('does not belong to the certificate');
  for (const secret of secrets) expect(shown.includes(secret), 'a credential slipped out').toBe(false);
});
