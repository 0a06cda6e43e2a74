import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runSallyport } from '../support/terminal.ts';
import { asYaml, labelledPod, secret, tempFolder } from '../support/webhook.ts';

/** An MCP server on this machine, as far as headers go. */
async function upstream() {
  const seen: IncomingHttpHeaders[] = [];
  const server = createServer((req, res) => {
    seen.push(req.headers);
    res.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp` };
}

const remoteServer = (url: string) => ({
  apiVersion: 'kagent.dev/v1alpha2',
  kind: 'RemoteMCPServer',
  metadata: { name: 'github', namespace: 'team-a' },
  spec: {
    url,
    headersFrom: [
      { name: 'Authorization', valueFrom: { type: 'Secret', name: 'github-token', key: 'token' } },
    ],
  },
});

function files(objects: readonly object[]): string {
  const folder = tempFolder();
  writeFileSync(path.join(folder, 'agent.yaml'), asYaml([...objects]));
  return folder;
}

/** Runs it until `use` is done with what it printed. */
async function running(
  folder: string,
  use: (printed: string, soFar: () => string) => Promise<void>,
  ...more: string[]
) {
  const stop = new AbortController();
  let printed = '';
  let used: Promise<void> | undefined;
  const onOut = (text: string) => {
    printed += text;
    if (printed.includes('press Ctrl-C'))
      used ??= use(printed, () => printed).finally(() => {
        stop.abort();
      });
  };
  const result = await runSallyport(['dev', folder, ...more], { stop: stop.signal, onOut });
  await used;
  return result;
}

describe('sallyport dev', () => {
  it('gives an agent on this machine its servers, follows a Secret, and leaves nothing behind', async () => {
    const { seen, url } = await upstream();
    const token = (value: string) => asYaml([secret('github-token', { token: value })]);
    const folder = files([labelledPod('remotemcpserver/github'), remoteServer(url)]);
    const secrets = path.join(folder, 'secret.yaml');
    writeFileSync(secrets, token('Bearer made-up-one\n'));
    let root = '';

    const { code, out, err } = await running(folder, async (printed) => {
      const mcpConfig = /SALLYPORT_MCP_CONFIG=(\S+)/.exec(printed)?.[1] ?? '';
      const address = /SALLYPORT_URL_GITHUB=(\S+)/.exec(printed)?.[1] ?? '';
      root = path.dirname(mcpConfig);
      expect(statSync(root).mode & 0o777).toBe(0o700);
      expect(JSON.parse(readFileSync(mcpConfig, 'utf8'))).toEqual({
        mcpServers: { github: { type: 'http', url: address } },
      });
      await fetch(address, { headers: { authorization: 'Bearer of-the-agent' } });
      expect(seen.at(-1)?.authorization).toBe('Bearer made-up-one');

      writeFileSync(secrets, token('Bearer made-up-two\n'));
      await expect
        .poll(
          async () => {
            await fetch(address);
            return seen.at(-1)?.authorization;
          },
          { timeout: 30_000 },
        )
        .toBe('Bearer made-up-two');
    });
    expect({ code, root: existsSync(root) }).toEqual({ code: 0, root: false });
    expect(out + err).not.toContain('made-up');
    expect(err).toContain('the Secrets changed; the next request uses the new values');
  });

  it('says what the proxy waits for', async () => {
    const { url } = await upstream();
    const folder = files([labelledPod('remotemcpserver/github'), remoteServer(url)]);
    const { out } = await running(folder, async (_, soFar) => {
      await expect.poll(soFar, { timeout: 30_000 }).toContain('Waiting');
    });
    expect(out).toContain('Waiting: Secret github-token key token is missing (server github)');
  });

  it('ends when the pod would be denied, with the reason', async () => {
    const { code, err } = await runSallyport(['dev', files([labelledPod('remotemcpserver/github')])]);
    expect(code).toBe(1);
    expect(err).toContain('Pod agent would not be injected');
    expect(err).toContain(
      '[MCP504] metadata.annotations[sallyport.dev/servers]: remotemcpserver/github does not exist',
    );
  });

  it('asks which pod when several want servers, and takes the one that is named', async () => {
    const { url } = await upstream();
    const pod = labelledPod('remotemcpserver/github') as { metadata: object };
    const other = { ...pod, metadata: { ...pod.metadata, name: 'other' } };
    const folder = files([pod, other, remoteServer(url), secret('github-token', { token: 'made-up' })]);
    const { code, err } = await runSallyport(['dev', folder]);
    expect({ code, err }).toEqual({
      code: 2,
      err: 'sallyport dev: several pods have the label sallyport.dev/inject: "true"; to choose one, add --pod NAME, where NAME is one of agent, other (sallyport dev --help)\n',
    });
    const named = await running(folder, () => Promise.resolve(), '--pod', 'other');
    expect(named.out).toContain('Pod other, as it would be injected:');
  });

  it.each([
    [['dev'], 'needs at least one file or folder'],
    [['dev', '-'], 'reads its files again when they change, so they cannot be standard input'],
  ])('%j is a misuse', async (args, message) => {
    const { code, err } = await runSallyport(args);
    expect({ code, err }).toEqual({ code: 2, err: `sallyport dev ${message} (sallyport dev --help)\n` });
  });
});
