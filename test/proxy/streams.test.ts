import type { RequestListener, ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { idleUpstreamMs } from '../../src/proxy/limits.ts';
import {
  ask,
  eventually,
  head,
  openStream,
  proxyFor,
  raw,
  recorder,
  server,
  startRawUpstream,
  startUpstream,
} from './support.ts';

const behind = async (handler: RequestListener) => {
  const upstream = await startUpstream(handler);
  return { upstream, proxy: await proxyFor(server(upstream.url)) };
};

/** An event stream that the test writes to, and whether its client has gone. */
async function streaming() {
  const open: { res: ServerResponse; closed: boolean }[] = [];
  const { upstream, proxy } = await behind((req, res) => {
    const entry: (typeof open)[number] = { res, closed: false };
    open.push(entry);
    res.on('close', () => {
      entry.closed = true;
    });
    req.resume();
    res.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' });
    res.flushHeaders();
  });
  return { open, upstream, proxy };
}

describe('a stream', () => {
  test('[rule 11] [requirement 3] shows its head before its first event', async () => {
    const { proxy, open } = await streaming();
    const stream = await openStream(proxy.port);
    expect(stream.res.statusCode).toBe(200);
    expect(stream.text()).toBe('');
    expect(open).toHaveLength(1);
  });

  test('[rule 11] of any other type shows its head before its body, too', async () => {
    const { proxy } = await behind((_req, res) => {
      res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '2' });
      res.flushHeaders();
    });
    expect((await openStream(proxy.port)).res.headers['content-length']).toBe('2');
  });

  test('[rule 12] passes each event when it comes, comments and retry lines included', async () => {
    const { proxy, open } = await streaming();
    const stream = await openStream(proxy.port);
    let sent = '';
    for (const event of [': ping\n\n', 'retry: 10\r\n\r\n', 'id: 1\ndata: "ü"\n\n']) {
      open[0]?.res.write(event);
      sent += event;
      await eventually(stream.text, (text) => text === sent);
    }
  });

  test('[rule 14] [requirement 5] that breaks off at the server breaks off at the client', async () => {
    const { proxy, open } = await streaming();
    const stream = await openStream(proxy.port);
    open[0]?.res.write('data: 1\n\n');
    await eventually(stream.text, (text) => text !== '');
    open[0]?.res.destroy();
    await eventually(
      () => stream.res.destroyed,
      (destroyed) => destroyed,
    );
    expect(stream.res.complete).toBe(false);
    expect(await proxy.metrics()).toMatch(/failures_total\{server="github",cause="upstream-closed"\} 1/);
  });

  test('[rule 14] that ends early is not made to look whole', async () => {
    const upstream = await startRawUpstream((socket) =>
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'),
    );
    const proxy = await proxyFor(server(upstream.url));
    expect(await ask(proxy.port)).toMatchObject({ status: 200, body: 'half', error: 'aborted' });
  });

  test('[rule 15] [requirement 5] that the client leaves ends at the server', async () => {
    const { proxy, open } = await streaming();
    const stream = await openStream(proxy.port);
    stream.close();
    await eventually(
      () => open[0]?.closed ?? false,
      (closed) => closed,
    );
    await eventually(proxy.metrics, (text) =>
      text.includes('sallyport_proxy_open_streams{server="github"} 0'),
    );
    expect(await proxy.metrics()).toContain('sallyport_proxy_active_requests{server="github"} 0');
  });

  // The newest protocol cancels a call so.
  test('[rule 15] that is not yet answered ends at the server, too', async () => {
    let gone = false;
    const { proxy } = await behind((req, res) => {
      req.resume();
      res.on('close', () => {
        gone = true;
      });
    });
    const socket = connect(proxy.port, '127.0.0.1');
    socket.write(`${head(proxy.port, 'POST /mcp', ['Content-Length: 2'])}{}`);
    await eventually(proxy.metrics, (text) => text.includes('active_requests{server="github"} 1'));
    socket.destroy();
    await eventually(
      () => gone,
      (value) => value,
    );
  });

  test('behind an unanswered one on the same connection is asked for after it, and never when the client leaves', async () => {
    const asked: ServerResponse[] = [];
    const { proxy } = await behind((_req, res) => asked.push(res));
    const get = `GET /mcp HTTP/1.1\r\nHost: 127.0.0.1:${proxy.port}\r\n\r\n`;
    const socket = connect(proxy.port, '127.0.0.1');
    let answers = '';
    socket.on('data', (bytes) => {
      answers += bytes.toString('latin1');
    });
    socket.write(get + get + get);
    for (const number of [1, 2]) {
      await eventually(
        () => asked.length,
        (length) => length === number,
      );
      expect(await proxy.metrics()).toContain('active_requests{server="github"} 1');
      if (number === 1) asked[0]?.end('first');
    }
    await eventually(
      () => answers,
      (text) => text.includes('first'),
    );
    socket.destroy();
    await eventually(proxy.metrics, (text) => text.includes('active_requests{server="github"} 0'));
    await eventually(
      () => asked[1]?.destroyed,
      (destroyed) => destroyed === true,
    );
    expect(asked).toHaveLength(2);
  });

  test('[rule 13] is not read faster than the client reads it', async () => {
    let written = 0;
    const { proxy } = await behind((_req, res) => {
      res.writeHead(200, { 'Content-Type': 'text/event-stream' });
      const event = `data: ${'x'.repeat(65_530)}\n\n`;
      const fill = () => {
        while (written < 200_000_000 && !res.destroyed) {
          written += event.length;
          if (!res.write(event)) return res.once('drain', fill);
        }
        return res;
      };
      fill();
    });
    const socket = connect(proxy.port, '127.0.0.1');
    socket.write(head(proxy.port, 'GET /mcp'));
    socket.pause();
    let before = -1;
    // Everything between the two is full once nothing more is written.
    await eventually(
      async () => {
        before = written;
        await new Promise((resolve) => setTimeout(resolve, 50));
        return written;
      },
      (now) => now > 0 && now === before,
    );
    expect(written).toBeLessThan(50_000_000);
    socket.destroy();
  });

  test('keeps its credential and goes on when the credential rotates', async () => {
    const { proxy, open } = await streaming();
    const stream = await openStream(proxy.port);
    proxy.rotate({ '+/h0': 'another-token' });
    await eventually(proxy.metrics, (text) => text.includes('sallyport_proxy_generation{server="github"} 2'));
    open[0]?.res.write('data: still here\n\n');
    await eventually(stream.text, (text) => text.includes('still here'));
  });
});

describe('an upload', () => {
  test('[rule 17] that the server answers early does not wait for its end', async () => {
    const { proxy } = await behind((_req, res) => res.writeHead(413, { 'Content-Length': '5' }).end('large'));
    const lines = head(proxy.port, 'POST /mcp', ['Content-Length: 100000000']).replace(
      'Connection: close\r\n',
      '',
    );
    const answer = await raw(proxy.port, `${lines}${'x'.repeat(200_000)}`, /large$/);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    await eventually(proxy.metrics, (text) => text.includes('active_requests{server="github"} 0'));
  });

  test('[rule 7] that breaks off breaks off at the server, and its connection is not used again', async () => {
    const aborted: boolean[] = [];
    const { proxy, upstream } = await behind((req, res) => {
      req.on('error', () => {});
      req.on('close', () => aborted.push(!req.complete));
      req.on('end', () => res.end('ok'));
      req.resume();
    });
    const socket = connect(proxy.port, '127.0.0.1');
    socket.write(`${head(proxy.port, 'POST /mcp', ['Content-Length: 100'])}half`);
    await eventually(
      () => upstream.sockets.size,
      (size) => size === 1,
    );
    socket.destroy();
    await eventually(
      () => aborted,
      (list) => list.length === 1,
    );
    expect(aborted).toEqual([true]);
    await eventually(
      () => upstream.sockets.size,
      (size) => size === 0,
    );
    expect(await ask(proxy.port, { body: '{}' })).toMatchObject({ status: 200, body: 'ok' });
  });

  test('[rule 13] is not read faster than the server reads it, and goes on when it does', async () => {
    const servers: Socket[] = [];
    const upstream = await startRawUpstream((socket) => {
      socket.pause();
      servers.push(socket);
    });
    const proxy = await proxyFor(server(upstream.url));
    const total = 200_000_000;
    const piece = Buffer.alloc(100_000, 'x');
    const socket = connect(proxy.port, '127.0.0.1');
    let written = 0;
    const fill = () => {
      while (written < total) {
        written += piece.length;
        if (!socket.write(piece)) return;
      }
    };
    socket.on('drain', fill);
    socket.write(head(proxy.port, 'POST /mcp', [`Content-Length: ${total}`]));
    fill();
    let before = -1;
    await eventually(
      async () => {
        before = written;
        await new Promise((resolve) => setTimeout(resolve, 50));
        return written;
      },
      (now) => servers.length === 1 && now === before,
    );
    expect(written).toBeLessThan(50_000_000);
    let read = 0;
    servers[0]?.on('data', (bytes) => {
      read += bytes.length;
    });
    servers[0]?.resume();
    await eventually(
      () => read,
      (bytes) => bytes >= total - 1_000_000,
    );
    socket.destroy();
  });

  test('that is slow shows the server its head at once', async () => {
    const seen: (string | undefined)[] = [];
    const { proxy } = await behind((req) => seen.push(req.method));
    const socket = connect(proxy.port, '127.0.0.1');
    socket.write(head(proxy.port, 'POST /mcp', ['Content-Length: 100']));
    await eventually(
      () => seen,
      (list) => list.length === 1,
    );
    socket.destroy();
  });
});

describe('connections to the server', () => {
  // The time after which an idle connection closes is none for an answer.
  test('[rule 27] [requirement 4] that are silent for longer than idle ones live still give their answer', async () => {
    const { proxy } = await behind((_req, res) => {
      setTimeout(() => res.end('at last'), idleUpstreamMs + 300);
    });
    expect(await ask(proxy.port)).toMatchObject({ status: 200, body: 'at last' });
  });

  test('are kept between requests', async () => {
    const { seen, handler } = recorder();
    let connections = 0;
    const upstream = await startUpstream((req, res) => {
      if (req.socket.listenerCount('counted') === 0) connections += 1;
      req.socket.once('counted', () => {});
      handler(req, res);
    });
    const proxy = await proxyFor(server(upstream.url));
    for (let i = 0; i < 5; i += 1) await ask(proxy.port, { body: '{}' });
    expect(seen).toHaveLength(5);
    expect(connections).toBe(1);
  });

  test('[rule 31] [requirement 20] are bounded: above the bound the answer is 503 at once, below it streams and calls go side by side', async () => {
    const upstream = await startUpstream((_req, res) => {
      res.writeHead(200, { 'Content-Type': 'text/event-stream' });
      res.flushHeaders();
    });
    const proxy = await proxyFor(server(upstream.url), undefined, { maxActive: 3 });
    const streams = await Promise.all([1, 2, 3].map(() => openStream(proxy.port)));
    const answer = await ask(proxy.port);
    expect(answer).toMatchObject({ status: 503, headers: { 'sallyport-error': 'connect' } });
    streams[0]?.close();
    await eventually(proxy.metrics, (text) => text.includes('active_requests{server="github"} 2'));
    expect((await openStream(proxy.port)).res.statusCode).toBe(200);
  });

  test('[rule 30] [requirement 20] are never tried a second time for one request', async () => {
    let asked = 0;
    const upstream = await startRawUpstream((socket) => {
      asked += 1;
      socket.destroy();
    });
    const proxy = await proxyFor(server(upstream.url));
    expect(await ask(proxy.port, { body: '{}' })).toMatchObject({
      status: 502,
      headers: { 'sallyport-error': 'upstream-closed' },
    });
    expect(asked).toBe(1);
  });
});
