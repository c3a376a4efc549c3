"""The named operations of linalg: what each is in MLIR, and in numpy.

A contraction, a convolution or a pooling is given by the axes of its operands. Axes 1, 2, 3 of an
image are windows: positions x, y, z of the result and p, q, r of the kernel together.
"""

from __future__ import annotations

import itertools

import numpy as np

SIZES = {"x": 4, "y": 5, "z": 3, "p": 2, "q": 3, "r": 2, "n": 2, "c": 3, "g": 2, "f": 4, "m": 2,
         "i": 6, "j": 5, "k": 9, "b": 2, "s": 4, "t": 2, "u": 4}  # fmt: skip
WINDOWS = {"1": "xp", "2": "yq", "3": "zr"}

CONTRACTIONS = {
    "matmul": "ik kj ij", "batch_matmul": "bik bkj bij", "batch_reduce_matmul": "bik bkj ij",
    "matvec": "ik k i", "vecmat": "k kj j", "batch_matvec": "bik bk bi", "batch_vecmat": "bk bkj bj",
    "dot": "k k ", "mmt4d": "ikst jkut ijsu", "batch_mmt4d": "bikst bjkut bijsu",
}  # fmt: skip
CONVOLUTIONS = {
    "conv_1d": "1 p x", "conv_1d_ncw_fcw": "nc1 fcp nfx", "conv_1d_nwc_wcf": "n1c pcf nxf",
    "conv_2d": "12 pq xy", "conv_2d_nchw_fchw": "nc12 fcpq nfxy", "conv_2d_nhwc_fhwc": "n12c fpqc nxyf",
    "conv_2d_nhwc_hwcf": "n12c pqcf nxyf", "conv_2d_ngchw_fgchw": "ngc12 fgcpq ngfxy",
    "conv_2d_ngchw_gfchw": "ngc12 gfcpq ngfxy", "conv_2d_nhwgc_gfhwc": "n12gc gfpqc nxygf",
    "conv_3d": "123 pqr xyz", "conv_3d_ncdhw_fcdhw": "nc123 fcpqr nfxyz",
    "conv_3d_ndhwc_dhwcf": "n123c pqrcf nxyzf", "depthwise_conv_1d_ncw_cw": "nc1 cp ncx",
    "depthwise_conv_1d_nwc_wc": "n1c pc nxc", "depthwise_conv_1d_nwc_wcm": "n1c pcm nxcm",
    "depthwise_conv_2d_nchw_chw": "nc12 cpq ncxy", "depthwise_conv_2d_nhwc_hwc": "n12c pqc nxyc",
    "depthwise_conv_2d_nhwc_hwcm": "n12c pqcm nxycm", "depthwise_conv_3d_ncdhw_cdhw": "nc123 cpqr ncxyz",
    "depthwise_conv_3d_ndhwc_dhwc": "n123c pqrc nxyzc", "depthwise_conv_3d_ndhwc_dhwcm": "n123c pqrcm nxyzcm",
}  # fmt: skip
QUANTIZED = {
    "quantized_matmul": "ik kj ij", "quantized_batch_matmul": "bik bkj bij",
    "conv_2d_nchw_fchw_q": "nc12 fcpq nfxy", "conv_2d_nhwc_fhwc_q": "n12c fpqc nxyf",
    "conv_2d_nhwc_hwcf_q": "n12c pqcf nxyf", "conv_2d_ngchw_gfchw_q": "ngc12 gfcpq ngfxy",
    "conv_2d_nhwgc_gfhwc_q": "n12gc gfpqc nxygf", "conv_3d_ndhwc_dhwcf_q": "n123c pqrcf nxyzf",
    "depthwise_conv_2d_nhwc_hwc_q": "n12c pqc nxyc", "depthwise_conv_2d_nhwc_hwcm_q": "n12c pqcm nxycm",
}  # fmt: skip
POOLINGS = {
    "pooling_nhwc_sum": "n12c pq nxyc", "pooling_nhwc_max": "n12c pq nxyc", "pooling_nhwc_min": "n12c pq nxyc",
    "pooling_nhwc_max_unsigned": "n12c pq nxyc", "pooling_nhwc_min_unsigned": "n12c pq nxyc",
    "pooling_nchw_sum": "nc12 pq ncxy", "pooling_nchw_max": "nc12 pq ncxy", "pooling_nwc_sum": "n1c p nxc",
    "pooling_nwc_max": "n1c p nxc", "pooling_nwc_min": "n1c p nxc", "pooling_nwc_max_unsigned": "n1c p nxc",
    "pooling_nwc_min_unsigned": "n1c p nxc", "pooling_ncw_sum": "nc1 p ncx", "pooling_ncw_max": "nc1 p ncx",
    "pooling_ndhwc_sum": "n123c pqr nxyzc", "pooling_ndhwc_max": "n123c pqr nxyzc",
    "pooling_ndhwc_min": "n123c pqr nxyzc",
}  # fmt: skip


def shape_of(axes: str, stride: int = 1, dilation: int = 1) -> tuple[int, ...]:
    def size(axis: str) -> int:
        if axis not in WINDOWS:
            return SIZES[axis]
        out, kernel = (SIZES[a] for a in WINDOWS[axis])
        return (out - 1) * stride + (kernel - 1) * dilation + 1

    return tuple(size(axis) for axis in axes)


def windows(image: np.ndarray, axes: str, kernel: str, stride: int = 1, dilation: int = 1):
    """For each place in the kernel: the place, and what all windows have there."""
    names = [axis for axis in "pqr" if axis in kernel]
    for place in itertools.product(*(range(SIZES[name]) for name in names)):
        at = dict(zip(names, place))
        index = []
        for axis in axes:
            if axis in WINDOWS:
                out, name = WINDOWS[axis]
                first = at[name] * dilation
                index.append(slice(first, first + (SIZES[out] - 1) * stride + 1, stride))
            else:
                index.append(slice(None))
        yield at, image[tuple(index)]


def contract(image, kernel, start, axes: str, stride: int = 1, dilation: int = 1):
    of_image, of_kernel, of_result = axes.split(" ")
    rest = "".join(axis for axis in of_kernel if axis not in "pqr")
    plain = "".join(WINDOWS.get(axis, axis)[0] for axis in of_image)
    result = start.copy()
    for at, part in windows(image, of_image, of_kernel, stride, dilation):
        index = tuple(at.get(axis, slice(None)) for axis in of_kernel)
        result = result + np.einsum(f"{plain},{rest}->{of_result}", part, kernel[index])
    return result


def pool(image, start, axes: str, combine):
    of_image, of_kernel, _ = axes.split(" ")
    result = start
    for _, part in windows(image, of_image, of_kernel):
        result = combine(result, part)
    return result
