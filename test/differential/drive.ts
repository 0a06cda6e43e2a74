import { connect } from 'node:net';
import type { Subject } from './subjects.ts';

/** How long nothing may happen before a case counts as over. */
export interface Patience {
  readonly afterAnswerMs: number;
  readonly withoutAnswerMs: number;
}

export const patient: Patience = { afterAnswerMs: 60, withoutAnswerMs: 400 };
/** For a second look at a case that seemed to fail: a busy machine must not decide. */
export const veryPatient: Patience = { afterAnswerMs: 800, withoutAnswerMs: 3000 };

/** Sends bytes through a proxy, and gives what came back before it closed or fell silent. */
export function exchange(subject: Subject, bytes: string, patience: Patience): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(subject.port, '127.0.0.1');
    let text = '';
    let seen = subject.recorder.activity();
    let since = Date.now();
    const timer = setInterval(() => {
      if (seen !== subject.recorder.activity()) since = Date.now();
      seen = subject.recorder.activity();
      const most = text === '' ? patience.withoutAnswerMs : patience.afterAnswerMs;
      if (Date.now() - since > most) socket.destroy();
    }, 10);
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      since = Date.now();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clearInterval(timer);
      resolve(text);
    });
    socket.on('end', () => socket.destroy());
    socket.write(bytes.replaceAll('HOST', `127.0.0.1:${subject.port}`), 'latin1');
  });
}
