import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { runSallyport } from '../support/terminal.ts';
import { tempFolder } from '../support/webhook.ts';

/** What `serve` logs from its start to its end, with this level in its environment. */
async function logAt(level: string): Promise<string> {
  const folder = tempFolder();
  const ca = path.join(folder, 'ca.crt');
  const stop = new AbortController();
  const running = runSallyport(['serve', '--cluster', folder, '--port', '0', '--write-ca', ca], {
    env: { SALLYPORT_LOG_LEVEL: level },
    stop: stop.signal,
  });
  // It writes the CA before it listens, and ends as soon as it listens if it was stopped before.
  await expect.poll(() => existsSync(ca), { timeout: 10_000 }).toBe(true);
  stop.abort();
  const { code, out } = await running;
  expect(code).toBe(0);
  return out;
}

it('SALLYPORT_LOG_LEVEL=warn leaves out what has level info', async () => {
  expect(await logAt('info')).toContain('listening on');
  expect(await logAt('warn')).toBe('');
});

it('an unknown SALLYPORT_LOG_LEVEL is reported, and hides nothing', async () => {
  const out = await logAt('verbose');
  expect(out).toContain('SALLYPORT_LOG_LEVEL must be one of debug, info, warn, error, silent');
  expect(out).toContain('listening on');
});
