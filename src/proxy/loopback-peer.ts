import { close, open, read } from 'node:fs';
import { promisify } from 'node:util';
import { maxPeerTableBytes, peerReadings, peerTableMs } from './limits.ts';

/** `unlisted` where no row says it: the kernel has taken the connection down, or its tables cannot be read. */
export type PeerState = 'open' | 'closed' | 'unlisted';

/**
 * Whether a process still holds the other end of a loopback connection after its FIN. A client that closed and one
 * that only has nothing more to send look the same on the wire; but the tables of our own network namespace list both
 * ends of a loopback connection, and an end that its process has closed has no inode there.
 */
export function peerState(port: number, peerPort: number): Promise<PeerState> {
  return new Promise((resolve) => {
    waiting.push({ ends: `${hex(peerPort)}:${hex(port)}`, resolve, missed: 0 });
    if (!reading) void readAll();
  });
}

interface Question {
  /** Ports of the client's end: its own, then ours. */
  readonly ends: string;
  readonly resolve: (state: PeerState) => void;
  /** In how many readings there was no such row. */
  missed: number;
}

/** An IPv4 connection of a program that speaks IPv6 is in the second. Each with 127.0.0.1 as the table writes it. */
const tables = [
  ['/proc/self/net/tcp', '0100007F'],
  ['/proc/self/net/tcp6', '0000000000000000FFFF00000100007F'],
] as const;

/** The kernel returns about one page a call. */
const chunkBytes = 64 * 1024;

/**
 * Questions for the next reading. One reading answers all questions that were asked before it began: its first rows are
 * older than a question that comes later, and may be older than the connection.
 */
let waiting: Question[] = [];
let reading = false;

async function readAll(): Promise<void> {
  reading = true;
  while (waiting.length > 0) {
    await new Promise((resolve) => {
      setTimeout(resolve, peerTableMs);
    });
    const questions = new Map<string, Question[]>();
    for (const question of waiting) {
      const same = questions.get(question.ends);
      if (same) same.push(question);
      else questions.set(question.ends, [question]);
    }
    waiting = [];
    await readTables(questions);
    // The kernel does not write the table in one go: a row may be left out when another one goes meanwhile.
    for (const question of [...questions.values()].flat()) {
      question.missed += 1;
      if (question.missed < peerReadings) waiting.push(question);
      else question.resolve('unlisted');
    }
  }
  reading = false;
}

/** Takes out the questions that a row answers. */
async function readTables(questions: Map<string, Question[]>): Promise<void> {
  for (const [path, loopback] of tables) {
    await readRows(path, (row) => answer(row, loopback, questions));
    if (questions.size === 0) return;
  }
}

/** `slot: local:port remote:port state queues timer retransmits uid timeout inode` */
function answer(row: string, loopback: string, questions: Map<string, Question[]>): boolean {
  const [, local = '', remote = '', , , , , , , inode = '0'] = row.trim().split(/ +/);
  const [address, ours] = remote.split(':');
  if (address !== loopback) return false;
  const ends = `${local.slice(local.indexOf(':') + 1)}:${ours}`;
  for (const { resolve } of questions.get(ends) ?? []) resolve(inode === '0' ? 'closed' : 'open');
  questions.delete(ends);
  return questions.size === 0;
}

const opened = promisify(open);
const closed = promisify(close);
const readInto = promisify(read);

/**
 * Reads a table row by row until `done` returns true. Where there is no such table, or it is too long, its rows are
 * missing: a FIN is the end then.
 */
async function readRows(path: string, done: (row: string) => boolean): Promise<void> {
  let handle: number | undefined;
  try {
    handle = await opened(path, 'r');
    const chunk = Buffer.allocUnsafe(chunkBytes);
    let rest = '';
    for (let length = 0; length < maxPeerTableBytes;) {
      const { bytesRead } = await readInto(handle, chunk, 0, chunk.length, null);
      if (bytesRead === 0) return;
      length += bytesRead;
      const rows = (rest + chunk.toString('latin1', 0, bytesRead)).split('\n');
      rest = rows.pop() ?? '';
      if (rows.some(done)) return;
    }
  } catch {
    // As if it were empty.
  } finally {
    if (handle !== undefined) await closed(handle);
  }
}

const hex = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0');
