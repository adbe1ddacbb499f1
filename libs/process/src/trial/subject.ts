import type { Definition, Json } from '../definition.js';
import type { Instance } from '../instance.js';
import type { Answer, Ports, SentCall } from '../ports.js';
import type { Message, Runner } from '../runner.js';
import type { Chance } from './chance.js';

/** A kind of process under trial. */
export interface Subject<S, E extends Json> {
  readonly definition: Definition<S, E>;
  /** A new world for one schedule. */
  makeWorld(draw: Chance): World<S, E>;
}

/** What is around the processes in one schedule: who sends them messages, and who answers their calls. */
export interface World<S, E extends Json> {
  /** All that is sent, in any order. */
  readonly messages: readonly { readonly process: string; readonly message: Message }[];
  /** Does a call as its real counterpart would: once for each id. */
  take(call: SentCall, now: number): Answer;
  lookup(id: string): Answer | null;
  /** Something that makes calls fail for a while, or ends that. */
  disturb(draw: Chance): void;
  isOver(state: S): boolean;
  /** What is wrong in the world once all processes are over: lost or doubled. */
  faults(processes: readonly Instance<S, E>[]): readonly string[];
}

/** How a runtime under trial differs from the real one. Only for mistakes that a trial has to find. */
export interface Mistake {
  wrapPorts?(ports: Ports): Ports;
  makeRunner?: <S, E extends Json>(definition: Definition<S, E>, ports: Ports) => Runner<S, E>;
}
