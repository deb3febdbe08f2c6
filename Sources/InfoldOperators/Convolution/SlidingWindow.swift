import InfoldGraph
import InfoldSystem
import InfoldTensor

/// The sliding window of a convolution or a pool: ONNX's `kernel_shape`, `strides`, `dilations`,
/// `pads`, `auto_pad` and `ceil_mode`, for any number of spatial dimensions.
package struct SlidingWindow: Sendable, Hashable {
  /// The padding of the borders.
  package enum Padding: Sendable, Hashable {
    /// The given numbers of zeros before and after each dimension.
    case explicit(before: [Int], after: [Int])
    /// Zeros such that the output has ⌈input ÷ stride⌉ positions. If their number is odd, there is
    /// one more at the end.
    case sameUpper
    /// Zeros such that the output has ⌈input ÷ stride⌉ positions. If their number is odd, there is
    /// one more at the beginning.
    case sameLower
  }

  /// The size of the window in each dimension.
  package let kernel: [Int]
  /// The stride in each dimension.
  package let strides: [Int]
  /// The distance between taps in each dimension.
  package let dilations: [Int]
  /// The padding of the borders.
  package let padding: Padding
  /// Whether a window counts that begins inside the input or its leading padding but extends beyond
  /// the padded input.
  package let ceilMode: Bool
  /// Whether the result may be empty if the window does not fit the input. It may for a pool, but
  /// not for a convolution.
  private let mayHaveNoPosition: Bool

  /// The number of spatial dimensions.
  package var rank: Int { kernel.count }

  /// The attributes as the model gives them, before the number of dimensions is known.
  struct Attributes: Sendable, Hashable {
    var kernel: [Int]?
    var strides: [Int]?
    var dilations: [Int]?
    var pads: [Int]?
    var autoPad: String
    var ceilMode: Bool

    /// Reads the attributes. `dilations`, `ceil_mode`, `auto_pad` and `kernel_shape` are read only
    /// if the operator's version has them.
    init(
      _ attributes: inout AttributeReader, hasDilations: Bool, hasCeilMode: Bool, hasAutoPad: Bool = true,
      hasKernel: Bool = true
    ) throws(InfoldError) {
      kernel = hasKernel ? try attributes.ints("kernel_shape") : nil
      strides = try attributes.ints("strides")
      dilations = hasDilations ? try attributes.ints("dilations") : nil
      pads = try attributes.ints("pads")
      autoPad = hasAutoPad ? try attributes.string("auto_pad") ?? "NOTSET" : "NOTSET"
      ceilMode = hasCeilMode ? try attributes.flag("ceil_mode") : false
      guard ["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"].contains(autoPad) else {
        throw InfoldError(
          .invalidModel,
          "auto_pad is \(String(quoting: autoPad)) but must be NOTSET, VALID, SAME_UPPER or SAME_LOWER")
      }
      if autoPad != "NOTSET", let pads, pads.contains(where: { $0 != 0 }) {
        throw InfoldError(
          .invalidModel,
          "conflicting attributes: pads is \(pads), but auto_pad is \(autoPad), which determines the padding",
          hint: "remove one of the two attributes from the model")
      }
      for (name, values, least) in [
        ("kernel_shape", kernel, 1), ("strides", strides, 1), ("dilations", dilations, 1), ("pads", pads, 0),
      ] {
        for value in values ?? [] where value < least || value > Int(Int32.max) {
          throw InfoldError(
            .invalidModel, "\(name) has the value \(value) but must be between \(least) and \(Int32.max)")
        }
      }
    }
  }

  /// Creates a window over `kernel.count` dimensions.
  /// - Parameter mayHaveNoPosition: Whether the result may be empty if the window does not fit the
  ///   input.
  /// - Throws: `InfoldError.Code.invalidModel` if a list of attributes has the wrong length, or a
  ///   size is out of range.
  init(_ attributes: Attributes, kernel: [Int], mayHaveNoPosition: Bool = false) throws(InfoldError) {
    let rank = kernel.count
    self.mayHaveNoPosition = mayHaveNoPosition
    func checked(_ name: String, _ values: [Int]?, count: Int, default fallback: Int) throws(InfoldError) -> [Int] {
      guard let values else { return Array(repeating: fallback, count: count) }
      guard values.count == count else {
        throw InfoldError(
          .invalidModel,
          "\(name) has \(counted(values.count, "value")) but must have \(count) for \(counted(rank, "spatial dimension"))"
        )
      }
      return values
    }
    for size in kernel where size < 1 || size > Int(Int32.max) {
      throw InfoldError(.invalidModel, "the window has the size \(size) but must be between 1 and \(Int32.max)")
    }
    self.kernel = kernel
    strides = try checked("strides", attributes.strides, count: rank, default: 1)
    dilations = try checked("dilations", attributes.dilations, count: rank, default: 1)
    let pads = try checked("pads", attributes.pads, count: 2 * rank, default: 0)
    switch attributes.autoPad {
    case "SAME_UPPER": padding = .sameUpper
    case "SAME_LOWER": padding = .sameLower
    case "VALID": padding = .explicit(before: Array(repeating: 0, count: rank), after: Array(repeating: 0, count: rank))
    default: padding = .explicit(before: Array(pads[..<rank]), after: Array(pads[rank...]))
    }
    ceilMode = attributes.ceilMode
  }
}

extension SlidingWindow {
  /// The positions of the window along one dimension.
  package struct Extent: Sendable, Hashable {
    /// The number of positions.
    package var output: Int
    /// The number of zeros before the input.
    package var padBefore: Int
    /// The number of zeros after the input that the attributes specify. With `ceilMode`, windows
    /// may extend further.
    package var padAfter: Int
  }

  /// Returns the extent of the window along dimension `axis`, including dilation, or `nil` if it
  /// does not fit an `Int`.
  package func reach(_ axis: Int) -> Int? {
    let (span, overflow) = (kernel[axis] - 1).multipliedReportingOverflow(by: dilations[axis])
    return overflow || span == Int.max ? nil : span + 1
  }

  /// Returns the positions along dimension `axis` for an input of `size`.
  ///
  /// Their number is ⌊room ÷ stride⌋ + 1, or ⌈room ÷ stride⌉ + 1 with `ceilMode`, where room is the
  /// size of the padded input minus that of the window. If the window is larger than the padded
  /// input by at least one stride but less than two, a pool has an empty result, as in ONNX
  /// Runtime. If it is larger by less than a stride, ONNX Runtime and others cut off the window
  /// even without `ceilMode`, although the formula gives no position; Infold rejects this case.
  /// - Throws: `InfoldError.Code.invalidModel` if the window does not fit the padded input.
  package func extent(_ axis: Int, input size: Int) throws(InfoldError) -> Extent {
    let stride = strides[axis]
    guard let reach = reach(axis), reach <= Int(Int32.max), size <= Int.max / 4 else {
      throw InfoldError(.limitExceeded, "the window along spatial dimension \(axis) is too large")
    }
    switch padding {
    case .sameUpper, .sameLower:
      let output = size / stride + (size % stride == 0 ? 0 : 1)
      let total = max((output - 1) * stride + reach - size, 0)
      let smaller = total / 2
      return padding == .sameUpper
        ? Extent(output: output, padBefore: smaller, padAfter: total - smaller)
        : Extent(output: output, padBefore: total - smaller, padAfter: smaller)
    case .explicit(let before, let after):
      let room = size + before[axis] + after[axis] - reach
      let isEmpty = mayHaveNoPosition && -room / stride == 1 && room < 0
      guard room >= 0 || isEmpty || ceilMode && room > -stride else {
        throw InfoldError(
          .invalidModel,
          "the window covers \(counted(reach, "element")) along spatial dimension \(axis), but the padded input has "
            + "\(size + before[axis] + after[axis])")
      }
      var output = room < 0 ? 0 : room / stride + 1
      if ceilMode, !isEmpty, room % stride != 0, output * stride < size + before[axis] { output += 1 }
      return Extent(output: output, padBefore: before[axis], padAfter: after[axis])
    }
  }

  /// Returns the extents along every dimension for an input with these spatial sizes.
  package func extents(_ sizes: some Collection<Int>) throws(InfoldError) -> [Extent] {
    var extents: [Extent] = []
    for (axis, size) in sizes.enumerated() { extents.append(try extent(axis, input: size)) }
    return extents
  }

  /// Returns the output size along dimension `axis`.
  func outputDimension(_ axis: Int, input: Dimension) throws(InfoldError) -> Dimension {
    if let size = input.size { return .fixed(try extent(axis, input: size).output) }
    guard strides[axis] == 1 else { return .unknown }
    switch padding {
    case .sameUpper, .sameLower: return input
    case .explicit(let before, let after):
      return reach(axis).map { before[axis] + after[axis] == $0 - 1 } == true ? input : .unknown
    }
  }
}

extension SlidingWindow {
  /// Returns whether the window covers padding at some position, for an input with these spatial
  /// dimensions.
  func mayPad(input: [Dimension]?) -> Bool {
    switch padding {
    case .explicit(let before, let after):
      return (before + after).contains { $0 > 0 }
    case .sameUpper, .sameLower:
      return (0..<rank).contains { axis in
        if kernel[axis] == 1 { return false }
        guard let size = input?[axis].size, let extent = try? extent(axis, input: size) else { return true }
        return extent.padBefore + extent.padAfter > 0
      }
    }
  }
}
