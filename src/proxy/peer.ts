import { close, open, read } from 'node:fs';
import { promisify } from 'node:util';
import { maxPeerTableBytes, peerTableMs } from './limits.ts';

/**
 * Whether somebody still holds the other end of a loopback connection after its FIN. A client that closed and one
 * that only has nothing more to send look the same on the wire; but both ends of a loopback connection stand in the
 * tables of our own network namespace, and an end that its process has given up has no inode there.
 */
export async function peerIsOpen(port: number, peerPort: number): Promise<boolean> {
  pending ??= readTables();
  await pending;
  return holds(peerPort, port);
}

/** An IPv4 connection of a program that speaks IPv6 stands in the second. Each with 127.0.0.1 as it is written there. */
const tables = [
  ['/proc/self/net/tcp', '0100007F'],
  ['/proc/self/net/tcp6', '0000000000000000FFFF00000100007F'],
] as const;

/** Everybody who asks before the tables are read shares one reading; many clients may go at once. */
let pending: Promise<void> | null = null;
let lastReadAt = 0;
/** Used again and again: with thousands of connections a table has half a megabyte. */
let buffer = Buffer.alloc(32 * 1024);
let length = 0;

async function readTables(): Promise<void> {
  const wait = Math.max(0, lastReadAt + peerTableMs - Date.now());
  await new Promise((resolve) => {
    setTimeout(resolve, wait);
  });
  pending = null;
  length = 0;
  for (const [path] of tables) await append(path);
  lastReadAt = Date.now();
}

const opened = promisify(open);
const closed = promisify(close);
const readInto = promisify(read);

/** Where there is no such table, or it is too long, nobody is known to be there, and a FIN counts as the end. */
async function append(path: string): Promise<void> {
  let handle: number | undefined;
  try {
    handle = await opened(path, 'r');
    for (;;) {
      if (length === buffer.length) {
        if (length >= maxPeerTableBytes) return;
        buffer = Buffer.concat([buffer], 2 * length);
      }
      const { bytesRead } = await readInto(handle, buffer, length, buffer.length - length, null);
      if (bytesRead === 0) return;
      length += bytesRead;
    }
  } catch {
    // As if it were empty.
  } finally {
    if (handle !== undefined) await closed(handle);
  }
}

const hex = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0');

/** ` local:port remote:port state queues timer retransmits uid timeout inode` */
function holds(local: number, remote: number): boolean {
  const read = buffer.subarray(0, length);
  return tables.some(([, loopback]) => {
    const at = read.indexOf(`:${hex(local)} ${loopback}:${hex(remote)} `, 0, 'latin1');
    if (at === -1) return false;
    const [row = ''] = read.toString('latin1', at, at + 256).split('\n', 1);
    const inode = row.trim().split(/ +/)[8];
    return inode !== undefined && inode !== '0';
  });
}
