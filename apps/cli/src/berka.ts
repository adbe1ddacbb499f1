import type { NewAccount, TwoLegTransfer } from '@mizan/client';
import { parseDecimal } from '@mizan/money';

// How a movement in a Czech bank's books of 1993 becomes a journal entry in ours. data/berka/SOURCES.md explains the columns.

/** The columns that the import reads, by the names in the file's first line. */
export const berkaColumns = ['trans_id', 'account_id', 'date', 'type', 'operation', 'amount', 'k_symbol', 'bank'] as const;
export type BerkaRow = Readonly<Record<(typeof berkaColumns)[number], string>>;

export const CZK = 'CZK';
const EXPONENT = 2;

export type Opening = NewAccount & { readonly op: 'open' };
export type Posting = TwoLegTransfer & { readonly op: 'transfer' };

/** What a row asks of the ledger: a transfer, and the two accounts that must be open for it. */
export interface Movement {
  readonly accounts: readonly [client: Opening, other: Opening];
  readonly transfer: Posting;
}

/** Why a row is not a movement: the column, and what is wrong with it. */
export interface RowFault {
  readonly field: string;
  readonly problem: string;
}

interface Rule {
  /** The side of the client's account; the other account takes the other one. */
  readonly client: 'debit' | 'credit';
  /** The other account; `clearing`: that of the bank which the row names. */
  readonly other: Opening | 'clearing';
  readonly reference?: string;
}

const account = (id: string, type: NewAccount['type']): Opening => ({ op: 'open', id, type, asset: CZK });

/** Notes and coins at the counter: ours. */
const cash = account('bank:cash', 'asset');
/** What card schemes will collect from us, until they do. */
const cards = account('bank:clearing:cards', 'asset');
const interestPaid = account('bank:interest-paid', 'expense');
const fees = account('bank:fees', 'income');
const penaltyInterest = account('bank:penalty-interest', 'income');

/**
 * Every combination of type, operation and k_symbol that the bank used. One that is not here is refused:
 * money is never booked on a guess.
 */
const rules: Readonly<Record<string, Rule>> = {
  // Cash over the counter. VYBER stands as a type too, in rows that are plain withdrawals.
  'PRIJEM/VKLAD/': { client: 'credit', other: cash },
  'VYDAJ/VYBER/': { client: 'debit', other: cash },
  'VYBER/VYBER/': { client: 'debit', other: cash },
  // Household bills paid in cash: the notes leave our counter all the same.
  'VYDAJ/VYBER/SIPO': { client: 'debit', other: cash, reference: 'household' },
  // The bank's own bookings. The operation calls fees and penalties a withdrawal, but no cash moved: they are what we earned.
  'PRIJEM//UROK': { client: 'credit', other: interestPaid, reference: 'interest' },
  'VYDAJ/VYBER/SLUZBY': { client: 'debit', other: fees, reference: 'statement fee' },
  'VYDAJ/VYBER/SANKC. UROK': { client: 'debit', other: penaltyInterest, reference: 'penalty interest' },
  // Other banks: an asset that falls due between us, one account for each bank.
  'PRIJEM/PREVOD Z UCTU/': { client: 'credit', other: 'clearing' },
  'PRIJEM/PREVOD Z UCTU/DUCHOD': { client: 'credit', other: 'clearing', reference: 'pension' },
  'VYDAJ/PREVOD NA UCET/': { client: 'debit', other: 'clearing' },
  'VYDAJ/PREVOD NA UCET/SIPO': { client: 'debit', other: 'clearing', reference: 'household' },
  'VYDAJ/PREVOD NA UCET/POJISTNE': { client: 'debit', other: 'clearing', reference: 'insurance' },
  'VYDAJ/PREVOD NA UCET/UVER': { client: 'debit', other: 'clearing', reference: 'loan payment' },
  'VYDAJ/VYBER KARTOU/': { client: 'debit', other: cards },
};

/** The entry that a row stands for, or the first thing that is wrong with it, in the order of the columns. */
export function movementOf(row: BerkaRow): Movement | RowFault {
  if (!isNumber(row.trans_id)) return fault('trans_id', `${shown(row.trans_id)} is not a number of the bank's.`);
  if (!isNumber(row.account_id)) return fault('account_id', `${shown(row.account_id)} is not a number of the bank's.`);
  if (!isDay(row.date)) return fault('date', `${shown(row.date)} is not a day such as 1993-01-31.`);
  const rule = ruleOf(row);
  if ('problem' in rule) return rule;
  const amount = amountOf(row.amount);
  if (typeof amount !== 'bigint') return amount;
  const other = otherSide(rule, row.bank);
  if ('problem' in other) return other;

  const client = account(`clients:${row.account_id}`, 'liability');
  const [debit, credit] = rule.client === 'debit' ? [client, other] : [other, client];
  return {
    accounts: [client, other],
    transfer: {
      op: 'transfer',
      id: `berka:${row.trans_id}`,
      debit: debit.id,
      credit: credit.id,
      amount,
      effectiveAt: `${row.date}T00:00:00Z`,
      ...(rule.reference === undefined ? {} : { reference: rule.reference }),
    },
  };
}

export const isFault = (outcome: Movement | RowFault): outcome is RowFault => 'problem' in outcome;

function ruleOf({ type, operation, k_symbol }: BerkaRow): Rule | RowFault {
  const key = `${type}/${operation}/${k_symbol}`;
  const rule = Object.hasOwn(rules, key) ? rules[key] : undefined;
  if (rule) return rule;
  const known = Object.keys(rules).map((rule) => rule.split('/'));
  const ofType = known.filter(([its]) => its === type);
  if (ofType.length === 0) return fault('type', `${shown(type)} is unknown; known are PRIJEM, VYDAJ and VYBER.`);
  const ofOperation = ofType.filter(([, its]) => its === operation);
  if (ofOperation.length === 0) return fault('operation', `${shown(operation)} is unknown for ${type}.`);
  return fault('k_symbol', `${shown(k_symbol)} is unknown for ${type} ${operation}`.trimEnd() + '.');
}

function otherSide({ other }: Rule, bank: string): Opening | RowFault {
  if (other !== 'clearing') return bank === '' ? other : fault('bank', `${shown(bank)} has no part in this operation; leave it empty.`);
  if (bank === '') return fault('bank', 'A transfer from or to another bank must name it.');
  return /^[A-Z]{2}$/.test(bank) ? account(`bank:clearing:${bank}`, 'asset') : fault('bank', `${shown(bank)} is not a bank's two letters.`);
}

function amountOf(text: string): bigint | RowFault {
  const amount = parseDecimal(text, EXPONENT);
  if (amount === 0n) return fault('amount', 'It is zero; a movement moves something.');
  if (typeof amount === 'bigint') return amount;
  const problems = {
    malformed: 'is not an amount such as 700.00.',
    negative: 'is negative; the type says which way the money goes.',
    too_fine: `has more than ${EXPONENT} decimal places; ${CZK} has no smaller unit.`,
    too_large: 'is larger than any amount.',
  };
  return fault('amount', `${shown(text)} ${problems[amount]}`);
}

const fault = (field: string, problem: string): RowFault => ({ field, problem });
const shown = (text: string): string => (text === '' ? 'an empty field' : JSON.stringify(text.slice(0, 40)));
const isNumber = (text: string): boolean => /^[1-9]\d{0,17}$/.test(text);

/** A day that exists: one that does not comes back from Date as another one, or not at all. */
function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const moment = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(text);
}
