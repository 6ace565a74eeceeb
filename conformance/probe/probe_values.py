"""Python values on the control line: JSON has fewer types than Python, and the journey must not lose one.

What JSON lacks travels as an object with one key that starts with $; conformance/testers/values.ts is
the other end.
"""

import base64

_LARGE = 1024


def encode(value):
    """Python value -> JSON value that says which Python type it was."""
    kind = type(value)
    if value is None or kind is str or kind is bool:
        return value
    if kind is bytes:
        if len(value) > _LARGE:
            return {"$B": base64.b64encode(value).decode("ascii")}
        return {"$b": value.decode("latin-1")}
    if kind is int:
        return value if -(2**53) < value < 2**53 else {"$i": str(value)}
    if kind is list:
        return [encode(item) for item in value]
    if kind is tuple:
        return {"$t": [encode(item) for item in value]}
    if kind is dict:
        return _encode_dict(value)
    if kind is float:
        return {"$f": repr(value)}
    return _encode_other(value, kind)


def _encode_dict(value):
    plain = True
    for key in value:
        if type(key) is not str or key[:1] == "$":
            plain = False
            break
    if plain:
        return {key: encode(item) for key, item in value.items()}
    return {"$d": [[encode(key), encode(item)] for key, item in value.items()]}


def _encode_other(value, kind):
    for base in (bool, int, str, bytes, float, list, tuple, dict):
        if isinstance(value, base):
            return {"$s": [kind.__name__, encode(base(value))]}
    if hasattr(value, "items") and hasattr(value, "keys"):
        return {"$m": [kind.__name__, [[encode(k), encode(v)] for k, v in value.items()]]}
    if hasattr(value, "__iter__") and not isinstance(value, (bytearray, memoryview)):
        return {"$g": [kind.__name__, [encode(item) for item in value]]}
    return {"$o": [kind.__name__, repr(value)[:200]]}


def decode(value):
    """What the suite sent -> the Python value it meant."""
    kind = type(value)
    if kind is list:
        return [decode(item) for item in value]
    if kind is not dict:
        return value
    if len(value) == 1:
        ((tag, body),) = value.items()
        maker = _MAKERS.get(tag)
        if maker is not None:
            return maker(body)
    return {key: decode(item) for key, item in value.items()}


_MAKERS = {
    "$b": lambda body: body.encode("latin-1"),
    "$B": lambda body: base64.b64decode(body),
    "$i": lambda body: int(body),
    "$f": lambda body: float(body),
    "$t": lambda body: tuple(decode(item) for item in body),
    "$d": lambda body: {decode(key): decode(item) for key, item in body},
    "$g": lambda body: (item for item in decode(body[1])),
    "$a": lambda body: bytearray(body.encode("latin-1")),
    "$v": lambda body: memoryview(body.encode("latin-1")),
    "$o": lambda body: object(),
    "$F": lambda body: _file_at(*body),
}


_KEPT = {}


def _file_at(path, position, kept):
    if kept and path in _KEPT:
        return _KEPT[path]
    file = open(path, "rb")
    file.seek(position)
    if kept:
        _KEPT[path] = file
    return file


def describe(error):
    """An exception as data: the names of its class and bases, most special first."""
    chain = [cls.__name__ for cls in type(error).__mro__ if cls is not object]
    return {"chain": chain, "text": str(error)[:500]}
