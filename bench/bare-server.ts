import { createServer as createHttps } from 'node:https';
import { createServer as createHttp, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAuthority } from '../src/certs/issue.ts';

/**
 * What everything is compared with: node's own server that reads the body, parses it and answers. With `--tls` it is
 * the admission server without admission; without, the MCP server behind the proxy.
 */
const answer: RequestListener = (req, res) => {
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('end', () => {
    const review = JSON.parse(Buffer.concat(chunks).toString()) as { request?: { uid: string } };
    const text = JSON.stringify({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: { uid: review.request?.uid ?? '', allowed: true },
    });
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
    res.end(text);
  });
};

async function server() {
  if (!process.argv.includes('--tls')) return createHttp(answer);
  const authority = await createAuthority('bench-ca');
  const leaf = await authority.issue({ commonName: 'bench', names: ['127.0.0.1'], usage: 'server' });
  return createHttps({ cert: leaf.certificate, key: leaf.key }, answer);
}

const listening = await server();
listening.listen(0, '127.0.0.1', () => {
  const { port } = listening.address() as AddressInfo;
  process.stdout.write(`listening on https://127.0.0.1:${port}"\n`);
});
