import { formatInstant } from './instant.js';
import { play } from './play.js';
import { type Ask, type Expected, type Step, readScenario } from './scenario.js';

/** A scenario made into a page for people who want to do the same: Markdown. */
export interface Recipe {
  /** The name of its scenario and of its page, without extension. */
  readonly name: string;
  /** Where it stands in the list. */
  readonly place: number;
  readonly title: string;
  /** What it is for. */
  readonly purpose: string;
  /** The ops that it uses, as a developer would look for them. */
  readonly ops: readonly string[];
  readonly page: string;
}

const HEAD = /^# Recipe (\d+): (.*)\n# (.*)\n/;

/** A scenario is a recipe where its first line says so, `# Recipe 3: Title`; the second says what it is for. Null where it is none. */
export function recipeOf(name: string, text: string): Recipe | null {
  const head = HEAD.exec(text);
  if (!head) return null;
  const [{ length }, place, title = '', purpose = ''] = head;
  const steps = readScenario(text);
  const { transcript } = play(text, name);
  const [journal = '', balances = ''] = transcript.split('\n\n');
  const page = [
    generatedFrom(`${name}.ledger`),
    `# ${title}`,
    purpose,
    `[What the lines mean](README.md#how-to-read-the-ledger-text) · [the scenario](../../libs/ledger/scenarios/${name}.ledger) · [all recipes](README.md)`,
    '## Step by step',
    ...tellings(text.slice(length)),
    '## The journal that came of it',
    'Debits stand left, credits right. A refusal or an answer without a number left no trace in the journal.',
    fenced('text', journal),
    '## The balances at the end',
    fenced('text', balances.trimEnd()),
    '## Over HTTP',
    ...requests(name, steps),
  ];
  return { name, place: Number(place), title, purpose, ops: opsOf(steps), page: `${page.join('\n\n')}\n` };
}

/** The page that lists the recipes. */
export function recipeIndex(recipes: readonly Recipe[]): string {
  const inOrder = [...recipes].sort((one, other) => one.place - other.place);
  const rows = inOrder.map(
    ({ name, title, purpose, ops }) => `| [${title}](${name}.md) | ${purpose} | ${ops.map((op) => `\`${op}\``).join(' ')} |`,
  );
  return `${[generatedFrom('*.ledger'), INTRODUCTION, ['| recipe | what it is for | uses |', '| --- | --- | --- |', ...rows].join('\n'), READING].join('\n\n')}\n`;
}

const generatedFrom = (scenario: string): string =>
  `<!-- Generated from libs/ledger/scenarios/${scenario} by libs/ledger/scenarios/write-recipes.mjs: change that, not this. -->`;

const INTRODUCTION = `# Recipes
How money is moved for common purposes: which accounts, which entries, what is refused and what to do then. Each page is a scenario that runs with the tests, shown with the journal and the balances that came of it, and the same operations as HTTP bodies.`;

const READING = `## How to read the ledger text
A line is one operation: its name, the id that the client chose, and its fields. Amounts are written with the decimal places of their asset; over HTTP they are strings of minor units.

| line | means |
| --- | --- |
| \`=> insufficient_funds wallets:17\` | it is refused, with this code, naming this account |
| \`=> replayed\` | the same was done before under this id: the first answer comes again, and nothing moves |
| \`=> moves 12.00\` | a limit or a hold decided how much moved |
| no \`=>\` | it is applied |
| \`at 2026-01-05T09:00:00Z\` | time has come to this moment; holds that are due have expired |
| \`asset POINTS 0\` | an asset of one's own and its decimal places |
| \`balance wallets:17 25.00 EUR\` | the posted balance is then this |
| \`remaining auth-1 15.00 placed\` | what is left of a hold, and its status |
| \`totals wallets:17 35.00 0.00 60.00 0.00\` | debits posted and held, credits posted and held |

The bodies under *Over HTTP* carry the dates of the scenario. To send them, choose an \`expiresAt\` that lies ahead; what is to be effective must not lie in a closed period.`;

/** The scenario as it is told: what stands in comments as prose, what is asked as text. */
function tellings(text: string): readonly string[] {
  const paragraphs: { prose: boolean; lines: string[] }[] = [];
  for (const line of text.split('\n')) {
    const prose = line.startsWith('#');
    if (paragraphs.at(-1)?.prose !== prose) paragraphs.push({ prose, lines: [] });
    paragraphs.at(-1)!.lines.push(prose ? line.replace(/^# ?/, '') : line);
  }
  return paragraphs
    .map(({ prose, lines }) => ({ prose, text: lines.join('\n').replace(/^\n+|\n+$/g, '') }))
    .filter(({ text }) => text !== '')
    .map(({ prose, text }) => (prose ? text : fenced('text', text)));
}

const fenced = (language: string, text: string): string => `\`\`\`${language}\n${text}\n\`\`\``;

/** Everything that is asked, in one batch for each moment. */
function requests(ledger: string, steps: readonly Step[]): readonly string[] {
  const assets = steps.flatMap((step) => (step.kind === 'asset' ? [`PUT /v1/assets/${step.code}   { "exponent": ${step.exponent} }`] : []));
  const batches: { at: string; asks: Ask[] }[] = [];
  for (const step of steps) {
    if (step.kind === 'at') batches.push({ at: formatInstant(step.now), asks: [] });
    if (step.kind === 'ask') batches.at(-1)!.asks.push(step.ask);
  }
  return [
    `Once: the ledger${assets.length > 0 ? ', and the asset that is its own' : ''}.`,
    fenced('http', [`PUT /v1/ledgers/${ledger}   {}`, ...assets].join('\n')),
    `Then \`POST /v1/ledgers/${ledger}/batch\`. Each operation also has [a route of its own](../../apps/transfers/README.md), with the same fields.`,
    ...batches.filter(({ asks }) => asks.length > 0).map(batch),
  ];
}

function batch({ at, asks }: { readonly at: string; readonly asks: readonly Ask[] }): string {
  const count = asks.length === 1 ? '1 operation' : `${asks.length} operations`;
  const body = written({ operations: asks.map(({ operation }) => operation) });
  return `<details><summary>At ${at.replace('.000Z', 'Z')}: ${count}</summary>\n\n${fenced('json', body)}\n\n${answered(asks)}\n\n</details>`;
}

/** What comes back, where it is more than "applied". */
function answered(asks: readonly Ask[]): string {
  const rows = asks.flatMap(({ operation, expected, members }, place) => [
    ...answerRow(`operations/${place}`, operation, expected),
    ...members.flatMap((member, at) =>
      answerRow(
        `operations/${place}/operations/${at}`,
        (operation.operations as Record<string, unknown>[])[at]!,
        expected.code && !member.code ? { ...member, code: 'group_failed' } : member,
      ),
    ),
  ]);
  if (rows.length === 0) return 'Every result is `applied`.';
  return ['| result of | is |', '| --- | --- |', ...rows, '', 'Every other result is `applied`.'].join('\n');
}

function answerRow(path: string, { op, id }: Record<string, unknown>, { replayed, code, amount }: Expected): readonly string[] {
  const result = {
    status: code ? 'rejected' : 'applied',
    ...(replayed && { replayed }),
    ...(code && { code }),
    ...(amount !== null && { amount: String(amount) }),
  };
  return Object.keys(result).length === 1 ? [] : [`| \`${path}\`, ${[op, id].filter(Boolean).join(' ')} | \`${inLine(result)}\` |`];
}

const LINE = 170;

/** JSON for people: what holds no lists stands on one line, where it fits. */
function written(value: unknown, indent = ''): string {
  const line = inLine(value);
  const fits = !line.includes('[') && indent.length + line.length <= LINE;
  return fits || typeof value !== 'object' || value === null ? line : expanded(value, indent);
}

function expanded(value: unknown, indent: string): string {
  const inner = `${indent}  `;
  if (Array.isArray(value)) return `[\n${value.map((item) => inner + written(item, inner)).join(',\n')}\n${indent}]`;
  const fields = Object.entries(value as object).map(([name, field]) => `${inner}"${name}": ${written(field, inner)}`);
  return `{\n${fields.join(',\n')}\n${indent}}`;
}

function inLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inLine).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([name, field]) => `"${name}": ${inLine(field)}`)
    .join(', ')} }`;
}

function opsOf(steps: readonly Step[]): readonly string[] {
  const operations = steps.flatMap((step) => (step.kind === 'ask' ? [step.ask.operation] : []));
  const members = operations.flatMap(({ operations = [] }) => operations as Record<string, unknown>[]);
  const all = [...operations, ...members];
  return [...new Set([...all.map(({ op }) => op as string), ...all.flatMap((one) => ('cap' in one ? ['cap'] : []))])].filter(
    (op) => op !== 'open',
  );
}
