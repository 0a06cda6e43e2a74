import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { maxLookupsAtOnce, maxLookupsPerReview, objectLimits } from '../../src/core/limits.ts';
import { kubeCluster } from '../../src/kube/kube-cluster.ts';
import { notFound, sendChunked, startApiServer, storedSecret, type Review } from '../support/api-server.ts';
import { labelledPod, remoteServer, reviewOf, startWebhook } from '../support/webhook.ts';

const elsewhere = 'https://elsewhere.example.com';
const enforced = { modes: { rules: { MCP206: 'enforce' } } };

/** A kagent server with one header of each of so many Secrets. */
const serverWith = (count: number, namespace = 'team-a') => {
  const object = remoteServer(
    Array.from({ length: count }, (_, i) => ({
      name: `X-Header-${i}`,
      valueFrom: { type: 'Secret', name: `secret-${i}`, key: 'token' },
    })),
  );
  return { ...object, metadata: { ...object.metadata, namespace } };
};

/** A kmcp server that mounts each of so many Secrets if it exists. */
const mounting = (count: number) => ({
  apiVersion: 'kagent.dev/v1alpha1',
  kind: 'MCPServer',
  metadata: { name: 'linear', namespace: 'team-a' },
  spec: {
    deployment: {
      image: 'example.com/server:1',
      volumes: Array.from({ length: count }, (_, i) => ({
        name: `volume-${i}`,
        secret: { secretName: `secret-${i}`, optional: true },
      })),
    },
  },
});

type Given = Parameters<typeof storedSecret>[1];

/** Answers a GET of any Secret, and of the resource that pods ask for. */
const secretsLike =
  (given: Given, resource?: object) =>
  ({ url = '' }: { url?: string | undefined }, res: ServerResponse) => {
    const [, name] = /\/secrets\/([^/?]+)$/.exec(url) ?? [];
    if (name !== undefined) sendChunked(res, 200, storedSecret(name, given));
    else if (resource && url.includes('/remotemcpservers/')) sendChunked(res, 200, resource);
    else notFound(res);
  };
const asks = (verb: string, resource: string) => (review: Review) => {
  const { resourceAttributes: asked } = review.spec;
  return asked.verb === verb && asked.resource === resource;
};
const codesIn = (text = '') => [...new Set(text.match(/MCP\d+/g))].toSorted();

describe('large Secrets that may be sent only to another origin', () => {
  it.each([1, 20, 60, 200])('%d of them are each denied', async (count) => {
    const { config } = await startApiServer(
      secretsLike({ bytes: 160_000, upstreams: elsewhere }),
      asks('create', 'pods'),
    );
    const { validate } = await startWebhook({ cluster: kubeCluster(config) });
    const { allowed, status } = await validate(reviewOf(serverWith(count)), '?timeout=30s');
    expect(allowed).toBe(false);
    expect(status?.message).toContain(`: ${count} problem`);
    expect(codesIn(status?.message)).toEqual(['MCP208']);
    expect(status?.message).not.toContain('is not known');
  });
});

describe('the questions who may use the Secrets of a resource', () => {
  const askedFor = async (
    count: number,
    allow: (review: Review) => boolean,
    resource: (count: number) => object = serverWith,
  ) => {
    const { config, reviews } = await startApiServer(secretsLike({}), allow);
    const { validate } = await startWebhook({ cluster: kubeCluster(config), configuration: enforced });
    const { allowed, status } = await validate(
      reviewOf(resource(count) as Readonly<Record<string, unknown>>),
      '?timeout=30s',
    );
    return { allowed, codes: codesIn(status?.message), questions: reviews.length };
  };

  it('are one for any number of Secrets when the requester may run pods beside them', async () => {
    expect(await askedFor(200, asks('create', 'pods'))).toEqual({ allowed: true, codes: [], questions: 1 });
  });

  /** Pods, and the seven kinds of workloads. */
  const aboutNamespace = 8;

  it('are those about the namespace when the requester may make deployments beside them', async () => {
    const asked = await askedFor(200, asks('create', 'deployments'));
    expect(asked).toEqual({ allowed: true, codes: [], questions: aboutNamespace });
  });

  it('are those about the namespace and one for each Secret when the requester may read them alone', async () => {
    const asked = await askedFor(200, asks('get', 'secrets'));
    expect(asked).toEqual({ allowed: true, codes: [], questions: 200 + aboutNamespace });
  });

  it.each([1, 200, objectLimits.references.most])(
    'are asked about %d optional references too, whose Secrets are sent when they exist',
    async (count) => {
      const asked = await askedFor(count, () => false, mounting);
      expect(asked).toEqual({ allowed: false, codes: ['MCP206'], questions: count + aboutNamespace });
    },
  );

  it('fit into the lookups of one review for the largest object', () => {
    const ofEach = 2 * objectLimits.references.most;
    expect(maxLookupsPerReview).toBeGreaterThanOrEqual(ofEach + aboutNamespace);
  });

  it('deny when their answers do not come in time', async () => {
    const { config } = await startApiServer(secretsLike({}), () => 'answered');
    const { validate, logged } = await startWebhook({
      cluster: kubeCluster(config),
      configuration: enforced,
    });
    const review = reviewOf(mounting(250));
    const { allowed, status } = await validate(review, '?timeout=1s');
    expect(allowed).toBe(false);
    expect(status?.message).toContain(
      'whether you may use Secret team-a/secret-0 is not known: the API server did not respond before the timeout',
    );
    expect(JSON.parse(logged.at(-1) ?? '')).toMatchObject({
      undecided: expect.arrayContaining([{ code: 'MCP206', cause: 'late' }]) as unknown,
    });
  });
});

describe('a Secret of which it is not known where it may go', () => {
  const refusal = (code: number) => (res: ServerResponse) => sendChunked(res, code, { kind: 'Status', code });
  const failing = {
    'is throttled': [refusal(429), 'the API server responded with 429', 'throttled'],
    'is an error': [refusal(500), 'the API server responded with 500', 'failed'],
    'is a broken connection': [
      (res: ServerResponse) => res.destroy(),
      'the API server cannot be reached',
      'failed',
    ],
    'is late': [() => undefined, 'the API server did not respond before the timeout', 'late'],
    'is too large': [
      (res: ServerResponse) => sendChunked(res, 200, storedSecret('secret-0', { bytes: 7 * 1024 * 1024 })),
      'it is larger than 8388608 bytes',
      'too-large',
    ],
  } as const satisfies Record<string, readonly [(res: ServerResponse) => unknown, string, string]>;

  const patience = (cause: string) => (cause === 'late' ? '?timeout=1s' : '?timeout=30s');
  const start = async (answer: (res: ServerResponse) => unknown) => {
    const { config } = await startApiServer(
      (req, res) => {
        if (req.url?.includes('/secrets/')) answer(res);
        else if (req.url?.includes('/remotemcpservers/')) sendChunked(res, 200, serverWith(1));
        else notFound(res);
      },
      () => true,
    );
    return startWebhook({ cluster: kubeCluster(config) });
  };

  it.each(Object.entries(failing))('is denied at the resource when the answer %s', async (_, failure) => {
    const [answer, why, cause] = failure;
    const { validate, logged } = await start(answer);
    for (const [resource, at, origin] of [
      [serverWith(1), 'spec.headersFrom[0].valueFrom.name', 'https://mcp.linear.example'],
      [mounting(1), 'spec.deployment.volumes[0].secret.secretName', 'http://linear.team-a.svc:3000'],
    ] as const) {
      const { allowed, status } = await validate(reviewOf(resource), patience(cause));
      expect(allowed).toBe(false);
      expect(status?.message).toContain(
        `[MCP208] ${at}: whether Secret team-a/secret-0 may be sent to ${origin} is not known: ${why}`,
      );
      expect(JSON.parse(logged.at(-1) ?? '')).toMatchObject({
        undecided: expect.arrayContaining([{ code: 'MCP208', cause }]) as unknown,
      });
    }
  });

  it.each(Object.entries(failing))(
    'is denied at the pod when the answer %s',
    async (_, [answer, why, cause]) => {
      const { mutate } = await start(answer);
      const { allowed, status } = await mutate(
        reviewOf(labelledPod('remotemcpserver.kagent.dev/linear')),
        patience(cause),
      );
      expect(allowed).toBe(false);
      expect(status?.message).toContain('[MCP208]');
      expect(status?.message).toContain(why);
    },
  );

  it('is admitted with a warning at both gates where Sallyport has no right to read Secrets', async () => {
    const { validate, mutate } = await start(refusal(403));
    const answers = [
      await validate(reviewOf(serverWith(1))),
      await validate(reviewOf(mounting(1))),
      await mutate(reviewOf(labelledPod('remotemcpserver.kagent.dev/linear'))),
    ];
    for (const { allowed, warnings } of answers) {
      expect(allowed).toBe(true);
      expect(warnings?.join()).toContain('MCP203');
      expect(warnings?.join()).toContain(
        // The API server shows 256 bytes of a warning.
        'its origins are not limited, because Sallyport may not read Secrets in that n',
      );
    }
  });

  it('denies no update that leaves the server as it was', async () => {
    const { validate } = await start(refusal(429));
    const stored = serverWith(1);
    const labelled = { ...stored, metadata: { ...stored.metadata, labels: { a: 'b' } } };
    const update = reviewOf(labelled, { operation: 'UPDATE', oldObject: stored });
    const { allowed, warnings } = await validate(update);
    expect(allowed).toBe(true);
    expect(warnings?.join()).toContain('MCP208');
    const moved = { ...stored, spec: { ...stored.spec, url: 'https://attacker.example/mcp' } };
    const other = await validate(reviewOf(moved, { operation: 'UPDATE', oldObject: stored }));
    expect(other.allowed).toBe(false);
  });
});

describe('a review with many lookups that the API server does not answer', () => {
  it.each([
    ['of another namespace', 3, 'team-b'],
    ['of the same namespace', 1, 'team-a'],
  ])(
    'does not hold up a review %s with one lookup',
    async (_where, reviews, namespace) => {
      const stalled: string[] = [];
      let arrived = () => {};
      const full = new Promise<void>((resolve) => (arrived = resolve));
      const { config } = await startApiServer(
        (req, res) => {
          const [, name] = /\/secrets\/(secret-\d+)$/.exec(req.url ?? '') ?? [];
          if (name === 'secret-0') return sendChunked(res, 200, storedSecret(name));
          if (name === undefined) return notFound(res);
          stalled.push(name);
          if (stalled.length === 7) arrived();
        },
        () => true,
      );
      const { validate } = await startWebhook({ cluster: kubeCluster(config) });
      const hostile = Array.from({ length: reviews }, () =>
        validate(reviewOf(serverWith(200)), '?timeout=8s'),
      );
      const order: string[] = [];
      const ended = Promise.all(hostile.map((one) => one.then(() => order.push('hostile'))));
      await full;
      const honest = await validate(reviewOf(serverWith(1, namespace)), '?timeout=20s');
      order.push('honest');
      expect(honest.allowed).toBe(true);
      expect(order).toEqual(['honest']);
      await ended;
      // The reviews do not expire in the same millisecond: what one leaves free, the next may use until it expires too.
      expect(stalled.length).toBeLessThanOrEqual(reviews * maxLookupsAtOnce);
    },
    30_000,
  );
});
