#!/usr/bin/env python3
"""Second verifier of proofplan's records: Python's standard library only, no code in common with the first.

    python3 tools/verify.py FOLDER...    (executions/<id>, with ledger.jsonl two folders up)
One line a finding: code, file, line, message; exit code 0 only without any. Does not verify signatures (no Ed25519 here).
"""
import base64, hashlib, json, os, posixpath, re, stat, sys

MAXIMUM_LINE, MAXIMUM_FINDINGS, DEEPEST = 64 << 20, 100, 256
NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,127}")
EXECUTION_ID = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}-[0-9]{2}-[0-9]{2}Z-[0-9a-f]{6}")
DIGEST = re.compile(r"[0-9a-f]{64}")
ENTRY = {"execution": NAME, "kind": re.compile(r"[a-z][a-z0-9.-]{0,63}"), "prev": DIGEST}
ENTRY["ts"] = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
JOURNAL, LEDGER, VERDICT = "journal.jsonl", "../../ledger.jsonl", "verdict.json"

class NotCanonical(ValueError):
    """JSON, but not the RFC 8785 form of what it says."""

def sha256(data):
    return hashlib.sha256(data).hexdigest()

def get(value, path):
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value

def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)

def is_integer(value):
    return is_number(value) and abs(value) < 2**53 and value == int(value)

def render_number(number):
    """ECMAScript's shortest form of a double (RFC 8785, 3.2.2.3)."""
    number = float(number)
    if number != number or abs(number) == float("inf"):
        raise NotCanonical
    mantissa, _, exponent = repr(abs(number)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(digits) - len(fraction) + int(exponent or 0)
    digits, sign = digits.rstrip("0"), "-" if number < 0 else ""
    if not digits:
        return "0"
    if len(digits) <= point <= 21:
        return sign + digits.ljust(point, "0")
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    return f"{sign}{digits[0]}{'.' * (len(digits) > 1)}{digits[1:]}e{'+' if point > 0 else '-'}{abs(point - 1)}"

def render(value, depth=0):
    if depth > DEEPEST:
        raise NotCanonical
    if value is None or isinstance(value, (bool, str)):
        return json.dumps(value, ensure_ascii=False).encode().decode()  # half a surrogate pair raises
    if isinstance(value, list):
        return f"[{','.join(render(item, depth + 1) for item in value)}]"
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(f"{render(key)}:{render(value[key], depth + 1)}" for key in keys) + "}"
    return render_number(value)

def parse_canonical(data):
    """The value of a line's bytes. ValueError: not JSON. NotCanonical: JSON in another form than the one that is written."""
    text = data.decode("utf-8")  # below, int("NaN") raises: no constants
    try:
        value = json.loads(text, parse_constant=int, parse_int=float)
        canonical = render(value)
    except (RecursionError, UnicodeEncodeError):
        raise NotCanonical from None
    if canonical != text:
        raise NotCanonical
    return value

def merkle_root(nodes):
    """RFC 6962 over leaf hashes, level by level: the last node of an odd level moves up as it is."""
    while len(nodes) > 1:
        pairs = [hashlib.sha256(b"\1" + nodes[at] + nodes[at + 1]).digest() for at in range(0, len(nodes) - 1, 2)]
        nodes = pairs + nodes[2 * len(pairs) :]
    return nodes[0] if nodes else hashlib.sha256().digest()

def references(value):
    """Every object with stream, sha256 and bytes names a file of evidence."""
    if isinstance(value, dict):
        if isinstance(value.get("stream"), str) and isinstance(value.get("sha256"), str) and is_number(value.get("bytes")):
            yield value["sha256"], value["bytes"]
        value = list(value.values())
    for item in value if isinstance(value, list) else []:
        yield from references(item)

def is_ledger_entry(value):
    texts, numbers = ["execution", "prev", "ts", "plan.path", "plan.sha256"], ["seq", "attempt"]
    if get(value, "kind") == "ended":
        texts, numbers = [*texts, "verdict", "journal.head", "journal.root"], [*numbers, "journal.entries"]
    well = all(isinstance(get(value, path), str) for path in texts) and all(is_integer(get(value, path)) for path in numbers)
    return well and value.get("kind") in ("registered", "ended") and value.get("v") == 1

class Audit:
    def __init__(self, folder):
        self.folder, self.findings = os.path.realpath(folder), []
        name = os.path.basename(self.folder)
        self.execution = name if EXECUTION_ID.fullmatch(name) else None
        self.leaves, self.head, self.marked = [], "", (None, None)
        self.data, self.steps, self.evidence = {}, {}, {}

    def find(self, code, file=JOURNAL, line="", message=""):
        file, message = re.sub(r"[^\x21-\x7e]", "?", file), re.sub(r"[^\x20-\x7e]", "?", str(message))  # a terminal may read this
        self.findings.append(f"review/{code} {file}:{line} {message}".rstrip())

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
                self.said = json.loads(file.read())
        except (OSError, ValueError, RecursionError):
            self.said = None
        try:
            with self.open(JOURNAL) as file:
                whole = self.verify_lines(file, get(self.said, "journal.entries"))
        except OSError as error:
            return self.find("not-an-execution", message=error)
        self.root = merkle_root(self.leaves).hex()
        if whole:
            self.verify_checkpoint()
            for digest, (length, line) in self.evidence.items():
                self.verify_file(f"evidence/sha256/{digest}" if DIGEST.fullmatch(digest) else "evidence", digest, length, "evidence", f"named in line {line}")
            self.verify_recorded_files()
            self.verify_ledger()

    def verify_lines(self, journal, mark):
        time, line = "", 0
        while data := journal.readline(MAXIMUM_LINE):
            line += 1
            closed = "closed" in self.data
            if len(self.findings) >= MAXIMUM_FINDINGS:
                return False
            if not data.endswith(b"\n"):
                self.find("trailing-bytes" if closed else "torn-end", JOURNAL, line, f"{len(data)} bytes without a line feed")
                break
            if closed:
                self.find("entry-after-closed", JOURNAL, line)
            entry = self.parse_entry(data, line)
            if entry:
                self.verify_links(entry, line, time)
                self.collect(entry["kind"], entry["data"], line)
                time = entry["ts"]
            if line == 1 and get(entry, "kind") != "opened":
                self.find("not-opened", JOURNAL, line)
            self.leaves.append(hashlib.sha256(b"\0" + data).digest())
            self.head = sha256(data)
            if line == mark:
                self.marked = (self.head, merkle_root(self.leaves).hex())
        verdicts = self.data.get("verdict", [])
        for code in ["not-opened"] * (not self.leaves) + ["not-closed"] * ("closed" not in self.data):
            self.find(code)
        if len(verdicts) != 1 or self.first("closed", "verdict") not in (None, self.first("verdict", "verdict")):
            self.find("verdict-not-single", message=f"{len(verdicts)} verdicts")
        for step, line in self.steps.items():
            self.find("step-not-ended", JOURNAL, line, step)
        return True

    def parse_entry(self, data, line):
        code, value = "entry-malformed", None
        try:
            value = parse_canonical(data[:-1])
        except ValueError as error:
            code = "entry-not-canonical" if isinstance(error, NotCanonical) else code
        version = get(value, "v")
        if is_number(version) and version == 1 and sorted(value) == ["data", "execution", "kind", "prev", "seq", "ts", "v"]:
            texts = all(isinstance(value[key], str) and pattern.fullmatch(value[key]) for key, pattern in ENTRY.items())
            if texts and isinstance(value["data"], dict) and is_integer(value["seq"]):
                return value
        return self.find("unknown-version" if is_number(version) and version != 1 and version == int(version) else code, JOURNAL, line)

    def verify_links(self, entry, line, time):
        self.execution = self.execution or entry["execution"]
        genesis = sha256(f"proofplan/journal/v1\n{self.execution}\n".encode())
        links = {"seq": ("wrong-sequence", line), "execution": ("wrong-execution", self.execution)}
        links |= {"prev": ("chain-broken", self.head or genesis), "ts": ("time-backwards", max(time, entry["ts"]))}
        for key, (code, expected) in links.items():
            if entry[key] != expected:
                self.find(code, JOURNAL, line, f"{key} is {entry[key]}, not {expected}")

    def collect(self, kind, data, line):
        self.data.setdefault(kind, []).append(data)
        step = f"step {data.get('step')}, attempt {data.get('attempt')}"
        if kind == "step-started":
            self.steps[step] = line
        if kind == "step-ended" and self.steps.pop(step, None) is None:
            self.find("step-not-started", JOURNAL, line, step)
        for digest, length in references(data):
            self.evidence.setdefault(digest, (length, line))

    def verify_checkpoint(self):
        expected = f"proofplan/{self.execution}\n{len(self.leaves)}\n{base64.b64encode(bytes.fromhex(self.root)).decode()}\n".encode()
        try:
            with self.open("checkpoint") as file:
                if not re.fullmatch(re.escape(expected) + rb"(\n(\xe2\x80\x94 [^\s+]+ [A-Za-z0-9+/=]+\n)+)?", file.read(1 << 20)):
                    self.find("checkpoint-mismatch", "checkpoint", message=f"the journal has {len(self.leaves)} entries with root {self.root}")
        except OSError as error:
            self.find("checkpoint-missing", "checkpoint", message=error)

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
        if (hashed.hexdigest(), size) != (digest, length):
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
            if said_value != value or value is None:
                self.find(code, file, message=f"{name} is {said_value} there, and {value} in the journal")

    def read_ledger(self, lines):
        entries, damaged, prev = [], None, sha256(b"proofplan/ledger/v1\n")
        for number, data in enumerate([*lines, b""], 1):
            try:
                entry = parse_canonical(data[:-1]) if data.endswith(b"\n") else None
            except ValueError:
                entry = None
            entry = entry if is_ledger_entry(entry) else None
            if damaged and get(entry, "afterTorn") is not True:
                self.find("ledger-broken", LEDGER, damaged, "the line is damaged")
            if entry and (entry["prev"], entry["seq"]) != (prev, number):
                self.find("ledger-broken", LEDGER, number, "not chained to the line before")
            entries += [entry] if entry else []
            damaged = number if data.endswith(b"\n") and not entry else None
            prev = sha256(data if entry else f"{prev}\n".encode() + data)  # a line without a link keeps the one before in the chain
        return entries

    def verify_ledger(self):
        try:
            with self.open(LEDGER) as file:
                entries = self.read_ledger(file.readlines())
        except OSError as error:
            return self.find("ledger-missing", LEDGER, message=error)
        registered = [entry for entry in entries if entry["kind"] == "registered"]
        own = [entry for entry in registered if entry["execution"] == self.execution]
        ended = [entry for entry in entries if entry["execution"] == self.execution and entry not in registered]
        if not own:
            return self.find("not-in-ledger", LEDGER)
        if len(own) > 1:
            self.find("ledger-differs", LEDGER, message=f"registered {len(own)} times")
        opened = {"plan.sha256": self.first("opened", "plan.sha256"), "attempt": self.first("opened", "attempt")}
        self.compare("ledger-differs", LEDGER, own[0], {**opened, "attempt": own[0]["attempt"]} if opened["attempt"] is None else opened)
        end = {"journal.entries": len(self.leaves), "journal.head": self.head, "journal.root": self.root, "verdict": self.first("verdict", "verdict")}
        self.compare("ledger-differs", LEDGER, ended[-1], end) if ended else self.find("ledger-not-ended", LEDGER)
        for entry in registered:
            plan, own_plan = entry["plan"], own[0]["plan"]
            same = plan["sha256"] == own_plan["sha256"] or posixpath.normpath(plan["path"]) == posixpath.normpath(own_plan["path"])
            other = os.path.join(os.path.dirname(self.folder), entry["execution"])
            there = NAME.fullmatch(entry["execution"]) and os.path.isdir(other) and not os.path.islink(other)
            if same and entry not in own and not there:
                self.find("attempt-missing", LEDGER, int(entry["seq"]), entry["execution"])

if __name__ == "__main__":
    bad = 0
    for folder in sys.argv[1:] or sys.exit(__doc__):
        audit = Audit(folder)
        audit.verify()
        bad |= bool(audit.findings)
        for line in audit.findings or [f"ok entries={len(audit.leaves)} root={audit.root} plan={audit.first('opened', 'plan.sha256')}"]:
            print(f"{folder}: {line}")
    sys.exit(bad)
