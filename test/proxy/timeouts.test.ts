import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { ask, eventually, proxyFor, server } from './support.ts';

/** The timeout that a test is not about: no test lasts so long. */
const never = 3_600_000;

/** A listener that lets the kernel accept connections and then says nothing. */
async function silentServer() {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    silent.close();
    for (const socket of sockets) socket.destroy();
  });
  return { port: (silent.address() as AddressInfo).port, sockets };
}

/** A port whose queue of connections is full: the kernel no longer answers who comes. */
async function blackHole(): Promise<number> {
  const { spawn } = await import('node:child_process');
  // Another process that listens and is stopped accepts nobody.
  const child = spawn(process.execPath, [
    '-e',
    `const s = require('node:net').createServer();
     s.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
       console.log(s.address().port);
       setTimeout(() => process.kill(process.pid, 'SIGSTOP'), 20);
     });`,
  ]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const port = await new Promise<number>((resolve) =>
    child.stdout.once('data', (text: Buffer) => resolve(Number(text))),
  );
  const waiting: Socket[] = [];
  onTestFinished(() => {
    for (const socket of waiting) socket.destroy();
  });
  // Fill the queue until a connection no longer opens.
  await eventually(
    () =>
      new Promise<boolean>((resolve) => {
        const socket = connect(port, '127.0.0.1');
        waiting.push(socket);
        socket.on('error', () => {});
        socket.once('connect', () => resolve(true));
        setTimeout(() => resolve(false), 200);
      }),
    (opened) => !opened,
  );
  return port;
}

test('[rule 27] a server that lets no connection open is 504 connect', async () => {
  const proxy = await proxyFor(server(`http://127.0.0.1:${await blackHole()}/mcp`), undefined, {
    connectTimeoutMs: 100,
    tlsTimeoutMs: never,
  });
  expect(await ask(proxy.port, { body: '{}' })).toMatchObject({
    status: 504,
    headers: { 'sallyport-error': 'connect' },
  });
}, 60_000);

test('[rule 27] a server that never answers the handshake is 504 tls, and its connection closes', async () => {
  const { port, sockets } = await silentServer();
  const proxy = await proxyFor(server(`https://127.0.0.1:${port}/mcp`), undefined, {
    connectTimeoutMs: never,
    tlsTimeoutMs: 100,
  });
  expect(await ask(proxy.port, { body: '{}' })).toMatchObject({
    status: 504,
    headers: { 'sallyport-error': 'tls' },
  });
  sockets[0]?.resume();
  await eventually(
    () => sockets[0]?.destroyed || sockets[0]?.readableEnded,
    (closed) => closed === true,
  );
}, 60_000);

test('[rule 27] [requirement 4] a server that accepts and says nothing is waited for: only connecting has a limit', async () => {
  const { port, sockets } = await silentServer();
  const limits = { connectTimeoutMs: 50, tlsTimeoutMs: 50 };
  const proxy = await proxyFor(server(`http://127.0.0.1:${port}/mcp`), undefined, limits);
  const answer = ask(proxy.port, { body: '{}' });
  await eventually(
    () => sockets.length,
    (count) => count === 1,
  );
  await new Promise((resolve) => setTimeout(resolve, 200));
  sockets[0]?.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  expect(await answer).toMatchObject({ status: 200, body: 'ok' });
});
