"""The formats of a record, for verify.py: RFC 8785 (canonical JSON), RFC 6962 (tree), RFC 8032 (Ed25519), C2SP (notes, checkpoints)."""
import base64, functools, hashlib, json, os, re

DEEPEST = 256
NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,127}")
DIGEST = re.compile(r"[0-9a-f]{64}")
ENTRY = {"execution": NAME, "kind": re.compile(r"[a-z][a-z0-9.-]{0,63}"), "prev": DIGEST}
ENTRY["ts"] = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
SPACE, PLAIN, ESCAPE = (re.compile(each) for each in (r"[\t\n\r ]*", r'[^"\\\x00-\x1f]*', r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})'))
SCALAR = re.compile(r"true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")

class Bad(ValueError):
    """What is wrong with the bytes of a line (a code), and the first bad one of them."""
    def __init__(self, code, offset=0):
        super().__init__(code)
        self.code, self.offset = code, offset

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

def same(one, other):
    return one == other and isinstance(one, bool) == isinstance(other, bool)

# --- RFC 8785

def render_number(number):
    """ECMAScript's shortest form of a double (RFC 8785, 3.2.2.3)."""
    number = float(number)
    if number != number or abs(number) == float("inf"):
        raise ValueError
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
        raise ValueError
    if value is None or isinstance(value, (bool, str)):
        return json.dumps(value, ensure_ascii=False).encode().decode()  # half a surrogate pair raises
    if isinstance(value, list):
        return f"[{','.join(render(item, depth + 1) for item in value)}]"
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{render(key)}:{render(value[key], depth + 1)}" for key in keys) + "}"
    return render_number(value)

class Walk:
    """Where a text stops to be JSON (RFC 8259): `at` the first character that cannot stand there; `whole`: it is JSON."""
    def __init__(self, text):
        self.text, self.at, self.opened = text, 0, []
        while self.value():
            pass
        self.whole = not self.opened and self.at == len(text)

    def take(self, token):
        found = token.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return bool(found)

    def sign(self, character):
        self.take(SPACE)
        found = self.text.startswith(character, self.at)
        self.at += found
        return found

    def string(self):
        if not self.sign('"'):
            return False
        while self.take(PLAIN) and not self.text.startswith('"', self.at):
            if not self.take(ESCAPE):
                return False
        return self.sign('"')

    def value(self):
        """Takes a value, or the beginning of a list, and what follows it; true where another one must come."""
        bracket = next((each for each in "{[" if self.sign(each)), "")
        if bracket and not self.sign("}" if bracket == "{" else "]"):
            self.opened.append("}" if bracket == "{" else "]")
            return bracket == "[" or self.string() and self.sign(":")
        if not bracket and not (self.string() if self.text.startswith('"', self.at) else self.take(SCALAR)):
            self.opened.append("")  # no value at all is not whole either
            return False
        while self.opened and self.sign(self.opened[-1]):
            self.opened.pop()
        self.take(SPACE)
        return bool(self.opened) and self.sign(",") and (self.opened[-1] == "]" or self.string() and self.sign(":"))

def parse_canonical(data):
    try:
        text = data.decode("utf-8")
        value = json.loads(text, parse_constant=int, parse_int=float)  # int("NaN") raises: no constants
    except UnicodeDecodeError as error:
        raise Bad("entry-malformed", error.start) from None
    except (ValueError, RecursionError):
        walk = Walk(text)
        raise Bad("entry-not-canonical") if walk.whole else Bad("entry-malformed", len(text[: walk.at].encode())) from None
    try:
        canonical = render(value)
    except (ValueError, RecursionError):
        raise Bad("entry-not-canonical") from None
    if canonical != text:
        raise Bad("entry-not-canonical", len(os.path.commonprefix([canonical, text]).encode()))
    return value

def field_offset(data, field):
    return data.rfind(f',"{field}":'.encode()) + len(field) + 4

def parse_entry(data):
    value = parse_canonical(data[:-1])
    version = get(value, "v")
    if is_number(version) and version == int(version) != 1:
        raise Bad("unknown-version", field_offset(data, "v"))
    if isinstance(value, dict) and same(version, 1) and sorted(value) == ["data", "execution", "kind", "prev", "seq", "ts", "v"]:
        texts = all(isinstance(value[key], str) and pattern.fullmatch(value[key]) for key, pattern in ENTRY.items())
        if texts and isinstance(value["data"], dict) and is_integer(value["seq"]):
            return value
    raise Bad("entry-malformed")

def is_cut(data, line, after):
    """A line whose writer was killed in the middle of it, as the entry after it says; it may be a whole entry but for its line feed."""
    try:
        entry = parse_entry(after) if line > 1 and b'"resumed"' in after and after.endswith(b"\n") else None
    except Bad:
        return False
    facts = {"kind": "resumed", "data.after": line - 1, "data.torn.bytes": len(data) - 1, "data.torn.sha256": sha256(data[:-1])}
    return all(same(get(entry, path), fact) for path, fact in facts.items())

# --- RFC 6962, RFC 8032, C2SP signed notes and checkpoints

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
    if get(value, "kind") == "pruned":
        texts = [*texts, "rule", *(["signature"] if "signature" in value else [])]
    well = all(isinstance(get(value, path), str) for path in texts) and all(is_integer(get(value, path)) for path in numbers)
    return well and value.get("kind") in ("registered", "ended", "pruned") and same(value.get("v"), 1)

def worst(verdicts):
    order = ("none", "passed", "unproven", "failed", "refused", "error")
    return max(verdicts, key=lambda verdict: order.index(verdict) if verdict in order else len(order), default=None)

def hash_node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()

class Tree:
    def __init__(self):
        self.size, self.subtrees = 0, []

    def append(self, leaf):
        node, self.size = hashlib.sha256(b"\0" + leaf).digest(), self.size + 1
        for _ in range((self.size & -self.size).bit_length() - 1):
            node = hash_node(self.subtrees.pop(), node)
        self.subtrees.append(node)

    def root(self):
        return functools.reduce(lambda right, left: hash_node(left, right), reversed(self.subtrees or [hashlib.sha256().digest()]))

def leads_to(node, index, size, hashes, root):
    """RFC 9162, 2.1.3.2."""
    last = size - 1
    for sibling in hashes:
        if last == 0:
            return False
        right = index % 2 or index == last
        node = hash_node(sibling, node) if right else hash_node(node, sibling)
        while right and index % 2 == 0 and index:
            index, last = index // 2, last // 2
        index, last = index // 2, last // 2
    return last == 0 and node == root

P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, ROOT_OF_MINUS_ONE = -121665 * pow(121666, P - 2, P) % P, pow(2, (P - 1) // 4, P)

def point_add(one, other):
    a, b = (one[1] - one[0]) * (other[1] - other[0]) % P, (one[1] + one[0]) * (other[1] + other[0]) % P
    c, d = 2 * one[3] * other[3] * D % P, 2 * one[2] * other[2] % P
    return (b - a) * (d - c) % P, (d + c) * (b + a) % P, (d - c) * (d + c) % P, (b - a) * (b + a) % P

def point_times(number, point):
    product = (0, 1, 1, 0)
    while number:
        product, point, number = point_add(product, point) if number & 1 else product, point_add(point, point), number >> 1
    return product

def point_of(data):
    sign, y = divmod(int.from_bytes(data, "little"), 2**255)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if (x * x - square) % P == 0 else x * ROOT_OF_MINUS_ONE % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        raise ValueError("no point of the curve")
    x = x if x % 2 == sign else P - x
    return x, y, 1, x * y % P

def verify_ed25519(public_key, message, signature):
    """RFC 8032, 5.1.7, without the cofactor."""
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or s >= ORDER:
        return False
    x, y, z, t = point_of(public_key)
    k = int.from_bytes(hashlib.sha512(r + public_key + message).digest(), "little") % ORDER
    base = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
    x, y, z, _ = point_add(point_times(s, base), point_times(k, (P - x, y, z, P - t)))
    x, y = x * pow(z, P - 2, P) % P, y * pow(z, P - 2, P) % P
    return (y | (x & 1) << 255).to_bytes(32, "little") == r

def from_base64(text):
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return b""
    return data if base64.b64encode(data) == text.encode() else b""

def parse_verifier_key(text):
    name, identity, key = (re.fullmatch(r"([^+\s\ufeff]+)\+([0-9a-f]{8})\+(\S+)", text) or re.match("()()()", "")).groups()
    data = from_base64(key)
    if len(data) != 33 or data[0] != 1 or sha256(name.encode() + b"\n" + data)[:8] != identity:
        raise ValueError("not a verifier key of Ed25519")
    return name, bytes.fromhex(identity), data[1:]

def parse_checkpoint(data):
    """(origin, size, root, text, signatures), or None where the bytes are none."""
    try:
        note = data.decode()
    except UnicodeDecodeError:
        return None
    text, gap, lines = note.rpartition("\n\n") if "\n\n" in note else (note[:-1], "", "")
    signatures = [re.fullmatch(r"— ([^+\s\ufeff]+) (\S+)", line) for line in lines[:-1].split("\n")] if gap else []
    form = re.fullmatch(r"([^\n]+)\n(0|[1-9][0-9]{0,14})\n([A-Za-z0-9+/]{43}=)", text)
    if not form or not note.endswith("\n") or re.search(r"[\x00-\x09\x0b-\x1f\x7f]", note) or not from_base64(form[3]):
        return None
    if any(not each or len(from_base64(each[2])) <= 4 for each in signatures):
        return None
    return form[1], int(form[2]), from_base64(form[3]), text.encode() + b"\n", [(each[1], from_base64(each[2])) for each in signatures]

def is_signed(checkpoint, verifier_key):
    name, identity, key = verifier_key
    own = [each for signer, each in checkpoint[4] if signer == name and each[:4] == identity] if checkpoint else []
    return bool(own) and all(verify_ed25519(key, checkpoint[3], each[4:]) for each in own)

def is_signed_pruning(entry, verifier_key):
    """Has the holder of the key written this line, which says that a folder was removed on purpose?"""
    form = re.fullmatch(r"([^+\s\x85\ufeff]+) (\S+)", entry.get("signature", ""))
    if not form or len(from_base64(form[2])) <= 4:
        return False
    said = [int(entry["seq"]), *(entry[key] for key in ("prev", "ts", "execution", "rule"))]
    text = f"proofplan/pruned\n{json.dumps(said, ensure_ascii=False, separators=(',', ':'))}\n"
    if re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text + entry["signature"]):  # no note
        return False
    return is_signed((None, None, None, text.encode(), [(form[1], from_base64(form[2]))]), verifier_key)
