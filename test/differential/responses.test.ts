import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exchange, patient, veryPatient, type Patience } from './drive.ts';
import { responseCases, type ResponseCase } from './responses.ts';
import { others, startSubjects, type Subject } from './subjects.ts';

let subjects: readonly Subject[];
let stop: () => void;
beforeAll(async () => {
  ({ subjects, stop } = await startSubjects());
});
afterAll(() => stop());

const get = 'GET /mcp HTTP/1.1\r\nHost: HOST\r\n\r\n';

/** `200 ok`: a whole answer and its body. Null for a fault of the proxy's own, and for an answer that breaks off. */
function delivered(text: string): string | null {
  let rest = text;
  while (/^HTTP\/1\.1 1\d\d /.test(rest)) rest = rest.slice(rest.indexOf('\r\n\r\n') + 4);
  const end = rest.indexOf('\r\n\r\n');
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(rest)?.[1];
  if (end === -1 || status === undefined || status.startsWith('5')) return null;
  const head = rest.slice(0, end + 2);
  const after = rest.slice(end + 4);
  const length = /^content-length: *(\d+)\r$/im.exec(head)?.[1];
  if (status === '204' || status === '304') return `${status} ${after}`;
  if (/^transfer-encoding: *chunked\r$/im.test(head)) {
    const body = unchunked(after);
    return body === null ? null : `${status} ${body}`;
  }
  if (length === undefined) return `${status} ${after}`;
  return after.length < Number(length) ? null : `${status} ${after}`;
}

function unchunked(text: string): string | null {
  let rest = text;
  let body = '';
  for (;;) {
    const [line, digits] = /^([0-9a-f]+)\r\n/i.exec(rest) ?? [];
    if (line === undefined || digits === undefined) return null;
    const size = Number.parseInt(digits, 16);
    if (size === 0) {
      // Trailers, or the empty line alone.
      const end = `\r\n${rest.slice(line.length)}`.indexOf('\r\n\r\n');
      return end === -1 ? null : body + rest.slice(line.length + end + 2);
    }
    body += rest.slice(line.length, line.length + size);
    rest = rest.slice(line.length + size + 2);
  }
}

interface Seen {
  readonly first: string | null;
  /** What the next request gets, on a connection of its own. */
  readonly second: string | null;
}

async function see(subject: Subject, one: ResponseCase, patience: Patience): Promise<Seen> {
  subject.recorder.take();
  subject.recorder.answerNext(one.bytes, one.open);
  const first = delivered(await exchange(subject, get, patience));
  subject.recorder.take();
  const second = delivered(await exchange(subject, get, patience));
  return { first, second };
}

async function judge(one: ResponseCase, patience: Patience) {
  const names = Object.keys(others);
  const seen = new Map(
    await Promise.all(
      subjects.map(async (subject) => [subject.name, await see(subject, one, patience)] as const),
    ),
  );
  const own = seen.get('ours');
  const views = names.map((name) => seen.get(name)?.first ?? null);
  const agree = new Set(views).size === 1;
  const told = names.map((name, i) => `${name} ${JSON.stringify(views[i])}`).join(', ');
  const wrong: string[] = [];
  const handedOn = own?.first !== null;
  if (handedOn && one.allowed === undefined && (!agree || own?.first !== views[0]))
    wrong.push(`handed on ${JSON.stringify(own?.first)} although ${told}`);
  if (own?.second !== '200 clean') wrong.push(`the next request got ${JSON.stringify(own?.second)}`);
  return { agree, handedOn, wrong };
}

describe('of answers that may be understood differently', () => {
  const counts = { cases: 0, disagreed: 0, handedOn: 0 };
  afterAll(() =>
    console.log(
      `differential: ${counts.cases} answers; nginx, HAProxy and Node disagree on ${counts.disagreed}; ` +
        `ours hands on ${counts.handedOn}`,
    ),
  );

  test.each(responseCases)('$name', async (one) => {
    let verdict = await judge(one, patient);
    if (verdict.wrong.length > 0) verdict = await judge(one, veryPatient);
    counts.cases += 1;
    if (!verdict.agree) counts.disagreed += 1;
    if (verdict.handedOn) counts.handedOn += 1;
    expect(verdict.wrong).toEqual([]);
  });
});
