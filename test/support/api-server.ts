import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { KubeConfig } from '@kubernetes/client-node';
import { onTestFinished } from 'vitest';
import { createAuthority } from '../../src/certs/issue.ts';
import { KeepAliveConfig } from '../../src/kube/keep-alive.ts';

/** What a SubjectAccessReview asks, as far as the stand-in looks at it. */
export interface Review {
  readonly spec: {
    readonly user: string;
    readonly resourceAttributes: {
      readonly verb: string;
      readonly resource: string;
      readonly namespace: string;
      readonly name?: string;
    };
  };
}

interface ApiServer {
  readonly config: KubeConfig;
  readonly server: Server;
  readonly port: number;
  /** Method and path of each request, in order. */
  readonly asked: string[];
  /** Each SubjectAccessReview, in order. */
  readonly reviews: Review[];
}

type Answers = (req: IncomingMessage, res: ServerResponse) => void;

const authority = createAuthority('api-ca');
const certificate = authority.then((ca) =>
  ca.issue({ commonName: 'kubernetes', names: ['localhost', '127.0.0.1'], usage: 'server' }),
);

/** Serves HTTPS as an API server does, and a client configuration for it; both end with the test. */
export async function startApiServer(
  answer: Answers,
  allow: (review: Review, res: ServerResponse) => boolean | 'answered' = () => false,
): Promise<ApiServer> {
  const asked: string[] = [];
  const reviews: Review[] = [];
  const { certificate: cert, key } = await certificate;
  const server = createServer({ cert, key }, (req, res) => {
    asked.push(`${req.method ?? ''} ${req.url ?? ''}`);
    if (req.method !== 'POST') return answer(req, res);
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Review;
      reviews.push(body);
      const allowed = allow(body, res);
      if (allowed !== 'answered') sendChunked(res, 201, { ...body, status: { allowed } });
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const config = new KeepAliveConfig();
  config.loadFromOptions({
    clusters: [
      {
        name: 'test',
        server: `https://127.0.0.1:${port}`,
        caData: Buffer.from((await authority).certificate).toString('base64'),
      },
    ],
    users: [{ name: 'test', token: 'canary-of-the-service-account' }],
    contexts: [{ name: 'test', cluster: 'test', user: 'test' }],
    currentContext: 'test',
  });
  return { config, server, port, asked, reviews };
}

const chunkBytes = 16 * 1024;
/** What an API server compresses for a client that takes it. */
const compressedBytes = 128 * 1024;

/** Without a length, in several writes and compressed where it is long, as an API server answers. */
export function sendChunked(res: ServerResponse, code: number, body: unknown): void {
  const plain = Buffer.from(JSON.stringify(body));
  const compressed =
    plain.length > compressedBytes && String(res.req.headers['accept-encoding']).includes('gzip');
  res.writeHead(code, {
    'content-type': 'application/json',
    ...(compressed ? { 'content-encoding': 'gzip' } : {}),
  });
  const bytes = compressed ? gzipSync(plain) : plain;
  for (let i = 0; i < bytes.length; i += chunkBytes) res.write(bytes.subarray(i, i + chunkBytes));
  res.end();
}

export const notFound = (res: ServerResponse): void =>
  sendChunked(res, 404, {
    apiVersion: 'v1',
    kind: 'Status',
    status: 'Failure',
    reason: 'NotFound',
    code: 404,
  });

/** A Secret as the API server shows it, with one value of so many bytes. */
export const storedSecret = (
  name: string,
  { bytes = 16, upstreams }: { readonly bytes?: number; readonly upstreams?: string } = {},
) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: {
    name,
    namespace: 'team-a',
    ...(upstreams === undefined ? {} : { annotations: { 'sallyport.dev/upstreams': upstreams } }),
  },
  data: {
    token: Buffer.from('Bearer abc').toString('base64'),
    filler: Buffer.alloc(bytes, 'x').toString('base64'),
  },
});
