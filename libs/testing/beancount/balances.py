"""Prints every account's balance of a beancount file, added up without rounding: account, amount, currency, between tabs."""

import decimal
import sys
from collections import defaultdict

from beancount import loader
from beancount.core.data import Transaction

decimal.getcontext().prec = 100
entries, errors, _ = loader.load_file(sys.argv[1])
if errors:
    sys.exit("\n".join(error.message for error in errors))
balances = defaultdict(decimal.Decimal)
for entry in entries:
    if isinstance(entry, Transaction):
        for posting in entry.postings:
            balances[posting.account, posting.units.currency] += posting.units.number
for (account, currency), amount in sorted(balances.items()):
    print(account, format(amount, "f"), currency, sep="\t")
