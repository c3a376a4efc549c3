"""Self-tests of the oracle: cases worked out by hand, and the scalar evaluation on tiny shapes."""

import math
import sys
from functools import partial
from itertools import product

import numpy as np
import oracle
from oracle_scalar import brute_attention, brute_gate, read_gate

LAYOUTS = ("bhsd", "bshd", "sbhd")
ALIGNMENTS = ("bottom_right", "top_left", "length")


def close(actual, expected, bound=1e-12):
    """Equal within the bound; infinities and zeros must match exactly."""
    actual, expected = np.asarray(actual, float), np.asarray(expected, float)
    assert actual.shape == expected.shape, f"shape {actual.shape}, expected {expected.shape}"
    exact = np.isinf(expected) | (expected == 0.0)
    assert np.array_equal(actual[exact], expected[exact]), f"got {actual}, expected {expected}"
    gap = np.abs(actual[~exact] - expected[~exact])
    assert np.all(gap <= bound * np.abs(expected[~exact])), f"got {actual}, expected {expected}"


def normal(*shape, seed=0):
    return np.random.default_rng(seed + 1000 * len(shape)).standard_normal(shape)


# --- Worked out by hand -------------------------------------------------------------------------


def test_uniform_weights():
    """Zero queries weigh all keys alike: out is the mean of v, lse the log of the key count."""
    v = normal(2, 1, 5, 3)
    out, lse = oracle.attention(np.zeros((2, 2, 4, 7)), normal(2, 1, 5, 7), v)
    close(out, np.broadcast_to(v.mean(axis=2, keepdims=True), (2, 2, 4, 3)))
    close(lse, np.full((2, 2, 4), math.log(5)))


def test_two_keys():
    """Scores 0 and log 3 give the weights 1/4 and 3/4 and the denominator 4."""
    q = np.full((1, 1, 1, 1), math.log(3.0))
    k = np.array([0.0, 1.0]).reshape(1, 1, 2, 1)
    v = np.array([10.0, 20.0]).reshape(1, 1, 2, 1)
    out, lse = oracle.attention(q, k, v)
    close(out, np.full((1, 1, 1, 1), 17.5), 1e-14)
    close(lse, np.full((1, 1, 1), math.log(4)), 1e-14)


def test_default_scale():
    """The default scale is 1/sqrt(Dk); the score of two all-one vectors is then sqrt(Dk)."""
    _, lse = oracle.attention(np.ones((1, 1, 1, 9)), np.ones((1, 1, 1, 9)), np.ones((1, 1, 1, 2)))
    close(lse, [[[3.0]]])
    q, k, v = np.ones((1, 1, 1, 9)), np.ones((1, 1, 1, 9)), np.ones((1, 1, 1, 2))
    close(oracle.attention(q, k, v, scale=0.5)[1], [[[4.5]]])
    close(oracle.attention(q, k, v, scale=0.5, softcap=2.0)[1], [[[2.0 * math.tanh(2.25)]]])


def test_softcap_comes_before_the_mask():
    q, k, v = np.full((1, 1, 1, 1), 3.0), np.ones((1, 1, 1, 1)), np.ones((1, 1, 1, 1))
    _, lse = oracle.attention(q, k, v, softcap=1.5, mask=np.full((1,), 7.0))
    close(lse, [[[1.5 * math.tanh(2.0) + 7.0]]])


def test_causal_alignments():
    """Uniform weights count the visible keys: exp(lse) is their number."""

    def counts(sq, sk, **options):
        shape = (1, 1, sq, 2), (1, 1, sk, 2)
        _, lse = oracle.attention(
            np.zeros(shape[0]), normal(*shape[1]), normal(*shape[1]), **options
        )
        return np.round(np.exp(lse[0, 0])).astype(int).tolist()

    assert counts(2, 4, causal=True) == [3, 4]
    assert counts(2, 4, causal=True, alignment="top_left") == [1, 2]
    assert counts(4, 2, causal=True) == [0, 0, 1, 2]
    assert counts(4, 2, causal=True, alignment="top_left") == [1, 2, 2, 2]
    assert counts(4, 4, window=(1, 0)) == [1, 2, 2, 2]
    assert counts(4, 4, window=(-1, 1)) == [2, 3, 4, 4]
    assert counts(4, 4, window=(0, -1)) == [4, 3, 2, 1]
    assert counts(4, 4, window=(-1, -1)) == [4, 4, 4, 4]
    assert counts(2, 5, window=(1, 0)) == [2, 2]
    assert counts(2, 5, window=(1, 0), alignment="top_left") == [1, 2]
    assert counts(5, 2, window=(0, 0), alignment="top_left") == [1, 1, 0, 0, 0]
    assert counts(3, 3, causal=True, window=(-1, 2)) == [1, 2, 3]
    assert counts(2, 4, kv_length=np.array([3])) == [3, 3]
    assert counts(2, 4, kv_length=np.array([0])) == [0, 0]
    assert counts(2, 4, kv_length=np.array([9])) == [4, 4]
    assert counts(2, 4, causal=True, kv_length=np.array([3])) == [3, 3]
    at_length = {"causal": True, "alignment": "length"}
    assert counts(2, 4, kv_length=np.array([3]), **at_length) == [2, 3]
    assert counts(3, 4, kv_length=np.array([2]), **at_length) == [0, 1, 2]
    assert counts(2, 4, kv_length=np.array([9]), **at_length) == [3, 4]
    assert counts(2, 4, kv_length=np.array([-1]), **at_length) == [0, 0]
    assert counts(2, 8, window=(1, 1), alignment="length", kv_length=np.array([5])) == [3, 2]


def test_no_visible_key():
    """Fully masked rows give out 0 and lse -inf, by whichever condition masks them."""
    q, k, v = normal(1, 2, 3, 4), normal(1, 1, 2, 4), normal(1, 1, 2, 5)
    hidden = np.zeros((3, 2), dtype=bool)
    for options in (
        {"mask": hidden},
        {"mask": np.full((3, 2), -np.inf)},
        {"kv_length": np.array([0])},
    ):
        out, lse = oracle.attention(q, k, v, **options)
        close(out, np.zeros((1, 2, 3, 5)))
        close(lse, np.full((1, 2, 3), -np.inf))
    out, lse = oracle.attention(q, k, v, causal=True)
    close(out[:, :, 0], np.zeros((1, 2, 5)))
    close(lse[:, :, 0], np.full((1, 2), -np.inf))
    assert np.all(np.isfinite(lse[:, :, 1:]))


def test_no_keys_at_all():
    out, lse = oracle.attention(normal(1, 1, 2, 3), np.zeros((1, 1, 0, 3)), np.zeros((1, 1, 0, 4)))
    close(out, np.zeros((1, 1, 2, 4)))
    close(lse, np.full((1, 1, 2), -np.inf))


def test_sink():
    """A sink of log 5 beside five zero scores halves every weight; alone it leaves out 0."""
    q, k, v = np.zeros((1, 2, 1, 3)), normal(1, 2, 5, 3), normal(1, 2, 5, 2)
    sink = np.array([math.log(5.0), math.log(15.0)])
    out, lse = oracle.attention(q, k, v, sink=sink)
    close(out[0, 0, 0], v[0, 0].mean(axis=0) / 2)
    close(out[0, 1, 0], v[0, 1].mean(axis=0) / 4)
    close(lse[0, :, 0], [math.log(10), math.log(20)])
    out, lse = oracle.attention(q, k, v, sink=sink, kv_length=np.array([0]))
    close(out, np.zeros((1, 2, 1, 2)))
    close(lse[0, :, 0], sink)


def test_large_scores():
    q, k = np.full((1, 1, 1, 1), 1000.0), np.array([1.0, 2.0]).reshape(1, 1, 2, 1)
    out, lse = oracle.attention(q, k, k)
    close(out, np.full((1, 1, 1, 1), 2.0))
    close(lse, [[[2000.0]]])


def test_poison_beyond_kv_length():
    q, k, v = normal(1, 1, 2, 3), normal(1, 1, 4, 3), normal(1, 1, 4, 2)
    gv = normal(1, 1, 4)
    short = oracle.attention(q, k[:, :, :2], v[:, :, :2], value_gate=gv[:, :, :2])
    k[:, :, 2:], v[:, :, 2:], gv[:, :, 2:] = np.nan, np.nan, np.nan
    full = oracle.attention(q, k, v, value_gate=gv, kv_length=np.array([2]))
    close(full[0], short[0])
    close(full[1], short[1])


def test_gates_in_attention():
    """Uniform weights over v = 1: a value gate averages over keys, an output gate scales rows."""
    q, k, v = np.zeros((1, 4, 2, 1)), np.zeros((1, 2, 3, 1)), np.ones((1, 2, 3, 1))
    gv = np.array([[[1.0, 2.0, 6.0], [10.0, 20.0, 60.0]]])
    out, lse = oracle.attention(q, k, v, value_gate=gv)
    close(out[0, :, :, 0], [[3, 3], [3, 3], [30, 30], [30, 30]])
    close(lse, np.full((1, 4, 2), math.log(3)))
    gv = np.arange(1.0, 5.0).reshape(1, 4, 1) * np.ones((1, 4, 3))
    close(oracle.attention(q, k, v, value_gate=gv)[0][0, :, :, 0], [[1, 1], [2, 2], [3, 3], [4, 4]])
    go = np.arange(8.0).reshape(1, 4, 2)
    close(oracle.attention(q, k, v, output_gate=go)[0][..., 0], go)


def test_gate_forms():
    """Two source heads with S = 1: each form written out."""
    source = np.array([[1.0, 2.0], [3.0, 4.0]]).reshape(1, 2, 1, 2)
    weight = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [2.0, 0.5]])
    g = oracle.gate(source, weight, activation="identity")
    close(g, np.array([1.0, 2.0, 7.0, 8.0]).reshape(1, 4, 1))
    g = oracle.gate(source, weight, np.array([0.0, 1.0, 2.0, 3.0]), activation="identity")
    close(g, np.array([1.0, 3.0, 9.0, 11.0]).reshape(1, 4, 1))
    # Elementwise: W[h] is a matrix from Ds to De.
    weight = np.array([[[1.0, 0.0, 2.0], [0.0, 1.0, 2.0]]] * 2)
    g = oracle.gate(source, weight, activation="identity")
    close(g, np.array([[1.0, 2.0, 6.0], [3.0, 4.0, 14.0]]).reshape(1, 2, 1, 3))
    # Cross-head: W[hs, ds, h].
    weight = np.zeros((2, 2, 3))
    weight[0, 0, 0], weight[1, 1, 1], weight[:, :, 2] = 1.0, 1.0, 1.0
    g = oracle.gate(source, weight, activation="identity", mixing="cross_head")
    close(g, np.array([1.0, 4.0, 10.0]).reshape(1, 3, 1))
    weight = np.zeros((2, 2, 1, 2))
    weight[:, 0, 0, 0], weight[:, 1, 0, 1] = 1.0, 1.0
    g = oracle.gate(source, weight, activation="identity", mixing="cross_head")
    close(g, np.array([4.0, 6.0]).reshape(1, 1, 1, 2))


def test_append():
    """Sequences of one and no positions get two more; the pages of the second are 2 and 0."""
    new = np.arange(1.0, 5.0).reshape(2, 1, 2)
    cache = oracle.append(new, np.zeros((2, 1, 4)), [1, 0])
    close(cache[:, 0], [[0, 1, 2, 0], [3, 4, 0, 0]])
    table = np.array([[3, 1], [2, 0]])
    pool = oracle.append(new, np.zeros((4, 1, 2)), [1, 0], block_table=table)
    close(pool[:, 0], [[0, 0], [2, 0], [3, 4], [0, 1]])
    for layout in LAYOUTS:
        there = partial(oracle.from_bhsd, layout=layout)
        new, cache = normal(2, 3, 2, 5), normal(2, 3, 4, 5)
        after = oracle.append(there(new), there(cache), [1, 0], layout=layout)
        cache[0, :, 1:3], cache[1, :, :2] = new
        close(after, there(cache))


def test_pages():
    """Attention on pages in any order, with a shared one, is attention on the sequences."""
    for layout in LAYOUTS:
        there = partial(oracle.from_bhsd, layout=layout)
        k, v, gv = normal(2, 3, 6, 4), normal(2, 3, 6, 5), normal(2, 3, 6)
        k[1, :, :2], v[1, :, :2], gv[1, :, :2] = k[0, :, :2], v[0, :, :2], gv[0, :, :2]
        table, lengths = np.array([[4, 0, 3], [4, 2, -1]]), np.array([6, 3])
        pools = [np.full((5, 3, 2, *tensor.shape[3:]), np.nan) for tensor in (k, v, gv)]
        for pool, tensor in zip(pools, (k, v, gv), strict=True):
            for b, n in ((0, 0), (0, 1), (0, 2), (1, 1)):
                pool[table[b, n]] = tensor[b, :, 2 * n : 2 * n + 2]
        options = {"kv_length": lengths, "layout": layout, "causal": True}
        q = there(normal(2, 3, 4, 4))
        want = oracle.attention(q, there(k), there(v), value_gate=gv, **options)
        got = oracle.attention(
            q, there(pools[0]), there(pools[1]), value_gate=pools[2], block_table=table, **options
        )
        close(got[0], want[0])
        close(got[1], want[1])
        weight = normal(3, 5)
        want = oracle.gated_attention(q, there(k), there(v), weight, **options)
        pools = there(pools[0]), there(pools[1])
        got = oracle.gated_attention(q, *pools, weight, block_table=table, **options)
        close(got[0], want[0])


def test_activations():
    x = np.array([-800.0, -1.0, 0.0, 1.0, 800.0])
    sigmoid = oracle.ACTIVATIONS["sigmoid"](x)
    close(sigmoid[1:], [1 / (1 + math.e), 0.5, 1 / (1 + 1 / math.e), 1.0])
    assert 0.0 <= sigmoid[0] < 1e-300
    softplus = oracle.ACTIVATIONS["softplus"](x)
    close(softplus[1:], [math.log1p(1 / math.e), math.log(2), math.log1p(math.e), 800.0])
    assert np.array_equal(oracle.ACTIVATIONS["identity"](x), x)


def test_output_site_positions():
    """Query i takes the gate of position i + (Sk - Sq); positions before 0 close the gate."""
    g = np.array([[[1.0, 2.0, 3.0]]])
    close(oracle.shift_to_queries(g, 2), [[[2.0, 3.0]]])
    close(oracle.shift_to_queries(g, 3), g)
    close(oracle.shift_to_queries(g, 5), [[[0.0, 0.0, 1.0, 2.0, 3.0]]])


def test_layouts():
    tensor = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)
    for layout in LAYOUTS:
        there = oracle.from_bhsd(tensor, layout)
        assert there.shape == tuple({"b": 2, "h": 3, "s": 4, "d": 5}[axis] for axis in layout)
        assert np.array_equal(oracle.to_bhsd(there, layout), tensor)
    assert oracle.from_bhsd(tensor, "sbhd")[3, 1, 2, 4] == tensor[1, 2, 3, 4]
    assert oracle.from_bhsd(tensor, "bshd")[1, 3, 2, 4] == tensor[1, 2, 3, 4]


# --- Against the scalar evaluation ------------------------------------------------------------


def random_options(rng, b, hq, sq, sk, layout):
    """A random choice of every option of attention."""

    def maybe(value):
        return value if rng.random() < 0.5 else None

    mask_shape = tuple(n if rng.random() < 0.6 else 1 for n in (b, hq, sq, sk))
    mask_shape = mask_shape[rng.integers(0, 5) :]
    mask = [
        None,
        rng.random(mask_shape) < 0.7,
        np.where(rng.random(mask_shape) < 0.2, -np.inf, rng.standard_normal(mask_shape)),
    ][rng.integers(0, 3)]
    kv_length = maybe(rng.integers(0, sk + 2, b))
    alignments = ALIGNMENTS[:2] if kv_length is None else ALIGNMENTS
    return {
        "mask": None if mask is None else np.asarray(mask),
        "kv_length": kv_length,
        "sink": maybe(rng.standard_normal(hq)),
        "causal": bool(rng.random() < 0.5),
        "window": (int(rng.integers(-1, 3)), int(rng.integers(-1, 3))),
        "alignment": alignments[rng.integers(0, len(alignments))],
        "scale": maybe(0.3),
        "softcap": maybe(1.5),
        "layout": layout,
    }


class Drawn:
    """Random tiny shapes, and tensors of those shapes, for one seed."""

    def __init__(self, seed, layout):
        self.rng = np.random.default_rng(seed)
        self.layout = layout
        self.b, self.hkv, group = (int(n) for n in self.rng.integers(1, 3, 3))
        self.sq, self.sk, self.dk, self.dv = (int(n) for n in self.rng.integers(1, 5, 4))
        self.hq = self.hkv * group
        self.q = self.tensor(self.b, self.hq, self.sq, self.dk)
        self.k = self.tensor(self.b, self.hkv, self.sk, self.dk)
        self.v = self.tensor(self.b, self.hkv, self.sk, self.dv)
        self.options = random_options(self.rng, self.b, self.hq, self.sq, self.sk, layout)

    def tensor(self, *shape):
        return oracle.from_bhsd(self.rng.standard_normal(shape), self.layout)

    def gate_operand(self, heads, s):
        """No gate, a scalar one or an elementwise one."""
        kind = self.rng.integers(0, 3)
        if kind == 0:
            return None
        scalar = self.rng.standard_normal((self.b, heads, s))
        return scalar if kind == 1 else self.tensor(self.b, heads, s, self.dv)

    def compare(self, out, lse, key_gate, query_gate):
        """Row by row; key_gate(n, h, j, d) and query_gate(n, h, i, d) are the scalar gates."""
        out = oracle.to_bhsd(out, self.layout)
        for n, h, i in product(range(self.b), range(self.hq), range(self.sq)):
            gates = partial(key_gate, n, h), partial(query_gate, n, h)
            row, log_denominator = brute_attention(
                self.q, self.k, self.v, self.options, n, h, i, *gates
            )
            assert np.allclose(out[n, h, i], row, rtol=1e-11, atol=1e-13)
            assert np.isclose(lse[n, h, i], log_denominator, rtol=1e-10, atol=1e-13)


def test_attention_against_scalars():
    for seed in range(150):
        t = Drawn(seed, LAYOUTS[seed % 3])
        gv, go = t.gate_operand((t.hkv, t.hq)[seed % 2], t.sk), t.gate_operand(t.hq, t.sq)
        out, lse = oracle.attention(t.q, t.k, t.v, value_gate=gv, output_gate=go, **t.options)
        gates = (partial(read_gate, gate, t.layout, t.hq) for gate in (gv, go))
        t.compare(out, lse, *gates)


def check_gated_attention(t, site, mixing, elementwise, activation, heads, biased):
    channels = (t.dv,) if elementwise else ()
    shape = (t.hkv, t.dv, heads) if mixing == "cross_head" else (heads, t.dv)
    weight = t.rng.standard_normal(shape + channels)
    bias = t.rng.standard_normal((heads, *channels)) if biased else None
    form = {"mixing": mixing, "activation": activation}
    out, lse = oracle.gated_attention(t.q, t.k, t.v, weight, bias, site=site, **form, **t.options)

    def gate_at(n, h, s, d):
        channel = d if elementwise else None
        return brute_gate(t.v, weight, bias, mixing, activation, t.layout, n, h, s, channel)

    def at_key(n, h, j, d):
        return gate_at(n, h * heads // t.hq, j, d) if site == "value" else 1.0

    def at_query(n, h, i, d):
        if site == "value":
            return 1.0
        position = i + t.sk - t.sq
        return gate_at(n, h, position, d) if position >= 0 else 0.0

    t.compare(out, lse, at_key, at_query)


def test_gated_attention_against_scalars():
    forms = product(("value", "output"), ("per_head", "cross_head"), (False, True), range(6))
    for seed, (site, mixing, elementwise, variant) in enumerate(forms):
        t = Drawn(seed, LAYOUTS[variant % 3])
        activation = ("sigmoid", "identity", "softplus")[seed % 3]
        heads = t.hq if site == "output" else (t.hkv, t.hq)[variant % 2]
        check_gated_attention(t, site, mixing, elementwise, activation, heads, variant % 2 == 1)


def main():
    tests = {name: body for name, body in globals().items() if name.startswith("test_")}
    failed = 0
    for name, body in tests.items():
        try:
            with np.errstate(all="raise", under="ignore"):
                body()
        except (AssertionError, ArithmeticError, IndexError, TypeError, ValueError) as error:
            failed += 1
            print(f"FAIL {name}: {type(error).__name__}: {error}")
    print(f"oracle: {len(tests) - failed} passed, {failed} failed")
    return 1 if failed or len(tests) < 19 else 0


if __name__ == "__main__":
    sys.exit(main())
