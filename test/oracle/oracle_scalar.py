"""A second opinion on the oracle: the same formulas in scalars only.

No matrices, no broadcasting: Python floats, one formula of design section 1 at a time, index by
index. Only for tiny shapes; `oracle_selftest.py` compares the two.
"""

import math
from itertools import product


def at(tensor, layout, **index):
    """One element of a rank-4 tensor by the names of its axes."""
    return float(tensor[tuple(index[axis] for axis in layout)])


def mask_at(mask, *index):
    """One element of a mask that broadcasts to [B,H,Sq,Sk], right-aligned."""
    tail = index[len(index) - mask.ndim :]
    return mask[tuple(0 if size == 1 else i for size, i in zip(mask.shape, tail))]


def brute_gate(source, weight, bias, mixing, activation, layout, b, h, s, channel):
    """One element of a gate; channel is None for a scalar gate."""
    heads_in = source.shape[layout.index("h")]
    width = source.shape[layout.index("d")]
    last = () if channel is None else (channel,)
    total = 0.0 if bias is None else float(bias[(h, *last)])
    if mixing == "cross_head":
        for e, d in product(range(heads_in), range(width)):
            total += at(source, layout, b=b, h=e, s=s, d=d) * float(weight[(e, d, h, *last)])
    else:
        e = h // (weight.shape[0] // heads_in)
        for d in range(width):
            total += at(source, layout, b=b, h=e, s=s, d=d) * float(weight[(h, d, *last)])
    if activation == "sigmoid":
        return 1.0 / (1.0 + math.exp(-total))
    return math.log1p(math.exp(total)) if activation == "softplus" else total


def brute_attention(q, k, v, o, b, h, i, gv, go):
    """One row of attention as (list over channels, lse); gv(j, d), go(i, d) are the gates."""
    layout = o["layout"]
    sizes = {axis: (q.shape[n], k.shape[n]) for n, axis in enumerate(layout)}
    sq, sk, dk = sizes["s"][0], sizes["s"][1], sizes["d"][0]
    dv = v.shape[layout.index("d")]
    kv_head = h * sizes["h"][1] // sizes["h"][0]
    offset = sk - sq if o["alignment"] == "bottom_right" else 0
    if o["alignment"] == "length":
        offset = max(0, min(int(o["kv_length"][b]), sk)) - sq
    left, right = o["window"]
    exps, denominator = {}, 0.0
    for j in range(sk):
        if o["causal"] and j > i + offset:
            continue
        if left >= 0 and j < i + offset - left:
            continue
        if right >= 0 and j > i + offset + right:
            continue
        if o["kv_length"] is not None and j >= o["kv_length"][b]:
            continue
        entry = None if o["mask"] is None else mask_at(o["mask"], b, h, i, j)
        if o["mask"] is not None and (not entry if o["mask"].dtype == bool else entry == -math.inf):
            continue
        dot = sum(
            at(q, layout, b=b, h=h, s=i, d=d) * at(k, layout, b=b, h=kv_head, s=j, d=d)
            for d in range(dk)
        )
        score = dot * (dk**-0.5 if o["scale"] is None else o["scale"])
        if o["softcap"] is not None:
            score = o["softcap"] * math.tanh(score / o["softcap"])
        if o["mask"] is not None and o["mask"].dtype != bool:
            score += float(entry)
        exps[j] = math.exp(score)
        denominator += exps[j]
    if o["sink"] is not None:
        denominator += math.exp(o["sink"][h])
    if denominator == 0.0:
        return [0.0] * dv, -math.inf
    row = []
    for d in range(dv):
        z = sum(
            e / denominator * gv(j, d) * at(v, layout, b=b, h=kv_head, s=j, d=d)
            for j, e in exps.items()
        )
        row.append(go(i, d) * z)
    return row, math.log(denominator)


def read_gate(values, layout, hq, b, h, s, d):
    """The gate operand of attention that query head h applies at position s, channel d."""
    if values is None:
        return 1.0
    if values.ndim == 3:
        return float(values[b, h * values.shape[1] // hq, s])
    heads = values.shape[layout.index("h")]
    return at(values, layout, b=b, h=h * heads // hq, s=s, d=d)
