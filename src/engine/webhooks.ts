import type { AdmissionRequest } from '../core/review/admission.ts';
import type { Deadline } from '../core/ports.ts';
import type { WebhookRoute } from '../core/webhook-entries.ts';
import type { Engine } from './engine.ts';
import { judgeUpdate, judgeWorkload } from './judge-workloads.ts';
import { judgeInjected, judgePod, judgeResource, type Judged } from './judges.ts';

type Judge = (engine: Engine, request: AdmissionRequest, deadline: Deadline) => Promise<Judged>;

/** One handler for each route, made of whoever judges what is asked there. */
export const handlers = <Handler>(
  make: (route: WebhookRoute, judge: Judge) => Handler,
): Readonly<Record<WebhookRoute, Handler>> => ({
  validate: make('validate', judgeResource),
  mutate: make('mutate', judgePod),
  check: make('check', judgeInjected),
  rewrite: make('rewrite', judgeWorkload),
  keep: make('keep', judgeUpdate),
});
