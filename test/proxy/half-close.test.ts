import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { ServerResponse } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { eventually, head, proxyFor, server, startRawUpstream, startUpstream } from './support.ts';

/** A server that answers when the test says so, and knows whether it was left. */
async function setUp() {
  const calls: { readonly res: ServerResponse; gone: boolean }[] = [];
  const upstream = await startUpstream((req, res) => {
    const call = { res, gone: false };
    calls.push(call);
    req.resume();
    res.on('close', () => {
      call.gone = !res.writableFinished;
    });
  });
  const proxy = await proxyFor(server(upstream.url));
  const asked = (count: number) =>
    eventually(
      () => calls.length,
      (length) => length === count,
    );
  const send = (bytes: string) => {
    const socket = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
    const state = { socket, text: '', ended: false };
    socket.on('data', (chunk) => {
      state.text += chunk.toString('latin1');
    });
    socket.on('end', () => {
      state.ended = true;
    });
    socket.on('error', () => {});
    socket.write(bytes);
    return state;
  };
  const post = `${head(proxy.port, 'POST /mcp', ['Content-Length: 2'])}{}`;
  return { calls, proxy, asked, send, post };
}

// Linux tells the two apart; elsewhere a FIN is the end.
describe.runIf(process.platform === 'linux')('a client that has nothing more to send', () => {
  test('[rule 16] still gets its answer, also long after', async () => {
    const { calls, asked, send, post } = await setUp();
    const client = send(post);
    client.socket.end();
    await asked(1);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(calls[0]?.gone).toBe(false);
    calls[0]?.res.end('late');
    await eventually(
      () => client.ended,
      (ended) => ended,
    );
    expect(client.text).toMatch(/^HTTP\/1\.1 200 OK[^]*late/);
  });

  test('[rule 16] gets the answers of all requests it has sent ahead', async () => {
    const { calls, asked, send, proxy } = await setUp();
    const get = `GET /mcp HTTP/1.1\r\nHost: 127.0.0.1:${proxy.port}\r\n\r\n`;
    const client = send(get + get);
    client.socket.end();
    for (const number of [1, 2]) {
      await asked(number);
      calls[number - 1]?.res.end(`answer ${number}`);
    }
    await eventually(
      () => client.ended,
      (ended) => ended,
    );
    expect(client.text).toMatch(/answer 1[^]*answer 2/);
  });

  test('[rule 16] gets it among thousands of connections that come and go', async () => {
    const { calls, asked, send, post } = await setUp();
    // The kernel lists the connections of all programs.
    const other = createServer((socket) => socket.on('error', () => {}));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const opened = () =>
      new Promise<Socket>((resolve) => {
        const socket = connect({ port, host: '127.0.0.1' }, () => resolve(socket));
        socket.on('error', () => {});
      });
    const idle: Socket[] = [];
    onTestFinished(() => {
      other.close();
      for (const socket of idle) socket.destroy();
    });
    while (idle.length < 3_000) idle.push(...(await Promise.all(Array.from({ length: 100 }, opened))));
    const rounds = 12;
    const side = 8;
    for (let round = 1; round <= rounds; round += 1) {
      const clients: ReturnType<typeof send>[] = [];
      for (let number = 1; number <= side; number += 1) {
        const client = send(post);
        client.socket.end();
        clients.push(client);
        // The table changes while it is read, and a question comes while it is read for another.
        for (const socket of idle.splice(0, 20)) socket.destroy();
        idle.push(...(await Promise.all(Array.from({ length: 20 }, opened))));
      }
      await asked(round * side);
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(calls.filter(({ gone }) => gone)).toHaveLength(0);
      for (const { res } of calls.slice(-side)) res.end('late');
      await eventually(
        () => clients.filter(({ text, ended }) => ended && text.endsWith('late')).length,
        (answered) => answered === side,
      );
    }
  });

  test('[rule 15] and then goes is gone', async () => {
    const { calls, asked, send, post } = await setUp();
    const client = send(post);
    client.socket.end();
    await asked(1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(calls[0]?.gone).toBe(false);
    client.socket.destroy();
    await eventually(
      () => calls[0]?.gone,
      (gone) => gone === true,
    );
  });
});

test('[rule 15] a client that closes while it is answered nothing is gone, many at once', async () => {
  const { calls, asked, send, post, proxy } = await setUp();
  const clients = Array.from({ length: 20 }, () => send(post));
  await asked(20);
  for (const { socket } of clients) socket.destroy();
  await eventually(
    () => calls.filter(({ gone }) => gone).length,
    (gone) => gone === 20,
  );
  expect(await proxy.metrics()).toContain('active_requests{server="github"} 0');
});

test('[rule 15] a client that ends in the middle of its body is gone', async () => {
  const { calls, asked, send, proxy } = await setUp();
  const client = send(`${head(proxy.port, 'POST /mcp', ['Content-Length: 10'])}{}`);
  await asked(1);
  client.socket.end();
  await eventually(
    () => calls[0]?.gone,
    (gone) => gone === true,
  );
});

describe('[rule 15] a client whose request the server does not read', () => {
  /** A server that reads no body, with a client that sends more of it than all buffers hold. */
  async function stuck(requests: (port: number) => string) {
    let connected = 0;
    const upstream = await startRawUpstream((socket) => {
      connected += 1;
      socket.pause();
    });
    const proxy = await proxyFor(server(upstream.url));
    const client = connect({ port: proxy.port, host: '127.0.0.1' });
    client.on('error', () => {});
    client.write(requests(proxy.port));
    client.write(Buffer.alloc(32 * 1024 * 1024, 'x'));
    await eventually(
      () => connected,
      (count) => count === 1,
    );
    // Nothing moves any more.
    let written = -1;
    await eventually(
      async () => {
        const before = written;
        await new Promise((resolve) => setTimeout(resolve, 100));
        written = client.bytesWritten;
        return written === before;
      },
      (still) => still,
    );
    const active = async () => /active_requests\{server="github"\} (\d+)/.exec(await proxy.metrics())?.[1];
    expect(await active()).toBe('1');
    return { client, active };
  }
  const body = (port: number) => head(port, 'POST /mcp', ['Content-Length: 33554432']);

  test('and that resets is gone', async () => {
    const { client, active } = await stuck(body);
    client.resetAndDestroy();
    await eventually(active, (count) => count === '0');
  });

  test('and that resets after requests sent ahead is gone', async () => {
    const { client, active } = await stuck((port) => head(port, 'GET /mcp') + body(port));
    client.resetAndDestroy();
    await eventually(active, (count) => count === '0');
  });

  test.runIf(process.platform === 'linux')('and that closes is gone', async () => {
    const { client, active } = await stuck(body);
    client.destroy();
    await eventually(active, (count) => count === '0');
  });

  test('and that stays is not', async () => {
    const { active } = await stuck(body);
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(await active()).toBe('1');
  });
});

test('[rule 15] a client that does not read its answer and resets is gone', async () => {
  const upstream = await startUpstream((_req, res) => {
    const more = () => void (res.destroyed || res.write(Buffer.alloc(1024 * 1024), () => setImmediate(more)));
    res.writeHead(200, { 'Content-Type': 'application/octet-stream' });
    more();
  });
  const proxy = await proxyFor(server(upstream.url));
  const client = connect({ port: proxy.port, host: '127.0.0.1' });
  client.on('error', () => {});
  client.pause();
  client.write(head(proxy.port, 'GET /mcp'));
  const active = async () => /active_requests\{server="github"\} (\d+)/.exec(await proxy.metrics())?.[1];
  await eventually(active, (count) => count === '1');
  await new Promise((resolve) => setTimeout(resolve, 500));
  client.resetAndDestroy();
  await eventually(active, (count) => count === '0');
});
