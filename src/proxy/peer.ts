import { readFile } from 'node:fs';

/**
 * Whether somebody still holds the other end of a loopback connection after its FIN. A client that closed and one
 * that only has nothing more to send look the same on the wire; but both ends of a loopback connection stand in the
 * tables of our own network namespace, and an end that its process has given up has no inode there.
 */
export async function peerIsOpen(port: number, peerPort: number): Promise<boolean> {
  pending ??= readTables();
  return holds(await pending, peerPort, port);
}

/** Everybody who asks before the tables are read shares one reading. */
let pending: Promise<string> | null = null;

/** An IPv4 connection of a program that speaks IPv6 stands in the second. */
const tables = ['/proc/self/net/tcp', '/proc/self/net/tcp6'];

async function readTables(): Promise<string> {
  // In the next turn, so that many clients that go at once are looked up at once.
  await new Promise<void>((resolve) => {
    setImmediate(resolve);
  });
  pending = null;
  return (await Promise.all(tables.map(readTable))).join('\n');
}

/** Where there is no such table, nobody is known to be there, and a FIN counts as the end. */
const readTable = (path: string): Promise<string> =>
  new Promise((resolve) => {
    readFile(path, 'latin1', (error, text) => resolve(error ? '' : text));
  });

const hex = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0');

/** ` local:port remote:port state queues timer retransmits uid timeout inode` */
function holds(table: string, local: number, remote: number): boolean {
  const row = new RegExp(
    `:${hex(local)} [0-9A-F]+:${hex(remote)} [0-9A-F]{2} \\S+ \\S+ \\S+ +\\d+ +\\d+ (\\d+)`,
  ).exec(table);
  return row !== null && row[1] !== '0';
}
