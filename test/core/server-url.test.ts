import { describe, expect, it } from 'vitest';
import { isMetadataHost } from '../../src/core/addresses.ts';
import { isLoopback, parseServerUrl } from '../../src/core/server-url.ts';

/** The host as a rule sees it; a URL that does not parse is the test's own mistake. */
function hostOf(text: string): string {
  const parsed = parseServerUrl(text);
  if (parsed.kind === 'invalid') throw new Error(`${text} ${parsed.problem}`);
  return parsed.url.hostname;
}

describe('a URL no client could use', () => {
  it.each([
    ['', 'is empty'],
    [' ', 'holds a space, a control character or a backslash'],
    ['https://example.com/a b', 'holds a space, a control character or a backslash'],
    [' https://example.com/', 'holds a space, a control character or a backslash'],
    ['https://example.com/mcp\n', 'holds a space, a control character or a backslash'],
    ['https://exam\tple.com/mcp', 'holds a space, a control character or a backslash'],
    ['https://example.com/\u0000', 'holds a space, a control character or a backslash'],
    ['https://example.com/\u007f', 'holds a space, a control character or a backslash'],
    ['https:\\\\example.com\\mcp', 'holds a space, a control character or a backslash'],
    ['kyverno-mcp.default:8000/mcp', 'has no scheme'],
    ['localhost:8080/mcp', 'has no scheme'],
    ['example.com', 'has no scheme'],
    ['example.com:443', 'has no scheme'],
    ['/mcp', 'has no scheme'],
    ['//h', 'has no scheme'],
    ['//example.com/mcp', 'has no scheme'],
    ['https:h/x', 'has no scheme'],
    ['https:/example.com/mcp', 'has no scheme'],
    ['mailto:ops@example.com', 'has no scheme'],
    ['${MCP_URL}', 'has no scheme'],
    ['ftp://example.com/mcp', 'is neither http nor https'],
    ['file:///etc/passwd', 'is neither http nor https'],
    ['unix:///run/mcp.sock', 'is neither http nor https'],
    ['ws://example.com/mcp', 'is neither http nor https'],
    ['httpss://example.com/', 'is neither http nor https'],
    ['http://', 'has no host'],
    ['https:///x', 'has no host'],
    ['http:///x', 'has no host'],
    ['https://:8443/mcp', 'has no host'],
    ['https://?tenant=1', 'has no host'],
    ['https://#top', 'has no host'],
    ['https://user:hunter2@/mcp', 'has no host'],
    ['https://user@:8443/mcp', 'has no host'],
    ['https://example.com:0/mcp', 'has port 0'],
    ['https://example.com:00000/mcp', 'has port 0'],
    ['https://example.com:99999/mcp', 'cannot be parsed'],
    ['https://example.com:80a/mcp', 'cannot be parsed'],
    ['https://exa<mple.com/mcp', 'cannot be parsed'],
    ['https://[::1/mcp', 'cannot be parsed'],
    ['https://256.256.256.256/', 'cannot be parsed'],
    ['https://a%2fb/', 'cannot be parsed'],
  ])('%j %s', (text, problem) => {
    expect(parseServerUrl(text)).toEqual({ kind: 'invalid', problem });
  });
});

describe('a URL that is fine', () => {
  it.each([
    ['https://example.com', 'example.com'],
    ['https://example.com/mcp', 'example.com'],
    ['HTTPS://EXAMPLE.COM/MCP', 'example.com'],
    ['http://kyverno-mcp.default:8000/mcp', 'kyverno-mcp.default'],
    ['http://mcp-github-proxy.tools.svc.cluster.local:8080/sse', 'mcp-github-proxy.tools.svc.cluster.local'],
    ['https://example.com:8443/mcp?tenant=456&lang=en', 'example.com'],
    ['https://example.com/mcp#tools', 'example.com'],
    ['https://user:hunter2@example.com/mcp', 'example.com'],
    ['https://example.com:/mcp', 'example.com'],
    ['https://203.0.113.7/mcp', '203.0.113.7'],
    ['https://[2001:db8::7]/mcp', '[2001:db8::7]'],
    ['https://[2001:db8::7]:8443/mcp', '[2001:db8::7]'],
    ['https://bücher.example/mcp', 'xn--bcher-kva.example'],
    ['https://example.com/ä', 'example.com'],
    ['https://example.com./mcp', 'example.com.'],
    ['https://under_score.example.com/mcp', 'under_score.example.com'],
  ])('%s leads to %s', (text, host) => {
    expect(hostOf(text)).toBe(host);
    expect(isLoopback(host)).toBe(false);
    expect(isMetadataHost(host)).toBe(false);
  });
});

describe('loopback', () => {
  it.each([
    'http://localhost:8080/mcp',
    'http://LOCALHOST/',
    'http://localhost./',
    'http://mcp.localhost/',
    'http://127.0.0.1:8080/mcp',
    'http://127.255.0.9/',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0x7f.0.0.1/',
    'http://0177.0.0.1/',
    'http://017700000001/',
    'http://0/',
    'http://0.0.0.0/',
    'http://%6c%6f%63alhost/',
    'http://１２７.0.0.1/',
    'https://[::1]/',
    'https://[0:0:0:0:0:0:0:1]/',
    'https://[::]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:7f00:1]/',
  ])('%s', (text) => {
    expect(isLoopback(hostOf(text))).toBe(true);
  });

  it.each([
    'http://localhost.example.com/',
    'http://notlocalhost/',
    'http://127.0.0.1.example.com/',
    'http://128.0.0.1/',
    'http://10.0.0.1/',
    'https://[2001:db8::1]/',
    'https://[::ffff:10.0.0.1]/',
  ])('is not %s', (text) => {
    expect(isLoopback(hostOf(text))).toBe(false);
  });
});

describe('link-local and metadata', () => {
  it.each([
    'http://169.254.169.254/latest/meta-data/',
    'http://169.254.0.1/',
    'http://2852039166/',
    'http://0xa9fea9fe/',
    'http://0251.0376.0251.0376/',
    'http://169.254.43518/',
    'http://metadata.google.internal/',
    'http://metadata.google.internal./',
    'http://Metadata.Google.Internal/',
    'http://metadata/',
    'http://metadata.goog/',
    'http://instance-data/latest/',
    'http://100.100.100.200/',
    'http://168.63.129.16/',
    'http://192.0.0.192/',
    'http://[fe80::1]/',
    'http://[febf::1]/',
    'http://[fd00:ec2::254]/',
    'http://[fd00:0ec2:0:0:0:0:0:0254]/',
    'http://[fd20:ce::254]/',
    'http://[fd20:00ce::0.0.2.84]/',
    'http://[fd00:c1::a9fe:a9fe]/',
    'http://[fd00:42::42]/',
    'http://[::ffff:168.63.129.16]/',
    'http://[64:ff9b::168.63.129.16]/',
    'http://[64:ff9b:1::168.63.129.16]/',
    'http://[::ffff:0:168.63.129.16]/',
    'http://[2002:a83f:8110::1]/',
    'http://0xa83f8110/',
    'http://metadata.goog./',
    'http://[::ffff:169.254.169.254]/',
    'http://[64:ff9b::169.254.169.254]/',
  ])('%s', (text) => {
    expect(isMetadataHost(hostOf(text))).toBe(true);
  });

  it.each([
    'http://169.253.169.254/',
    'http://169.254.example.com/',
    'http://metadata.example.com/',
    'http://my-metadata/',
    'http://100.100.100.201/',
    'http://[fec0::1]/',
    'http://168.63.129.17/',
    'http://[fd20:ce::255]/',
    'http://[::ffff:10.0.0.1]/',
    'http://[2002:a00:1::1]/',
    'http://168.63.129.16.example.com/',
    'http://[fd00::1]/',
    'http://fe80.example.com/',
    'http://127.0.0.1/',
  ])('is not %s', (text) => {
    expect(isMetadataHost(hostOf(text))).toBe(false);
  });
});

it('never repeats the URL in a problem', () => {
  const texts = [
    'hunter2',
    'hunter2:8000/mcp',
    'ftp://hunter2/',
    'https://hunter2:99999/',
    'https://x@:hunter2/',
  ];
  for (const text of texts) expect(JSON.stringify(parseServerUrl(text))).not.toContain('hunter2');
});
