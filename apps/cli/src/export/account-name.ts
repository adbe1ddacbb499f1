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

/**
 * Every part begins with a capital letter. In the id it is taken to be a small one, or a capital where another capital
 * follows (`EUR`); where that is wrong, this stands at the end of the part.
 */
const OTHER_CASE = '--CASE';

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
  const name = plain.charAt(0).toUpperCase() + plain.slice(1);
  return takenToBe(name) === plain ? name : name + OTHER_CASE;
}

function partOf(name: string): string {
  const isOther = name.endsWith(OTHER_CASE);
  const usual = takenToBe(isOther ? name.slice(0, -OTHER_CASE.length) : name);
  return (isOther ? otherCase(usual) : usual).replace(/--(5F|2E|2D)/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

const takenToBe = (name: string): string => (/^[A-Z][A-Z]/.test(name) ? name : name.charAt(0).toLowerCase() + name.slice(1));

function otherCase(part: string): string {
  const first = part.charAt(0);
  return (first === first.toUpperCase() ? first.toLowerCase() : first.toUpperCase()) + part.slice(1);
}
