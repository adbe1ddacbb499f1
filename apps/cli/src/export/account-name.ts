import { type AccountType, isAccountId } from '@mizan/ledger';

// hledger and beancount both read these names: five roots, and parts of capital letter or digit, then letters, digits and "-".

const roots: Readonly<Record<AccountType, string>> = {
  asset: 'Assets',
  liability: 'Liabilities',
  equity: 'Equity',
  income: 'Income',
  expense: 'Expenses',
};
const types = new Map(Object.entries(roots).map(([type, root]) => [root, type as AccountType]));

/** Stands at the end of a part that begins with a capital letter in the id itself: the others are given theirs. */
const CAPITAL = '--UP';

/** What an account is called in plain-text accounting: `clients:17` of a liability is `Liabilities:Clients:17`. `accountOf` turns it back. */
export const accountName = (type: AccountType, id: string): string => [roots[type], ...id.split(':').map(partName)].join(':');

/** The account of a name, or null where no account has it. */
export function accountOf(name: string): { readonly type: AccountType; readonly id: string } | null {
  const [root = '', ...parts] = name.split(':');
  const type = types.get(root);
  const id = parts.map(partOf).join(':');
  return type && isAccountId(id) && accountName(type, id) === name ? { type, id } : null;
}

/** `_`, `.`, and a `-` that does not stand between letters or digits, become `--` and their code in hex. */
function partName(part: string): string {
  const plain = part.replace(/[_.]|(?<![A-Za-z0-9])-|-(?![A-Za-z0-9])/g, (sign) => `--${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  return plain.charAt(0).toUpperCase() + plain.slice(1) + (/^[A-Z]/.test(part) ? CAPITAL : '');
}

function partOf(name: string): string {
  const isCapital = name.endsWith(CAPITAL);
  const plain = (isCapital ? name.slice(0, -CAPITAL.length) : name).replace(/--(5F|2E|2D)/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
  return isCapital ? plain : plain.charAt(0).toLowerCase() + plain.slice(1);
}
