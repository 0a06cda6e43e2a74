import type { MessagePort } from 'node:worker_threads';
import { decodeReview } from '../../core/review/admission.ts';
import { encodeError } from '../../core/review/encode.ts';
import { createEngine, settingsOf, type Engine } from '../../engine/engine.ts';
import { quiet } from '../../engine/admission-handlers.ts';
import { handlers } from '../../engine/webhooks.ts';
import { decidedOf, judgeRequest } from '../judge-request.ts';
import { parseJson } from '../json.ts';
import { exceedsValues, maxReviewValues } from './count-values.ts';
import type { FromWorker, ReviewMessage, SettingsMessage, ToWorker, WorkerAnswer } from './protocol.ts';
import { refusal, reviewAnswer } from './refusal.ts';
import { RemoteCluster } from './remote-cluster.ts';

/** Judges reviews that come as messages, one at a time, with the same engine as the server. */
export function runWorker(port: MessagePort): void {
  const send = (message: FromWorker, transferred: ArrayBuffer[] = []) =>
    port.postMessage(message, transferred);
  const log = {
    error: (message: string, error: unknown) =>
      send({ type: 'log', message, error: error instanceof Error ? error : undefined }),
  };
  const remote = new RemoteCluster(send);
  let engine: Engine | undefined;
  const engineOf = ({ configuration, hasAuthorizer }: SettingsMessage): Engine =>
    createEngine(settingsOf(configuration), remote.cluster(hasAuthorizer));
  const judges = handlers((_, judge) => judge);

  async function answerTo({ route, body, endsAt, header }: ReviewMessage): Promise<WorkerAnswer> {
    const current = engine;
    if (!current) return refusal(header, 500, 'InternalError', 'the worker has no configuration yet');
    if (exceedsValues(body)) {
      const message = `the review holds more than ${maxReviewValues} fields and items; Sallyport does not judge objects of that size. Fix: split the object`;
      return refusal(header, 413, 'RequestEntityTooLarge', message);
    }
    const review = parseJson(body);
    if (review === undefined) return refusal(header, 400, 'BadRequest', 'the body is not JSON');
    const decoded = decodeReview(review);
    if (decoded.kind === 'invalid') {
      if (decoded.uid === undefined) return refusal(header, 400, 'BadRequest', decoded.problem);
      return reviewAnswer(encodeError(decoded.uid, 400, 'BadRequest', decoded.problem));
    }
    const { request } = decoded;
    const judged = await judgeRequest(
      (asked, deadline) => judges[route](current, asked, deadline),
      request,
      endsAt - Date.now(),
      log,
    ).catch(() => quiet(encodeError(request.uid, 500, 'InternalError', 'Sallyport failed')));
    return { ...reviewAnswer(judged.answer), decided: decidedOf(request, judged) };
  }

  port.on('message', (message: ToWorker) => {
    if (message.type === 'settings') engine = engineOf(message);
    else if (message.type === 'review')
      void answerTo(message).then((answer) => send({ type: 'answer', ...answer }, [answer.body.buffer]));
    else remote.answered(message);
  });
}
