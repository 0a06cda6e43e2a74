import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exchange, patient, veryPatient, type Patience } from './drive.ts';
import { requestCases, type Case } from './requests.ts';
import { others, startSubjects, type Subject } from './subjects.ts';
import { flawsOf } from './well-formed.ts';

let subjects: readonly Subject[];
let stop: () => void;
beforeAll(async () => {
  ({ subjects, stop } = await startSubjects());
});
afterAll(() => stop());

const bySubject = (name: string): Subject => {
  const found = subjects.find((subject) => subject.name === name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
};

interface Seen {
  /** The bodies of the requests that the server would have acted on. */
  readonly bodies: readonly string[];
  readonly flaws: readonly string[];
}

async function see(subject: Subject, bytes: string, patience: Patience): Promise<Seen> {
  subject.recorder.take();
  await exchange(subject, bytes, patience);
  const { requests, garbage } = subject.recorder.take();
  const flaws = requests.flatMap((request) => flawsOf(request, subject.recorder.port));
  return {
    bodies: requests.filter(({ complete }) => complete).map(({ body }) => body),
    flaws: garbage === '' ? flaws : [...flaws, `garbage: ${garbage.slice(0, 80)}`],
  };
}

interface Verdict {
  readonly agree: boolean;
  readonly forwarded: number;
  readonly wrong: readonly string[];
}

async function judge({ bytes, allowed }: Case, patience: Patience): Promise<Verdict> {
  const names = Object.keys(others);
  const [own, ...rest] = await Promise.all(
    ['ours', ...names].map((name) => see(bySubject(name), bytes, patience)),
  );
  if (own === undefined) throw new Error('ours did not run');
  const views = rest.map(({ bodies }) => JSON.stringify(bodies));
  const agree = new Set(views).size === 1;
  const wrong = own.flaws.map((flaw) => `sent to the server: ${flaw}`);
  const told = names.map((name, i) => `${name} ${views[i]}`).join(', ');
  // Each request that ours handed on, all others must have handed on as well, in the same place.
  const shared = rest.every(({ bodies }) => own.bodies.every((body, at) => body === bodies[at]));
  if (!shared && allowed === undefined)
    wrong.push(`handed on ${JSON.stringify(own.bodies)} although ${told}`);
  return { agree, forwarded: own.bodies.length, wrong };
}

describe('of requests that may be understood differently', () => {
  const counts = { cases: 0, disagreed: 0, allowed: 0, handedOn: 0 };
  afterAll(() =>
    console.log(
      `differential: ${counts.cases} requests; nginx, HAProxy and Node disagree on ${counts.disagreed}; ` +
        `ours hands on ${counts.handedOn}, of which ${counts.allowed} by an exception with its reason`,
    ),
  );

  test.each(requestCases)('$name', async (one) => {
    let verdict = await judge(one, patient);
    if (verdict.wrong.length > 0) verdict = await judge(one, veryPatient);
    counts.cases += 1;
    if (!verdict.agree) counts.disagreed += 1;
    if (verdict.forwarded > 0) counts.handedOn += 1;
    if (verdict.forwarded > 0 && one.allowed !== undefined) counts.allowed += 1;
    expect(verdict.wrong).toEqual([]);
  });

  test('there are more than 200, and their names differ', () => {
    expect(requestCases.length).toBeGreaterThanOrEqual(200);
    expect(new Set(requestCases.map(({ name }) => name)).size).toBe(requestCases.length);
  });
});

describe('a valid request with bytes changed', () => {
  const valid = [
    'GET /mcp HTTP/1.1\r\nHost: HOST\r\nAccept: text/event-stream\r\nConnection: close\r\n\r\n',
    'POST /mcp?a=b HTTP/1.1\r\nHost: HOST\r\nContent-Length: 5\r\nAuthorization: Bearer mine\r\nConnection: close\r\n\r\nhello',
    'POST /mcp HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\nConnection: close, X-A\r\nX-A: 1\r\n\r\n5;a=b\r\nhello\r\n0\r\nX-T: 1\r\n\r\n',
  ];
  const nasty = fc.constantFrom(
    ...Array.from('\r\n\0 \t:,;0-+\x0b\x7f\xe9_"'),
    '\r\n',
    '\r\n\r\n',
    'Content-Length: 3\r\n',
    'Transfer-Encoding: chunked\r\n',
    'chunked',
    'Host: x\r\n',
    ' HTTP/1.1',
  );
  const change = fc.record({
    at: fc.nat({ max: 200 }),
    drop: fc.nat({ max: 3 }),
    put: fc.oneof(fc.constant(''), nasty),
  });

  test('is handed on as one well-formed request with the credential once, or not at all', async () => {
    const subject = bySubject('ours');
    const quick = { afterAnswerMs: 15, withoutAnswerMs: 15 };
    let handedOn = 0;
    const property = fc.asyncProperty(
      fc.constantFrom(...valid),
      fc.array(change, { minLength: 1, maxLength: 3 }),
      async (request, changes) => {
        let bytes = request;
        for (const { at, drop, put } of changes) {
          const where = at % bytes.length;
          bytes = bytes.slice(0, where) + put + bytes.slice(where + drop);
        }
        const seen = await see(subject, bytes, quick);
        if (seen.bodies.length > 0) handedOn += 1;
        expect(seen.flaws).toEqual([]);
        // It closes with the first.
        expect(seen.bodies.length).toBeLessThanOrEqual(bytes.includes('Connection: close') ? 1 : 2);
      },
    );
    await fc.assert(property, { numRuns: 1000 });
    console.log(`differential: of 1000 requests with changed bytes, ours hands on ${handedOn}`);
    expect(handedOn).toBeGreaterThan(50);
  });
});
