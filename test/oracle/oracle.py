"""The numerical oracle: design section 1 of vga in float64 numpy, written from the formulas.

It shares nothing with the compiler and favours plain reading over speed: a loop over batches and
heads, one matrix per head. Source of the method: Bu, Zhong, Chen, Li, "Value-State Gated Attention
for Mitigating Extreme-Token Phenomena in Transformers", arXiv 2510.09017.

Shapes: q [B,Hq,Sq,Dk], k [B,Hkv,Sk,Dk], v [B,Hkv,Sk,Dv], out [B,Hq,Sq,Dv]. A layout ("bhsd",
"bshd", "sbhd") orders the axes of every rank-4 tensor but the mask; tensors of rank 3 (scalar
gates, lse) are always [B,H,S].

    score        s_ij = scale * <q_i, k_j>, scale = 1/sqrt(Dk) unless given;
                 then s_ij = c * tanh(s_ij / c) under a softcap c; then s_ij += float mask
    visibility   with o = Sk - Sq (bottom_right), o = 0 (top_left) or o = kv_length[b] - Sq (length,
                 counted from 0 to Sk), key j is visible to query i if
                 j <= i + o (causal), i + o - left <= j <= i + o + right (window, -1 = no bound),
                 j < kv_length[b], the boolean mask is true, and the float mask is not -inf;
                 what is not visible is not touched: it may be NaN
    weights      alpha_ij = exp(s_ij) / d_i over visible j,
                 d_i = sum over visible j of exp(s_ij), plus exp(sink_h) when there is a sink
    value gate   z_i = sum_j alpha_ij (gv_j * v_j)                            (paper eqs. 4 and 6)
    output gate  out_i = go_i * z_i                                           (paper appendix B)
    lse          log(d_i)
    no key       out_i = 0, lse_i = -inf (with a sink: out_i = 0, lse_i = sink_h)
    gate         g = act(source . W + b), act = sigmoid, identity or softplus (paper eq. 6, app. B)
    append       cache[b,h,position[b]+s] = new[b,h,s]
    pages        position j of sequence b is row j % page of page block_table[b, j // page] of a pool
                 [P,H,page,D], [P,H,page] for scalar gates
"""

import numpy as np

ACTIVATIONS = {
    "sigmoid": lambda x: np.exp(-np.logaddexp(0.0, -x)),
    "identity": lambda x: x,
    "softplus": lambda x: np.logaddexp(0.0, x),
}


def to_bhsd(tensor, layout):
    """A rank-4 tensor of the given layout as [B,H,S,D]."""
    return np.transpose(tensor, [layout.index(axis) for axis in "bhsd"])


def from_bhsd(tensor, layout):
    """A [B,H,S,D] tensor in the given layout."""
    return np.transpose(tensor, ["bhsd".index(axis) for axis in layout])


def visibility(sq, sk, causal=False, window=(-1, -1), alignment="bottom_right", length=None):
    """The part of visibility that depends on positions alone: a boolean [Sq,Sk] for one sequence."""
    i = np.arange(sq)[:, None]
    j = np.arange(sk)[None, :]
    o = length - sq if alignment == "length" else {"bottom_right": sk - sq, "top_left": 0}[alignment]
    left, right = window
    visible = np.ones((sq, sk), dtype=bool)
    if causal:
        visible &= j <= i + o
    if left != -1:
        visible &= i + o - left <= j
    if right != -1:
        visible &= j <= i + o + right
    return visible


def softmax(scores, sink=None):
    """Weights and log-denominator of each row of scores; -inf marks a key that is not visible."""
    top = np.max(scores, axis=1, initial=-np.inf)
    if sink is not None:
        top = np.maximum(top, sink)
    shift = np.where(np.isfinite(top), top, 0.0)
    weights = np.exp(scores - shift[:, None])
    total = weights.sum(axis=1)
    if sink is not None:
        total = total + np.exp(sink - shift)
    empty = total == 0.0
    weights = weights / np.where(empty, 1.0, total)[:, None]
    lse = np.where(empty, -np.inf, shift + np.log(np.where(empty, 1.0, total)))
    return weights, lse


def attention(
    q,
    k,
    v,
    *,
    mask=None,
    kv_length=None,
    sink=None,
    value_gate=None,
    output_gate=None,
    causal=False,
    window=(-1, -1),
    alignment="bottom_right",
    scale=None,
    softcap=None,
    layout="bhsd",
    block_table=None,
):
    """Returns (out in the layout, lse [B,Hq,Sq]); with a block table k, v and value gate are pools."""
    if block_table is not None:
        k, v = (from_pages(pool, block_table, kv_length, layout) for pool in (k, v))
        if value_gate is not None:
            value_gate = from_pages(value_gate, block_table, kv_length, layout)
    q, k, v = (to_bhsd(tensor, layout) for tensor in (q, k, v))
    batches, hq, sq, dk = q.shape
    hkv, sk, dv = v.shape[1:]
    scale = 1.0 / np.sqrt(dk) if scale is None else scale
    if mask is not None:
        mask = np.broadcast_to(mask, (batches, hq, sq, sk))
    gv = None if value_gate is None else with_channels(value_gate, layout)
    go = None if output_gate is None else with_channels(output_gate, layout)

    out = np.zeros((batches, hq, sq, dv))
    lse = np.zeros((batches, hq, sq))
    for b in range(batches):
        # Keys at or beyond kv_length are cut off at once: they are never read.
        keys = sk if kv_length is None else int(np.clip(kv_length[b], 0, sk))
        visible = visibility(sq, sk, causal, window, alignment, keys)
        for h in range(hq):
            kv_head = h // (hq // hkv)
            s = scale * (q[b, h] @ k[b, kv_head, :keys].T)
            if softcap is not None:
                s = softcap * np.tanh(s / softcap)
            seen = visible[:, :keys]
            if mask is not None and mask.dtype == bool:
                seen = seen & mask[b, h, :, :keys]
            elif mask is not None:
                seen = seen & ~np.isneginf(mask[b, h, :, :keys])
                s = s + mask[b, h, :, :keys]
            # What is hidden may be anything, NaN included.
            s = np.where(seen, s, -np.inf)
            alpha, lse[b, h] = softmax(s, None if sink is None else sink[h])
            values = v[b, kv_head, :keys]
            if gv is not None:
                values = gv[b, h // (hq // gv.shape[1]), :keys] * values
            z = weigh(alpha, values, seen)
            out[b, h] = z if go is None else go[b, h] * z
    return from_bhsd(out, layout), lse


def weigh(alpha, values, seen):
    """The weighted sum of the values that each query sees; others, which may be anything, have no part."""
    if np.isfinite(values).all():
        return alpha @ values
    rows = [weights[sees] @ values[sees] for weights, sees in zip(alpha, seen, strict=True)]
    return np.array(rows).reshape(len(alpha), values.shape[1])


def from_pages(pool, block_table, lengths, layout):
    """A pool as a tensor of sequences; 0 at and past their lengths, where no page need be."""
    if pool.ndim == 3:
        return from_pages(pool[..., None], block_table, lengths, "bhsd")[..., 0]
    pool = to_bhsd(pool, layout)
    _, heads, page, channels = pool.shape
    batches, entries = block_table.shape
    found = np.zeros((batches, heads, entries * page, channels))
    for b in range(batches):
        for j in range(entries * page):
            if lengths is None or j < lengths[b]:
                found[b, :, j] = pool[block_table[b, j // page], :, j % page]
    return from_bhsd(found, layout)


def with_channels(gate_values, layout):
    """A scalar gate [B,H,S] as [B,H,S,1]; an elementwise one of the layout as [B,H,S,D]."""
    if gate_values.ndim == 3:
        return gate_values[..., None]
    return to_bhsd(gate_values, layout)


def gate(source, weight, bias=None, *, mixing="per_head", activation="sigmoid", layout="bhsd"):
    """The gate g = act(source . W + b): scalar [B,H,S], or elementwise [B,H,S,De] in the layout.

    per_head     W [H,Ds] or [H,Ds,De]: gate head h reads source head h / (H / Hs)
    cross_head   W [Hs,Ds,H] or [Hs,Ds,H,De]: gate head h sums over all source heads
    """
    source = to_bhsd(source, layout)
    batches, hs, s, _ = source.shape
    cross = mixing == "cross_head"
    heads = weight.shape[2] if cross else weight.shape[0]
    channels = weight.shape[3:] if cross else weight.shape[2:]
    g = np.zeros((batches, heads, s, *channels))
    for b in range(batches):
        for h in range(heads):
            if cross:
                logits = sum(source[b, e] @ weight[e, :, h] for e in range(hs))
            else:
                logits = source[b, h // (heads // hs)] @ weight[h]
            if bias is not None:
                logits = logits + bias[h]
            g[b, h] = ACTIVATIONS[activation](logits)
    return from_bhsd(g, layout) if channels else g


def append(new, cache, position, *, block_table=None, layout="bhsd"):
    """The cache - [B,H,C,D] in the layout or [B,H,C], or a pool of pages - with new positions."""
    if new.ndim == 3:
        new, cache = new[..., None], cache[..., None]
        return append(new, cache, position, block_table=block_table)[..., 0]
    new, cache = to_bhsd(new, layout), to_bhsd(cache, layout).copy()
    batches, _, count, _ = new.shape
    page = cache.shape[2]
    for b in range(batches):
        for s in range(count):
            j = int(position[b]) + s
            if block_table is None:
                cache[b, :, j] = new[b, :, s]
            else:
                cache[block_table[b, j // page], :, j % page] = new[b, :, s]
    return from_bhsd(cache, layout)


def shift_to_queries(gate_of_keys, sq, lengths=None):
    """The output-site gate of query i: that of position i + (Sk - Sq), 0 where there is none.

    With lengths, one for each sequence, they stand for Sk. Takes [B,H,Sk] or [B,H,Sk,D] and gives
    [B,H,Sq] or [B,H,Sq,D].
    """
    sk = gate_of_keys.shape[2]
    if lengths is not None:
        ones = (
            shift_to_queries(gate_of_keys[b : b + 1, :, : int(np.clip(length, 0, sk))], sq)
            for b, length in enumerate(lengths)
        )
        return np.concatenate([*ones])
    shifted = np.zeros((*gate_of_keys.shape[:2], sq, *gate_of_keys.shape[3:]))
    for i in range(sq):
        position = i + (sk - sq)
        if position >= 0:
            shifted[:, :, i] = gate_of_keys[:, :, position]
    return shifted


def gated_attention(
    q, k, v, weight, bias=None, *, site="value", mixing="per_head", activation="sigmoid", **options
):
    """The paper's operator: attention gated by its own values, at the value or the output site."""
    layout = options.get("layout", "bhsd")
    table = options.pop("block_table", None)
    if table is not None:
        k, v = (from_pages(pool, table, options.get("kv_length"), layout) for pool in (k, v))
    g = gate(v, weight, bias, mixing=mixing, activation=activation, layout=layout)
    if site == "value":
        return attention(q, k, v, value_gate=g, **options)
    sq = q.shape[layout.index("s")]
    lengths = options["kv_length"] if options.get("alignment") == "length" else None
    if g.ndim == 3:
        g = shift_to_queries(g, sq, lengths)
    else:
        g = from_bhsd(shift_to_queries(to_bhsd(g, layout), sq, lengths), layout)
    return attention(q, k, v, output_gate=g, **options)
