"""What no schema says of a valid request: wallets have a checksum or are in lower case and are not zero; cursors and roots come
from answers; a login message has a grammar; stops are in ascending order; numbers have no fraction; a range of blocks is short; a
batch that is asked for has a key. Only requests that are meant to be valid are changed."""

import schemathesis

WALLETS = ("sponsor", "to", "wallet")

LOGIN = """example.org wants you to sign in with your Ethereum account:
0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266


URI: https://example.org
Version: 1
Chain ID: 31337
Nonce: 0123456789abcdef
Issued At: 2026-01-01T00:00:00Z"""


def wallet(text):
    return text.lower() if int(text, 16) else "0x" + "1".zfill(40)


def whole(value):
    if isinstance(value, dict):
        return {key: whole(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [whole(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if case.query:
        case.query.pop("cursor", None)
    if not str((case.path_parameters or {}).get("root", "0x")).startswith("0x"):
        case.path_parameters["root"] = "0x" + "0" * 64
    if isinstance(case.body, dict):
        case.body = whole(case.body)
        if "message" in case.body:
            case.body["message"] = LOGIN
        if "stops" in case.body:
            case.body["stops"] = sorted(case.body["stops"])
        if case.path == "/payouts/build-batch":
            case.headers = {**(case.headers or {}), "idempotency-key": case.id}
        if "to_block" in case.body:
            case.body["to_block"] = case.body["from_block"] + 1
    for fields in (case.query, case.path_parameters, case.body):
        for name in WALLETS:
            if isinstance(fields, dict) and isinstance(fields.get(name), str):
                fields[name] = wallet(fields[name])
