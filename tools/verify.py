#!/usr/bin/env python3
"""Second verifier of proofplan's records: Python's standard library only, no code in common with the first.

    python3 tools/verify.py [--vkey KEY] FOLDER...        (executions/<id>, with ledger.jsonl two folders up)
    python3 tools/verify.py [--vkey KEY] --proof FILE...  (what `proofplan audit prove` has written)
One line a finding: code, file:line@byte, message; exit code 0 only without any. Formats are in verify_format.py, beside it.
"""
import argparse, base64, hashlib, json, os, posixpath, re, stat, sys
from verify_format import Bad, DIGEST, NAME, Tree, field_offset, get, is_cut, is_integer, is_ledger_entry, is_number, is_signed, is_signed_pruning, leads_to
from verify_format import parse_canonical, parse_checkpoint, parse_entry, parse_verifier_key, references, same, sha256, worst

MAXIMUM_LINE, MAXIMUM_FINDINGS, MAXIMUM_CHECKPOINT, MAXIMUM_VERDICT = 64 << 20, 100, 1 << 20, 64 << 20
EXECUTION_ID = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}-[0-9]{2}-[0-9]{2}Z-[0-9a-f]{6}")
JOURNAL, LEDGER, VERDICT, CHECKPOINT = "journal.jsonl", "../../ledger.jsonl", "verdict.json", "checkpoint"

class Audit:
    def __init__(self, folder, verifier_key=None):
        self.folder, self.verifier_key, self.findings = os.path.realpath(folder), verifier_key, []
        name = os.path.basename(self.folder)
        self.execution = name if EXECUTION_ID.fullmatch(name) else None
        self.tree, self.head, self.marked, self.registration = Tree(), "", (None, None), None
        self.data, self.steps, self.attempts, self.evidence, self.parts = {}, {}, {}, {}, {}

    def find(self, code, file=JOURNAL, line="", message="", at=None):
        file, message = re.sub(r"[^\x21-\x7e]", "?", file), re.sub(r"[^\x20-\x7e]", "?", str(message))  # a terminal may read this
        self.findings.append(f"review/{code} {file}:{line}{'' if at is None else f'@{at}'} {message}".rstrip())

    def open(self, name):
        descriptor = os.open(os.path.normpath(os.path.join(self.folder, name)), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return os.fdopen(descriptor, "rb")
        os.close(descriptor)
        raise OSError(f"{name} is not a regular file")

    def first(self, kind, path):
        return get((self.data.get(kind) or [None])[0], path)

    def verify(self):
        try:
            with self.open(VERDICT) as file:
                said = file.read(MAXIMUM_VERDICT + 1).decode("utf-8")
            self.said = json.loads(said, parse_constant=int) if len(said) <= MAXIMUM_VERDICT else None
        except (OSError, ValueError, RecursionError):
            self.said = None
        try:
            with self.open(JOURNAL) as file:
                whole = self.verify_lines(file, get(self.said, "journal.entries"))
        except OSError as error:
            return self.find("not-an-execution", message=error)
        self.root = self.tree.root().hex()
        if whole:
            self.verify_checkpoint()
            for digest, (length, line) in self.evidence.items():
                self.verify_file(f"evidence/sha256/{digest}" if DIGEST.fullmatch(digest) else "evidence", digest, length, "evidence", f"named in line {line}")
            self.verify_recorded_files()
            self.verify_ledger()

    def verify_lines(self, journal, mark):
        time, line, at, cut = "", 0, 0, False
        data = journal.readline(MAXIMUM_LINE)
        while data:
            line += 1
            closed = "closed" in self.data
            if len(self.findings) >= MAXIMUM_FINDINGS:
                return False
            if not data.endswith(b"\n"):
                self.find("trailing-bytes" if closed else "torn-end", JOURNAL, line, f"{len(data)} bytes without a line feed", at)
                break
            if closed:
                self.find("entry-after-closed", JOURNAL, line, at=at)
            after = journal.readline(MAXIMUM_LINE)
            cut, was_cut, entry = is_cut(data, line, after), cut, None
            try:
                entry = None if cut else parse_entry(data)
            except Bad as bad:
                self.find(bad.code, JOURNAL, line, at=at + bad.offset)
                if line == 1 and bad.code == "unknown-version":
                    return False
            if entry:
                self.verify_links(entry, line, time, lambda field: at + field_offset(data, field))
                self.collect(entry["kind"], entry["data"], line, at, was_cut)
                time = entry["ts"]
            if line == 1 and get(entry, "kind") != "opened":
                self.find("not-opened", JOURNAL, line, at=at)
            self.tree.append(data)
            self.head = sha256(f"{self.head}\n".encode() + data) if cut else sha256(data)
            if same(line, mark):
                self.marked = (self.head, self.tree.root().hex())
            data, at = after, at + len(data)
        verdicts = self.data.get("verdict", [])
        for code in ["not-opened"] * (self.tree.size == 0) + ["not-closed"] * ("closed" not in self.data):
            self.find(code)
        closing = self.first("closed", "verdict")
        if len(verdicts) != 1 or isinstance(closing, str) and closing != self.first("verdict", "verdict"):
            self.find("verdict-not-single", message=f"{len(verdicts)} verdicts")
        bad = [name for name, verdict in self.parts.items() if verdict in ("unproven", "failed", "refused", "error", "not run")]
        if len(verdicts) == 1 and self.first("verdict", "verdict") == "passed" and bad:
            self.find("verdict-unfounded", message=bad[0])
        for step, (line, at) in self.steps.items():
            self.find("step-not-ended", JOURNAL, line, step, at)
        return True

    def verify_links(self, entry, line, time, offset_of):
        self.execution = self.execution or entry["execution"]
        genesis = sha256(f"proofplan/journal/v1\n{self.execution}\n".encode())
        links = {"seq": ("wrong-sequence", line), "execution": ("wrong-execution", self.execution)}
        links |= {"prev": ("chain-broken", self.head or genesis), "ts": ("time-backwards", max(time, entry["ts"]))}
        for key, (code, expected) in links.items():
            if entry[key] != expected:
                self.find(code, JOURNAL, line, f"{key} is {entry[key]}, not {expected}", offset_of(key))

    def collect(self, kind, data, line, at, was_cut):
        if kind in ("closed", "files", "opened", "verdict"):
            self.data.setdefault(kind, []).append(data)
        if kind in ("criterion", "policy-enforced", "task"):
            self.parts[f"{kind} {json.dumps(data.get('id'))}"] = data.get("verdict")
        for planned in data["steps"] if kind == "opened" and isinstance(data.get("steps"), list) else []:
            if isinstance(planned, dict):
                self.parts.setdefault(f"step {json.dumps(planned.get('id'))}", "not run")
        step = f"step {json.dumps(data.get('step'))}"
        attempt = f"{step}, attempt {json.dumps(data.get('attempt'))}"
        if kind == "step-started":
            self.steps[attempt], self.attempts[step] = (line, at), self.attempts.get(step, 0) + 1
            if not same(data.get("attempt"), self.attempts[step]):
                self.find("step-attempt-missing", JOURNAL, line, attempt, at)
        if kind == "step-not-run":
            self.parts[step] = "not needed" if data.get("notNeeded") is True else "not run"
        if kind == "step-ended":
            self.parts[step] = data.get("verdict")
            if self.steps.pop(attempt, None) is None:
                self.find("step-not-started", JOURNAL, line, attempt, at)
        whole, torn = line - 1 - was_cut, data.get("torn", "")
        if kind == "resumed" and (not same(data.get("after"), whole) or torn is not None and not was_cut):
            self.find("resumption-unfit", JOURNAL, line, f"line {whole} was the last whole one", at)
        for digest, length in references(data):
            self.evidence.setdefault(digest, (length, line))

    def verify_checkpoint(self):
        expected = f"proofplan/{self.execution}\n{self.tree.size}\n{base64.b64encode(bytes.fromhex(self.root)).decode()}\n".encode()
        try:
            with self.open(CHECKPOINT) as file:
                data = file.read(MAXIMUM_CHECKPOINT + 1)
        except OSError as error:
            return self.find("checkpoint-missing", CHECKPOINT, message=error)
        checkpoint = parse_checkpoint(data) if len(data) <= MAXIMUM_CHECKPOINT else None
        if not checkpoint or checkpoint[3] != expected:
            at = len(os.path.commonprefix([data, expected]))
            self.find("checkpoint-mismatch", CHECKPOINT, message=f"the journal has {self.tree.size} entries with root {self.root}", at=at)
        if self.verifier_key and not is_signed(checkpoint, self.verifier_key):
            self.find("checkpoint-unsigned", CHECKPOINT)

    def verify_file(self, path, digest, length, what, note=""):
        if os.path.isabs(path) or ".." in re.split(r"[/\\]", path):
            return self.find("file-missing", message=f"{path} is outside")
        hashed, size = hashlib.sha256(), 0
        try:
            with self.open(path) as file:
                while block := file.read(1 << 20):
                    hashed.update(block)
                    size += len(block)
        except (OSError, ValueError) as error:
            missing = isinstance(error, FileNotFoundError) or path == "evidence"
            return self.find(f"{what}-missing" if missing else f"{what}-changed", path, message=f"{error} {note}")
        if hashed.hexdigest() != digest or not same(size, length):
            self.find(f"{what}-changed", path, message=f"{size} bytes with digest {hashed.hexdigest()} {note}")

    def verify_recorded_files(self):
        lists = [data["files"] for data in self.data.get("files", []) if isinstance(data.get("files"), list)]
        files = [file for files in lists for file in files if isinstance(get(file, "path"), str)]
        for file in files:
            self.verify_file(file["path"], file.get("sha256"), file.get("bytes"), "file")
        if VERDICT not in [file["path"] for file in files]:
            if "closed" in self.data:
                self.find("files-not-recorded")
        elif not any(f" {VERDICT}:" in finding for finding in self.findings):
            recorded = {"execution": self.execution, "plan.sha256": self.first("opened", "plan.sha256"), "journal.head": self.marked[0]}
            recorded |= {"journal.root": self.marked[1], "verdict": self.first("verdict", "verdict"), "exitCode": self.first("verdict", "exitCode")}
            self.compare("verdict-differs", VERDICT, self.said, recorded)

    def compare(self, code, file, said, recorded):
        for name, value in recorded.items():
            said_value, value = ("unproven" if each == "none" else each for each in (get(said, name), value))  # proved nothing
            if not same(said_value, value) or value is None:
                self.find(code, file, message=f"{name} is {said_value} there, and {value} in the journal")

    def read_ledger(self, lines):
        entries, problems, damaged, prev, at = [], [], None, sha256(b"proofplan/ledger/v1\n"), 0
        for number, data in enumerate([*lines, b""], 1):
            entry, offset = None, 0
            try:
                entry = parse_canonical(data[:-1]) if data.endswith(b"\n") else None
            except Bad as bad:
                offset = bad.offset
            entry = entry if is_ledger_entry(entry) else None
            if damaged and get(entry, "afterTorn") is not True:
                problems.append(damaged)
            if entry and (entry["prev"], entry["seq"]) != (prev, number):
                problems.append((number, "not chained to the line before", at))
            if data and not data.endswith(b"\n"):
                problems.append(None)
            entries += [entry] if entry else []
            if entry and (entry["kind"], entry["execution"]) == ("registered", self.execution):
                self.registration = self.registration or {"ledger": {"hash": sha256(data)}}
            damaged = (number, "the line is damaged", at + offset) if data.endswith(b"\n") and not entry else None
            prev = sha256(data if entry else f"{prev}\n".encode() + data)  # a line without a link keeps the one before in the chain
            at += len(data)
        for line, message, at in filter(None, problems[:MAXIMUM_FINDINGS]):
            self.find("ledger-broken", LEDGER, line, message, at)
        return entries

    def verify_ledger(self):
        try:
            with self.open(LEDGER) as file:
                entries = self.read_ledger(file)
        except OSError as error:
            return self.find("ledger-missing", LEDGER, message=error)
        registered = [entry for entry in entries if entry["kind"] == "registered"]
        own = [entry for entry in registered if entry["execution"] == self.execution]
        ended = [entry for entry in entries if entry["execution"] == self.execution and entry["kind"] == "ended"]
        if not own:
            return self.find("not-in-ledger", LEDGER)
        if len(own) > 1:
            self.find("ledger-differs", LEDGER, message=f"registered {len(own)} times")
        if self.first("opened", "ledger.hash") is not None:  # the line binds all lines before it
            self.compare("ledger-differs", LEDGER, self.registration, {"ledger.hash": self.first("opened", "ledger.hash")})
        opened = {"plan.sha256": self.first("opened", "plan.sha256"), "attempt": self.first("opened", "attempt")}
        self.compare("ledger-differs", LEDGER, own[0], {**opened, "attempt": own[0]["attempt"]} if opened["attempt"] is None else opened)
        end = {"journal.entries": self.tree.size, "journal.head": self.head, "journal.root": self.root, "verdict": self.first("verdict", "verdict")}
        self.compare("ledger-differs", LEDGER, ended[-1], end) if ended else self.find("ledger-not-ended", LEDGER)
        if ended and any(get(ended[-1], path) != get(own[0], path) for path in ("plan.path", "plan.sha256", "attempt")):
            self.find("ledger-differs", LEDGER, message="registered and ended for different plans or attempts")
        counted, others = 0, {}
        for entry in entries:
            others.setdefault(entry["execution"], []).append(entry)
        for entry in registered:
            plan, own_plan = entry["plan"], own[0]["plan"]
            equal = plan["sha256"] == own_plan["sha256"] or posixpath.normpath(plan["path"]) == posixpath.normpath(own_plan["path"])
            counted += equal
            if entry is own[0] and not same(entry["attempt"], counted):  # the number was taken from an index, or lines were taken out
                self.find("ledger-differs", LEDGER, message=f"attempt {counted} by counting")
            other = os.path.join(os.path.dirname(self.folder), entry["execution"])
            there = NAME.fullmatch(entry["execution"]) and os.path.isdir(other) and not os.path.islink(other)
            ends = [each["verdict"] for each in others[entry["execution"]] if each["kind"] == "ended"]
            if ends:  # then it had a journal
                there = there and os.path.isfile(os.path.join(other, JOURNAL)) and not os.path.islink(os.path.join(other, JOURNAL))
            if equal and entry not in own and not there:
                pruned = [each for each in others[entry["execution"]] if each["kind"] == "pruned" and each["seq"] > entry["seq"]]
                if not pruned:
                    self.find("attempt-missing", LEDGER, int(entry["seq"]), entry["execution"])
                elif worst(ends) != "passed" and not (self.verifier_key and is_signed_pruning(pruned[-1], self.verifier_key)):
                    self.find("attempt-pruned", LEDGER, int(pruned[-1]["seq"]), f"{entry['execution']}, {worst(ends)}, {pruned[-1]['rule']}")

def check_proof(path, verifier_key=None):
    """The finding about an inclusion proof, or None."""
    try:
        with open(path, "rb") as file:
            proof = json.loads(file.read().decode("utf-8"), parse_constant=int)
        keys, line = ["checkpoint", "execution", "hashes", "index", "line", "schemaVersion", "size"], proof["line"].encode()
        entry, index, size = parse_entry(line), proof["index"], proof["size"]
        well = sorted(proof) == keys and line.endswith(b"\n") and is_integer(index) and is_integer(size) and same(proof["schemaVersion"], 1)
        well = well and isinstance(proof["hashes"], list) and len(proof["hashes"]) <= 64
        hashes = [bytes.fromhex(each) for each in proof["hashes"] if DIGEST.fullmatch(each)]
        checkpoint = parse_checkpoint(proof["checkpoint"].encode())
        facts = (checkpoint[0], checkpoint[1], len(hashes)) == (f"proofplan/{proof['execution']}", size, len(proof["hashes"]))
        if not well or not facts or (entry["execution"], entry["seq"]) != (proof["execution"], index + 1):
            return "proof-malformed"
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return "proof-malformed"
    if not 0 <= index < size or not leads_to(hashlib.sha256(b"\0" + line).digest(), index, size, hashes, checkpoint[2]):
        return "proof-mismatch"
    return "checkpoint-unsigned" if verifier_key and not is_signed(checkpoint, verifier_key) else None

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vkey", type=parse_verifier_key, help="the key that must have signed the checkpoint: name+hash+base64")
    parser.add_argument("--proof", action="store_true", help="the paths are inclusion proofs")
    parser.add_argument("path", nargs="+")
    options, bad = parser.parse_args(), 0
    for path in options.path:
        if options.proof:
            code = check_proof(path, options.vkey)
            findings, good = [f"review/{code} proof:"] if code else [], "ok"
        else:
            audit = Audit(path, options.vkey)
            audit.verify()
            findings, good = audit.findings, "ok entries={} root={} plan={}"
            good = good.format(audit.tree.size, getattr(audit, "root", ""), audit.first("opened", "plan.sha256"))
        bad |= bool(findings)
        for line in findings or [good]:
            print(f"{path}: {line}")
    sys.exit(bad)
