"""Recomputes a ledger from the events of its journal: balances, holds, limits at every position, and what clients were told.

Usage: recompute.py <ledger> <journal.ndjson> <acknowledged.ndjson> <accounts.ndjson>
  journal.ndjson       what GET /v1/ledgers/<ledger>/journal answers to application/x-ndjson
  acknowledged.ndjson  one line per answer that a client got for certain
  accounts.ndjson      the items of GET /v1/ledgers/<ledger>/accounts
Needs the standard library alone. Prints one JSON object: {"events": n, "findings": [[rule, where], ...]}
"""
import json
import sys
from collections import defaultdict

CREDIT_NORMAL = {"liability", "equity", "income"}


class Account:
    def __init__(self, opened):
        self.credit_normal = opened["type"] in CREDIT_NORMAL
        self.floor = None if opened["minBalance"] is None else int(opened["minBalance"])
        self.posted = {"debit": 0, "credit": 0}
        self.held = {"debit": 0, "credit": 0}

    def available(self):
        """What may still leave it on its normal side: held money that would raise it does not count."""
        plus, minus = ("credit", "debit") if self.credit_normal else ("debit", "credit")
        return self.posted[plus] - self.posted[minus] - self.held[minus]

    def totals(self):
        return {side + "s": {"posted": str(self.posted[side]), "held": str(self.held[side])} for side in ("debit", "credit")}


def lines(name):
    with open(name, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def main(ledger, journal, acknowledged, shown):
    findings = []
    find = lambda rule, where: findings.append([rule, str(where)])
    accounts, holds, spent, reversed_of, entries = {}, {}, {}, defaultdict(int), {}
    last_time = ""

    def put_holds(position, hold):
        """Moves the held totals from what a hold held to what it holds now."""
        before = holds.get(hold["id"])
        remaining = int(hold["remaining"])
        change = remaining - (0 if before is None else int(before["remaining"]))
        accounts[hold["debit"]].held["debit"] += change
        accounts[hold["credit"]].held["credit"] += change
        if int(hold["captured"]) + int(hold["released"]) + remaining != int(hold["amount"]) or remaining < 0:
            find("hold does not add up", f"{position} {hold['id']}")
        if before is not None and before["status"] != "placed":
            find("hold ended twice", f"{position} {hold['id']}")
        holds[hold["id"]] = hold

    for number, event in enumerate(lines(journal), start=1):
        position, kind, data = event["version"], event["type"], event["data"]
        if position != number:
            find("gap", f"{position} stands at {number}")
        if event["recordedAt"] < last_time:
            find("time goes back", position)
        last_time = event["recordedAt"]
        command = data.get("command")
        if command is not None and command["op"] != "open":
            if command["id"] in spent:
                find("doubled", f"{command['id']} at {spent[command['id']][0]} and {position}")
            spent[command["id"]] = (position, kind, command)
        if kind == "AccountOpened":
            accounts[data["account"]["id"]] = Account(data["account"])
        if "hold" in data:
            put_holds(position, data["hold"])
        touched = set()
        for posting in data.get("postings", []):
            account = accounts[posting["account"]]
            account.posted[posting["side"]] += int(posting["amount"])
            touched.add(posting["account"])
        if "postings" in data:
            sums = defaultdict(int)
            for posting in data["postings"]:
                sums[posting["asset"]] += int(posting["amount"]) * (1 if posting["side"] == "debit" else -1)
            if any(sums.values()):
                find("not zero", position)
            entries[command["id"]] = sum(int(posting["amount"]) for posting in data["postings"] if posting["side"] == "debit")
            if command["op"] == "reverse":
                reversed_of[command["entry"]] += entries[command["id"]]
                if reversed_of[command["entry"]] > entries.get(command["entry"], -1):
                    find("reversed more than the entry", f"{position} {command['entry']}")
        for said in data.get("postings", []) + [dict(each, **each.get("balances", {})) for each in data.get("accounts", [])]:
            touched.add(said["account"])
            truth = accounts[said["account"]].totals()
            if {side: said[side] for side in truth} != truth:
                find("totals in the event", f"{position} {said['account']}")
        for name in touched:
            account = accounts[name]
            if account.floor is not None and account.available() < account.floor:
                find("below its floor", f"{position} {name}: {account.available()}")

    for said in lines(acknowledged):
        if said["ledger"] != ledger:
            continue
        position, kind, command = spent.get(said["id"], (None, None, None))
        applied = kind is not None and kind != "TransferRejected"
        if said["outcome"] == "applied":
            if not applied:
                find("lost", said["id"])
            elif position != said["position"] or command != said["command"]:
                find("changed", said["id"])
        elif applied:
            find("refused, yet applied", said["id"])

    answered = {account["id"]: account for account in lines(shown)}
    if answered.keys() != accounts.keys():
        find("read model", f"accounts {sorted(answered.keys() ^ accounts.keys())}")
    for name in answered.keys() & accounts.keys():
        truth, said = accounts[name].totals(), answered[name]["balances"]
        if {side: said[side] for side in truth} != truth or int(said["available"]) != accounts[name].available():
            find("read model", f"{name}: {said}, by its events {truth}")
    print(json.dumps({"events": number, "findings": findings}))


main(*sys.argv[1:])
