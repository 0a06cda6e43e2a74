import tls, { connect, type SecureVersion } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createAuthority } from '../../src/certs/issue.ts';
import { startWebhook } from '../support/webhook.ts';

// At level 0 OpenSSL allows every version that it has, on both sides.
const anyVersion = 'DEFAULT@SECLEVEL=0';

/** The version of a connection by a client that knows no other, or the alert that it gets. */
const versionOf = (port: number, ca: string, version: SecureVersion) =>
  new Promise<string | null>((resolve) => {
    const socket = connect({
      host: '127.0.0.1',
      port,
      ca,
      ciphers: anyVersion,
      minVersion: version,
      maxVersion: version,
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
    socket.on('secureConnect', () => {
      resolve(socket.getProtocol());
      socket.destroy();
    });
  });

describe('the webhook server', () => {
  it('accepts TLS 1.2 and 1.3 and nothing older, whatever OpenSSL and Node would allow', async () => {
    const { DEFAULT_CIPHERS } = tls;
    onTestFinished(() => void (tls.DEFAULT_CIPHERS = DEFAULT_CIPHERS));
    tls.DEFAULT_CIPHERS = anyVersion;
    const { port, ca, listening } = await startWebhook();
    const accepted = async (trusted: string) =>
      Promise.all(
        (['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const).map((one) => versionOf(port, trusted, one)),
      );
    const refused = 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION';
    expect(await accepted(ca)).toEqual([refused, refused, 'TLSv1.2', 'TLSv1.3']);

    const authority = await createAuthority('another CA');
    const names = ['127.0.0.1'];
    listening.use(await authority.issue({ commonName: 'sallyport', names, usage: 'server' }));
    expect(await accepted(authority.certificate)).toEqual([refused, refused, 'TLSv1.2', 'TLSv1.3']);
  });
});
