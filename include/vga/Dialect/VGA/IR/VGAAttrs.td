//===- VGAAttrs.td - Attributes of the vga operations ------*- tablegen -*-===//
//
// Part of the vga project, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef VGA_DIALECT_VGA_IR_VGAATTRS_TD
#define VGA_DIALECT_VGA_IR_VGAATTRS_TD

include "mlir/IR/CommonAttrConstraints.td"
include "mlir/IR/EnumAttr.td"
include "vga/Dialect/VGA/IR/VGADialect.td"

class VGA_Enum<string name, string summary, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::mlir::vga";
  let genSpecializedAttr = 0;
}

class VGA_EnumAttr<EnumAttrInfo enumInfo, string name>
    : EnumAttr<VGA_Dialect, enumInfo, name> {
  let assemblyFormat = "$value";
}

def VGA_Layout : VGA_Enum<"Layout", "order of the axes of a rank-4 tensor", [
  I32EnumAttrCase<"bhsd", 0>, // [batch, head, sequence, channel]
  I32EnumAttrCase<"bshd", 1>, // [batch, sequence, head, channel]
  I32EnumAttrCase<"sbhd", 2>, // [sequence, batch, head, channel]
]>;
def VGA_LayoutAttr : VGA_EnumAttr<VGA_Layout, "layout">;

def VGA_Alignment : VGA_Enum<"Alignment",
    "where causal masks and windows are anchored when Sq != Sk", [
  I32EnumAttrCase<"bottom_right", 0>, // the last query sees the last key
  I32EnumAttrCase<"top_left", 1>,     // the first query sees the first key
  I32EnumAttrCase<"length", 2>,       // the last query sees the last key that counts
]>;
def VGA_AlignmentAttr : VGA_EnumAttr<VGA_Alignment, "alignment">;

def VGA_Activation : VGA_Enum<"Activation", "activation of a gate", [
  I32EnumAttrCase<"sigmoid", 0>,
  I32EnumAttrCase<"identity", 1>,
  I32EnumAttrCase<"softplus", 2>,
]>;
def VGA_ActivationAttr : VGA_EnumAttr<VGA_Activation, "activation">;

def VGA_Mixing : VGA_Enum<"Mixing", "which heads of its source a gate reads", [
  I32EnumAttrCase<"per_head", 0>,
  I32EnumAttrCase<"cross_head", 1>,
]>;
def VGA_MixingAttr : VGA_EnumAttr<VGA_Mixing, "mixing">;

def VGA_GateSite : VGA_Enum<"GateSite", "what a gate multiplies", [
  I32EnumAttrCase<"value", 0>,  // z_i = sum_j g_j alpha_ij v_j
  I32EnumAttrCase<"output", 1>, // out_i = g_i sum_j alpha_ij v_j
]>;
def VGA_GateSiteAttr : VGA_EnumAttr<VGA_GateSite, "site">;

def VGA_Form : VGA_Enum<"Form", "how a step of attention stores its operands", [
  I32EnumAttrCase<"columns", 0>, // queries are columns: lanes of vectors
  I32EnumAttrCase<"rows", 1>,    // queries are rows
  I32EnumAttrCase<"pairs", 2>,   // columns, in pairs for dot products of bf16
]>;
def VGA_FormAttr : VGA_EnumAttr<VGA_Form, "form">;

def VGA_TileOrder : VGA_Enum<"TileOrder", "in which order a grid takes its tiles", [
  I32EnumAttrCase<"linear", 0>,      // the tiles of a head one after the other
  I32EnumAttrCase<"heavy_first", 1>, // those with the most keys before others
]>;
def VGA_TileOrderAttr : VGA_EnumAttr<VGA_TileOrder, "tile_order">;

def VGA_GatePlacement : VGA_Enum<"GatePlacement", "where a value gate is applied", [
  I32EnumAttrCase<"inside", 0>, // in the attention kernel
  I32EnumAttrCase<"before", 1>, // by a kernel of its own
  I32EnumAttrCase<"ahead", 2>,  // in the attention kernel, once, by warps that run ahead
]>;
def VGA_GatePlacementAttr : VGA_EnumAttr<VGA_GatePlacement, "gate_placement">;

def VGA_Nonlinearity : VGA_Enum<"Nonlinearity", "what a product ends with", [
  I32EnumAttrCase<"none", 0>, // f(t) = t
  I32EnumAttrCase<"relu", 1>, // f(t) = max(t, 0)
  I32EnumAttrCase<"gelu", 2>, // the tanh form
]>;
def VGA_NonlinearityAttr : VGA_EnumAttr<VGA_Nonlinearity, "nonlinearity">;

def VGA_ScheduleAttr : AttrDef<VGA_Dialect, "Schedule"> {
  let summary = "how a GPU kernel computes attention";
  let description = [{
    What a kernel does in which tiles, and what overlaps with what. A schedule
    changes the speed and nothing else; `vga-gpu-choose-schedules` gives one to
    each operation that has none.

    | parameter | meaning |
    |---|---|
    | `queries` | rows of a tile, 64 for each warpgroup that computes |
    | `keys` | keys of a block, a multiple of 16 up to 256 |
    | `key_stages`, `value_stages` | blocks of keys and of values in shared memory at a time |
    | `query_stages` | tiles of queries in shared memory at a time |
    | `ping_pong` | warpgroups take turns: one multiplies while another exponentiates |
    | `persistent` | a block of threads computes tile after tile |
    | `order` | `linear`, or `heavy_first` for causal masks |
    | `output_buffer` | the output has shared memory of its own, not that of the queries; persistent blocks then begin a tile before they have ended the one before |
    | `value_gate` | where values are gated: `inside`, in shared memory, for every tile of queries again; once `before`, by a kernel of its own; once `ahead`, in a copy in global memory, by warps of the (persistent) kernel that run ahead of its tiles |

    Example:

    ```mlir
    func.func @attend(%q: tensor<4x16x4096x128xbf16>,
                      %k: tensor<4x16x4096x128xbf16>,
                      %v: tensor<4x16x4096x128xbf16>)
        -> tensor<4x16x4096x128xbf16> {
      %z = vga.attention %q, %k, %v
             schedule <queries = 128, keys = 128, key_stages = 2,
                       value_stages = 3, persistent = false>
             : tensor<4x16x4096x128xbf16>, tensor<4x16x4096x128xbf16>,
               tensor<4x16x4096x128xbf16>
      return %z : tensor<4x16x4096x128xbf16>
    }
    ```
  }];
  let mnemonic = "schedule";
  let parameters = (ins
    "int64_t":$queries,
    "int64_t":$keys,
    "int64_t":$key_stages,
    "int64_t":$value_stages,
    DefaultValuedParameter<"bool", "true">:$ping_pong,
    DefaultValuedParameter<"bool", "true">:$persistent,
    DefaultValuedParameter<"::mlir::vga::TileOrder",
                           "::mlir::vga::TileOrder::linear">:$order,
    DefaultValuedParameter<"bool", "false">:$output_buffer,
    DefaultValuedParameter<"int64_t", "1">:$query_stages,
    DefaultValuedParameter<"::mlir::vga::GatePlacement",
                           "::mlir::vga::GatePlacement::inside">:$value_gate);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// How many warpgroups compute.
    int64_t getConsumers() const { return getQueries() / 64; }
  }];
}

def VGA_WarpScheduleAttr : AttrDef<VGA_Dialect, "WarpSchedule"> {
  let summary = "how a GPU kernel of warps computes attention";
  let description = [{
    The schedule of the kernel that runs on every GPU since compute capability
    8.0, for many queries and for few. Its tiles are of packed queries: those of
    all heads that read one key/value head, position by position, so that all of
    them share what is loaded. A tile is computed by teams of warps. The warps of
    a team divide the rows and share the blocks of keys in shared memory; teams
    take different blocks of keys, and merge at the end. Where there are few
    tiles, the keys of a tile are split over several blocks of threads, too.

    | parameter | meaning |
    |---|---|
    | `rows` | rows of a tile, 16 or 32 for each warp of a team |
    | `warps` | warps of a team |
    | `teams` | teams of a block of threads |
    | `keys` | keys of a block, a multiple of 16 up to 128 |
    | `stages` | blocks of keys, and of values, that a team has in shared memory at a time |
    | `splits` | the most blocks of threads that share a tile; how many do is decided when its size is known |
    | `order` | `linear`, or `heavy_first` for causal masks |
    | `value_gate` | where values are gated: `inside`, or once `before`, by a kernel of its own |
    | `tf32` | elements of f32 are rounded to tf32, of 10 bits of fraction: relative errors of about 5e-4, and a third of the products |

    On the operation it is `schedule warp<...>`:

    ```mlir
    func.func @decode(%q: tensor<64x32x1x128xbf16>,
                      %k: tensor<64x8x?x128xbf16>,
                      %v: tensor<64x8x?x128xbf16>)
        -> tensor<64x32x1x128xbf16> {
      %z = vga.attention %q, %k, %v
             schedule warp<rows = 16, warps = 1, teams = 4, keys = 16,
                           stages = 3, splits = 64>
             : tensor<64x32x1x128xbf16>, tensor<64x8x?x128xbf16>,
               tensor<64x8x?x128xbf16>
      return %z : tensor<64x32x1x128xbf16>
    }
    ```
  }];
  let mnemonic = "warp_schedule";
  let parameters = (ins
    "int64_t":$rows,
    "int64_t":$warps,
    "int64_t":$teams,
    "int64_t":$keys,
    "int64_t":$stages,
    DefaultValuedParameter<"int64_t", "1">:$splits,
    DefaultValuedParameter<"::mlir::vga::TileOrder",
                           "::mlir::vga::TileOrder::linear">:$order,
    DefaultValuedParameter<"::mlir::vga::GatePlacement",
                           "::mlir::vga::GatePlacement::inside">:$value_gate,
    DefaultValuedParameter<"bool", "false">:$tf32);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// The rows of each warp of a team.
    int64_t getWarpRows() const { return getRows() / getWarps(); }
    /// The threads of a team, and of a block.
    int64_t getTeamThreads() const { return getWarps() * 32; }
    int64_t getThreads() const { return getTeams() * getTeamThreads(); }
  }];
}

def VGA_AnySchedule : AnyAttrOf<[VGA_ScheduleAttr, VGA_WarpScheduleAttr],
                                "schedule of a GPU kernel">;

#endif // VGA_DIALECT_VGA_IR_VGAATTRS_TD
