import FuzzTargets

/// The words of models.
enum Vocabulary {
  /// The operators.
  static let operators = FuzzTarget.operators

  /// The names of attributes.
  static let attributes = [
    "K", "N", "accuracy_level", "activation", "activation_", "activation_alpha", "activation_beta", "activation_params",
    "activations", "align_corners", "allowzero", "alpha", "antialias", "approximate", "auto_pad", "axes", "axis",
    "batch_axis", "batch_dims", "beta", "bias", "bits", "block_size", "blocksize", "body", "border", "broadcast",
    "ceil_mode", "center_point_box", "channels_last", "clip", "consumed_inputs", "coordinate_transformation_mode",
    "count_include_pad", "cubic_coeff_a", "detect_negative", "detect_positive", "dilations", "direction", "dtype",
    "else_branch", "end", "ends", "epsilon", "equation", "exclude_outside", "exclusive", "extrapolation_value", "fmod",
    "gamma", "group", "groups", "half_pixel", "height_scale", "hidden_size", "input_forget", "interleaved", "inverse",
    "is_causal", "is_test", "k", "keep_aspect_ratio_policy", "keepdims", "kernel_shape", "key_axes", "kv_num_heads",
    "lambd", "largest", "layout", "left_window_size", "linear_before_reset", "max", "min", "mode", "momentum",
    "nearest", "nearest_mode", "noop_with_empty_axes", "num_groups", "num_heads", "num_outputs", "offset_group",
    "onesided", "output_datatype", "output_dtype", "output_half_pixel", "output_height", "output_padding",
    "output_sequence", "output_shape", "output_width", "p", "padding_mode", "paddings", "pads", "periodic", "perm",
    "precision", "q_num_heads", "qk_matmul_output_mode", "query_axes", "ratio", "reduction", "result_axes", "reverse",
    "right_window_size", "rotary_embedding_dim", "round_mode", "sampling_ratio", "saturate", "scale", "scales", "seed",
    "select_last_index", "shape", "size", "softcap", "softmax_precision", "sorted", "sparse_value", "spatial",
    "spatial_scale", "split", "start", "starts", "stash_type", "steps", "storage_order", "strides", "then_branch",
    "time_axis", "to", "training_mode", "transA", "transB", "transBatchA", "transBatchB", "upper", "value",
    "value_axes", "value_float", "value_floats", "value_int", "value_ints", "weight_prepacked", "width_scale",
  ]

  /// The values of string attributes.
  static let strings = [
    "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID", "constant", "reflect", "edge", "wrap", "nearest", "linear", "cubic",
    "half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_crop_and_resize",
    "round_prefer_floor", "round_prefer_ceil", "floor", "ceil", "stretch", "not_larger", "not_smaller", "DCR", "CRD",
    "none",
    "tanh", "add", "mul", "max", "min", "bilinear", "forward", "backward", "reverse", "bidirectional", "border",
    "reflection",
    "zeros", "avg", "Sigmoid", "Tanh", "Relu", "LeakyRelu", "HardSigmoid", "ij,jk->ik", "bij,bkj->bik",
  ]

  /// Integers at the limits of ranges.
  static let numbers: [Int64] = [
    0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 255, 256, 257, 1023, 1 << 16, 1 << 20,
    Int64(Int32.max), 1 << 31, 1 << 32, 1 << 40, 1 << 48, 1 << 61, 1 << 62, .max, .max - 1, -1, -2, -3, -4, -5, -16,
    Int64(Int32.min), .min, .min + 1,
  ]

  /// Special floating-point numbers.
  static let floats: [Float] = [
    0, -0.0, 1, -1, 0.5, 2, 1e-5, -1e-5, 1e-30, 1e30, 3.4e38, .leastNonzeroMagnitude, .infinity, -.infinity, .nan,
    16_777_216,
  ]

  /// Prints the words in the format of libFuzzer's `-dict`.
  static func printDictionary() {
    for word in operators.map(\.name) + attributes + strings { print("\"\(word)\"") }
    for word in ["'descr': ", "'fortran_order': ", "'shape': ", "True", "False", "<f4", ">f8", "<i8", "|b1", "<c16"] {
      print("\"\(word)\"")
    }
    print(#""\x93NUMPY\x01\x00""#)
    for chunk in ["IHDR", "IDAT", "IEND", "PLTE", "tRNS", "eXIf", "gAMA", "sBIT", "Exif"] { print("\"\(chunk)\"") }
    for marker in ["C0", "C2", "C4", "DA", "DB", "DD", "D0", "D8", "D9", "E1", "EE"] {
      print(#""\xFF\x"# + marker + "\"")
    }
  }
}
