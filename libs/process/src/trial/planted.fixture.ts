import type { Json } from '../definition.js';
import type { Decision } from '../approval.js';
import { decode, eventName } from '../recorded.js';
import { Runner, type Taken } from '../runner.js';
import type { Mistake } from './subject.js';
import { TRIAL, trialKinds } from './witness.js';

/** Mistakes of a runtime, each of which a trial has to find. */
export const planted: Readonly<Record<string, Mistake>> = {
  'acts before it appends': {
    wrapPorts: (ports) => ({
      ...ports,
      store: Object.assign(Object.create(ports.store) as typeof ports.store, {
        append: async (...[stream, version, texts]: Parameters<typeof ports.store.append>) => {
          for (const [place, { event }] of texts.map((text) => decode(trialKinds, text)).entries())
            if (event.type === 'CallSent')
              await ports.calls.send({ ...event, causation: eventName(stream, version + place + 1) }).catch(() => {});
          return ports.store.append(stream, version, texts);
        },
      }),
    }),
  },
  'makes a new attempt after an unknown answer': {
    wrapPorts: (ports) => ({
      ...ports,
      calls: {
        lookup: async () => null,
        send: (call) =>
          ports.calls.send(call).catch(() => ({ status: 'refused', rejection: { code: 'no_answer', detail: 'No answer came.' } })),
      },
    }),
  },
  'loses a timer at a takeover': {
    wrapPorts: (ports) => ({
      ...ports,
      timers: {
        set: (timer) => ports.timers.set(timer),
        clear: (process, version) => ports.timers.clear(process, version),
        due: async (now, limit) => {
          const due = await ports.timers.due(now, limit);
          for (const { process, version } of due) await ports.timers.clear(process, version);
          return due;
        },
      },
    }),
  },
  'accepts an approval of changed content': {
    makeRunner: (definition, ports) => new Credulous(TRIAL, definition, ports),
  },
};

class Credulous<S, E extends Json> extends Runner<S, E> {
  override async decide(process: string, decision: Decision): Promise<Taken> {
    const asked = (await this.read(process)).approvals.get(decision.step)?.asked;
    return super.decide(process, { ...decision, sha256: asked?.sha256 ?? decision.sha256 });
  }
}
