r"""Named random streams, and draws from them that are fast on CPU and not truncated in the tails.

A key is a typed JAX threefry key. A key K maps a pair of 32-bit words to two random words by
threefry2x32 with 20 rounds [salmon2011]; its counters are shared out so that no two uses ever meet:

==================  =======================  ==========================================
first word          used by                  for
==================  =======================  ==========================================
below 2^30          `draw_key(key, index)`   one key per draw
2^30 ... 2^31 - 1   `stream(key, name)`      one key per name
2^31 and above      bits, uniforms, normals  the numbers of one array
==================  =======================  ==========================================

One key gives one array: ask for a second array from another `stream`. Everything works for one key;
`vmap` over keys for many, inside a `scan` over blocks that fit into the cache.
"""

from __future__ import annotations

import hashlib
import math
import struct
from typing import Any

from nnspec.numerics.lazy import jax, jnp, lax

_STREAM = 1 << 30
_NUMBERS = 1 << 31
_ROTATIONS = (13, 15, 26, 6, 17, 29, 16, 24)
_PARITY = 0x1BD11BDA
# sin 2 pi h = h P(h^2) on |h| <= 1/4, least relative error (Remez, 40 digits): 4e-9 and 1e-16
_SINE_32 = (6.28318528035514, -41.341680714266964, 81.60248429873891, -76.58137202405044, 39.76139340352469)
_SINE_64 = (
    6.283185307179585,
    -41.34170224039829,
    81.6052492755805,
    -76.7058596896972,
    42.05868995693903,
    -15.094506207454733,
    3.817366370323679,
    -0.6925098889742909,
)


def root_key(seed: int) -> Any:
    """Return the key from which all streams of a run descend."""
    return jax.random.key(seed, impl="threefry2x32")


def stream(key: Any, name: str) -> Any:
    """Return the key of the stream called `name`: SHA-256 of the name folded in as eight 32-bit words."""
    words = _words(key)
    digest = struct.unpack(">8I", hashlib.sha256(name.encode()).digest())
    for first, second in zip(digest[0::2], digest[1::2], strict=True):
        words = threefry(words, (jnp.uint32(_STREAM | first % _STREAM), jnp.uint32(second)))
    return _key(words)


def draw_key(stream_key: Any, index: Any) -> Any:
    """Return the key of draw number `index` (0 <= index < 2^62, may be traced).

    Below 2^32 it equals `jax.random.fold_in(stream_key, index)`; above, indices do not wrap around.
    """
    index = jnp.asarray(index).astype(jnp.uint64)
    counter = ((index >> 32).astype(jnp.uint32), index.astype(jnp.uint32))
    return _key(threefry(_words(stream_key), counter))


def uniform_bits(key: Any, shape: tuple[int, ...]) -> Any:
    """Return independent random 32-bit words of the given shape, as uint32."""
    size = math.prod(shape)
    first, second = _blocks(key, _half(size), 0)
    return _join(first, second, size).reshape(shape)


def uniform(key: Any, shape: tuple[int, ...], dtype: Any, bits: int | None = None) -> Any:
    """Return numbers uniform on the open interval (0, 1).

    `bits` is 32 (the default for float32) or 64 (the default for float64). In float64, `bits=32`
    gives the numbers of float32 before they were rounded, from the same bits.
    """
    dtype, bits = _precision(dtype, bits)
    size = math.prod(shape)
    half = _half(size)
    words = _blocks(key, half, 0) if bits == 32 else _double_words(key, half)
    values = [_open_unit(word, dtype) for word in words]
    if dtype == jnp.float32:
        values = [jnp.minimum(value, 1 - 2.0**-24) for value in values]  # float32 may round up to one
    return _join(values[0], values[1], size).reshape(shape)


def normal(key: Any, shape: tuple[int, ...], dtype: Any, bits: int | None = None) -> Any:
    r"""Return standard normal numbers by the Box-Muller map [boxmuller1958].

    .. math:: z_1 = \sqrt{-2 \log u} \cos 2\pi t, \qquad z_2 = \sqrt{-2 \log u} \sin 2\pi t

    `bits` is 32 (the default for float32: |z| <= 6.66) or 64 (the default for float64: |z| <= 8.57);
    `jax.random.normal` in float32 stops at 5.42. In float64, `bits=32` gives the numbers of float32
    before rounding, from the same bits (they differ by 1.5e-7 rms and at most 4e-4, where u is near 1
    and z near 0), so that one can show that float32 does no harm.
    """
    dtype, bits = _precision(dtype, bits)
    size = math.prod(shape)
    half = _half(size)
    first, second = _blocks(key, half, 0) if bits == 32 else _double_words(key, half)
    radius = jnp.sqrt(-2 * jnp.log(_open_unit(first, dtype)))
    table = _SINE_32 if dtype == jnp.float32 else _SINE_64
    h = 0.5 * _turn(second, dtype)  # |h| <= 1/4; double angles, so that both polynomials are short
    s, c = _sine(h, table), _sine(0.25 - jnp.abs(h), table)
    return _join(radius * (1 - 2 * s * s), radius * (2 * s * c), size).reshape(shape)


def threefry(key: tuple[Any, Any], counter: tuple[Any, Any]) -> tuple[Any, Any]:
    """Return both words of threefry2x32 with 20 rounds [salmon2011]; all words are uint32.

    Written out, because the library's CPU lowering is a loop over whole arrays; in primitives, because tracing thousands
    of operators of `jax.numpy` takes longer than many a run.
    """
    shape = jnp.broadcast_shapes(*(jnp.shape(word) for word in (*key, *counter)))
    x, y, first, second = (lax.broadcast_in_dim(word, shape, _trailing(word, shape)) for word in (*counter, *key))

    def full(number: int) -> Any:
        return lax.full(shape, number, jnp.uint32)

    schedule = (first, second, lax.bitwise_xor(lax.bitwise_xor(first, second), full(_PARITY)))
    turns = {places: (full(places), full(32 - places)) for places in _ROTATIONS}
    x, y = lax.add(x, schedule[0]), lax.add(y, schedule[1])
    for i in range(20):
        left, right = turns[_ROTATIONS[i % 8]]
        x = lax.add(x, y)
        turned = lax.bitwise_or(lax.shift_left(y, left), lax.shift_right_logical(y, right))
        y = lax.bitwise_xor(turned, x)
        if i % 4 == 3:
            j = i // 4 + 1
            x = lax.add(x, schedule[j % 3])
            y = lax.add(y, lax.add(schedule[(j + 1) % 3], full(j)))
    return x, y


def _trailing(word: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(range(len(shape) - jnp.ndim(word), len(shape)))


def _words(key: Any) -> tuple[Any, Any]:
    data = jax.random.key_data(key)
    if data.shape != (2,):
        message = f"expected one threefry2x32 key (two words), got key data of shape {data.shape}"
        raise ValueError(message)
    return data[0], data[1]


def _key(words: tuple[Any, Any]) -> Any:
    # Without the barrier the compiler pulls the scalar hash into every loop over numbers, at 100 times the compile time.
    words = lax.optimization_barrier(words)
    return jax.random.wrap_key_data(jnp.stack(words), impl="threefry2x32")


def _half(size: int) -> int:
    half = (size + 1) // 2
    if half > 1 << 32:
        message = f"one key gives at most 2^33 numbers, {size} were asked for"
        raise ValueError(message)
    return half


def _blocks(key: Any, count: int, lane: int) -> tuple[Any, Any]:
    """Both words of `count` counters; lanes are disjoint."""
    first = jnp.full((count,), _NUMBERS + lane, jnp.uint32)
    return threefry(_words(key), (first, lax.iota(jnp.uint32, count)))


def _double_words(key: Any, count: int) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    return _blocks(key, count, 0), _blocks(key, count, 1)


def _precision(dtype: Any, bits: int | None) -> tuple[Any, int]:
    dtype = jnp.dtype(dtype)
    if dtype not in (jnp.float32, jnp.float64):
        message = f"random numbers are drawn as float32 or float64, not {dtype}"
        raise ValueError(message)
    if bits is None:
        bits = 32 if dtype == jnp.float32 else 64
    if bits not in (32, 64) or (bits == 64 and dtype == jnp.float32):
        message = f"{dtype} is drawn from 32 bits, or in float64 from 64 bits; not from {bits}"
        raise ValueError(message)
    return dtype, bits


def _open_unit(word: Any, dtype: Any) -> Any:
    """(k + 1/2) 2^-n with k the upper bits of a word (n = 31) or of two (n = 52)."""
    if isinstance(word, tuple):
        return _one_to_two(word) - (1 - 2.0**-53)
    return (_signed(word >> 1, dtype) + 0.5) * 2.0**-31  # signed conversions are native, unsigned ones are not


def _turn(word: Any, dtype: Any) -> Any:
    """An angle in turns, in [-1/2, 1/2], from the 32 bits of a word or 52 of two."""
    if isinstance(word, tuple):
        return _one_to_two(word) - 1.5
    return _signed(word, dtype) * 2.0**-32


def _signed(word: Any, dtype: Any) -> Any:
    return lax.bitcast_convert_type(word, jnp.int32).astype(dtype)


def _one_to_two(words: tuple[Any, Any]) -> Any:
    """1 + k 2^-52 with k the upper 52 bits of two words, written straight into the mantissa."""
    high, low = (word.astype(jnp.uint64) for word in words)
    mantissa = ((high << jnp.uint64(32)) | low) >> jnp.uint64(12)
    return lax.bitcast_convert_type(mantissa | jnp.uint64(1023 << 52), jnp.float64)


def _sine(h: Any, table: tuple[float, ...]) -> Any:
    q = h * h
    p = jnp.full_like(q, table[-1])
    for c in table[-2::-1]:
        p = p * q + c
    return h * p


def _join(first: Any, second: Any, size: int) -> Any:
    """Concatenate and cut to `size`.

    For even sizes as a sum of padded halves, which XLA fuses into one loop (0.44 instead of 0.31 G/s).
    """
    half = first.shape[0]
    if size % 2:
        return jnp.concatenate([first, second[: size - half]])
    zero = jnp.zeros((), first.dtype)
    return lax.pad(first, zero, [(0, half, 0)]) + lax.pad(second, zero, [(half, 0, 0)])
