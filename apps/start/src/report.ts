import pc from 'picocolors';
import { duration } from './duration.js';

/** What a start tells while it goes on. */
export interface Report {
  step(name: string): Step;
  line(text?: string): void;
}

/** One line of the start. It ends in `done` or `noted`, or stays open when the start fails. */
export interface Step {
  progress(detail: string): void;
  done(detail: string): void;
  /** Done without what one would expect. */
  noted(detail: string): void;
}

const NAME_WIDTH = 16;
const DETAIL_WIDTH = 46;
const TIME_WIDTH = 8;
/** Of a terminal that does not say: some report 0. */
const UNKNOWN_COLUMNS = 80;
const REDRAW_MS = 200;

interface Drawn {
  readonly name: string;
  readonly since: number;
  mark: string;
  detail: string;
  took: number | undefined;
}

/** On a terminal open steps are drawn again in place; in a pipe each step is one line, when it has ended. */
export function reportTo(output: NodeJS.WriteStream): Report {
  return output.isTTY ? inPlace(output) : lineByLine(output);
}

/** For --json: nothing but the object at the end. */
export const silentReport: Report = {
  step: () => ({ progress: () => {}, done: () => {}, noted: () => {} }),
  line: () => {},
};

function lineByLine(output: NodeJS.WriteStream): Report {
  return {
    step: (name) => {
      const step: Drawn = { name, since: performance.now(), mark: '✓', detail: '', took: undefined };
      const end = (mark: string, detail: string): void => {
        output.write(`${drawn({ ...step, mark, detail, took: performance.now() - step.since })}\n`);
      };
      return { progress: () => {}, done: (detail) => end('✓', detail), noted: (detail) => end('!', detail) };
    },
    line: (text = '') => output.write(`${text}\n`),
  };
}

function inPlace(output: NodeJS.WriteStream): Report {
  let open: Drawn[] = [];
  let linesBelow = 0;
  let timer: NodeJS.Timeout | undefined;

  // Ended steps at the top of the block are settled: they are not drawn again.
  const redraw = (): void => {
    const up = linesBelow > 0 ? `\u001b[${linesBelow}A` : '';
    output.write(`${up}\r\u001b[J${open.map((step) => `${drawn(step, output.columns || UNKNOWN_COLUMNS)}\n`).join('')}`);
    const running = open.findIndex(({ took }) => took === undefined);
    open = running === -1 ? [] : open.slice(running);
    linesBelow = open.length;
    if (open.length > 0) timer ??= setInterval(redraw, REDRAW_MS).unref();
    else {
      clearInterval(timer);
      timer = undefined;
    }
  };

  return {
    step: (name) => {
      const step: Drawn = { name, since: performance.now(), mark: '…', detail: '', took: undefined };
      open.push(step);
      const end = (mark: string, detail: string): void => {
        Object.assign(step, { mark, detail, took: performance.now() - step.since });
        redraw();
      };
      redraw();
      return {
        progress: (detail) => (step.detail = detail),
        done: (detail) => end('✓', detail),
        noted: (detail) => end('!', detail),
      };
    },
    line: (text = '') => {
      // What is still open stays above as it is; nothing is drawn over other text.
      clearInterval(timer);
      timer = undefined;
      open = [];
      linesBelow = 0;
      output.write(`${text}\n`);
    },
  };
}

/** @param columns of the terminal: a line that wraps would be two, and the cursor would go up too few. */
function drawn({ mark, name, detail, since, took }: Drawn, columns = Infinity): string {
  // Colours are for terminals alone, also where a build machine would like them.
  const { green, yellow, dim } = pc.createColors(columns < Infinity && pc.isColorSupported);
  const colour = mark === '✓' ? green : mark === '!' ? yellow : dim;
  const room = Math.max(0, columns - NAME_WIDTH - TIME_WIDTH - 7);
  const time = duration(took ?? performance.now() - since);
  return `  ${colour(mark)} ${name.padEnd(NAME_WIDTH)} ${detail.slice(0, room).padEnd(Math.min(room, DETAIL_WIDTH))} ${dim(time.padStart(TIME_WIDTH))}`;
}
