import InfoldGraph
import InfoldSystem
import InfoldTensor

/// How the window of a convolution or a pool moves: ONNX's `kernel_shape`, `strides`, `dilations`, `pads`, `auto_pad` and
/// `ceil_mode`, over any number of spatial dimensions.
package struct SlidingWindow: Sendable, Hashable {
  /// How the borders are padded.
  package enum Padding: Sendable, Hashable {
    /// These numbers of zeros before and after, by dimension.
    case explicit(before: [Int], after: [Int])
    /// So many zeros that the output has ⌈input ÷ stride⌉ positions; an odd one goes to the end.
    case sameUpper
    /// So many zeros that the output has ⌈input ÷ stride⌉ positions; an odd one goes to the beginning.
    case sameLower
  }

  /// The window's size by dimension.
  package let kernel: [Int]
  /// The steps by dimension.
  package let strides: [Int]
  /// The distances between the window's elements by dimension.
  package let dilations: [Int]
  /// The borders.
  package let padding: Padding
  /// Whether a window that begins inside the input or its leading padding, and ends outside, counts.
  package let ceilMode: Bool
  /// Whether an input that the window does not fit into may give an empty result. That of a convolution may not.
  private let mayHaveNoPosition: Bool

  /// The number of spatial dimensions.
  package var rank: Int { kernel.count }

  /// The attributes as a model gives them, before the number of dimensions is known.
  struct Attributes: Sendable, Hashable {
    var kernel: [Int]?
    var strides: [Int]?
    var dilations: [Int]?
    var pads: [Int]?
    var autoPad: String
    var ceilMode: Bool

    /// Reads them. `dilations`, `ceil_mode`, `auto_pad` and `kernel_shape` are read only where the operator's version has them.
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
          "auto_pad is \(String(quoting: autoPad)), and must be NOTSET, VALID, SAME_UPPER or SAME_LOWER")
      }
      if autoPad != "NOTSET", let pads, pads.contains(where: { $0 != 0 }) {
        throw InfoldError(
          .invalidModel, "pads is \(pads), and auto_pad is \(autoPad), which leaves nothing to pads",
          hint: "remove one of the two attributes from the model")
      }
      for (name, values, least) in [
        ("kernel_shape", kernel, 1), ("strides", strides, 1), ("dilations", dilations, 1), ("pads", pads, 0),
      ] {
        for value in values ?? [] where value < least || value > Int(Int32.max) {
          throw InfoldError(
            .invalidModel, "\(name) has the value \(value); it must lie between \(least) and \(Int32.max)")
        }
      }
    }
  }

  /// The window over `kernel.count` dimensions.
  /// - Parameter mayHaveNoPosition: Whether an input that the window does not fit into may give an empty result.
  /// - Throws: `InfoldError` with `.invalidModel` when a list of attributes has another number of dimensions, or a size is
  ///   none.
  init(_ attributes: Attributes, kernel: [Int], mayHaveNoPosition: Bool = false) throws(InfoldError) {
    let rank = kernel.count
    self.mayHaveNoPosition = mayHaveNoPosition
    func checked(_ name: String, _ values: [Int]?, count: Int, default fallback: Int) throws(InfoldError) -> [Int] {
      guard let values else { return Array(repeating: fallback, count: count) }
      guard values.count == count else {
        throw InfoldError(
          .invalidModel,
          "\(name) has \(counted(values.count, "value")); with \(counted(rank, "spatial dimension")) it must have \(count)"
        )
      }
      return values
    }
    for size in kernel where size < 1 || size > Int(Int32.max) {
      throw InfoldError(.invalidModel, "the window has the size \(size); it must lie between 1 and \(Int32.max)")
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
  /// Where the window goes along one dimension.
  package struct Extent: Sendable, Hashable {
    /// The number of positions.
    package var output: Int
    /// The zeros before the input.
    package var padBefore: Int
    /// The zeros behind the input that the attributes ask for (with `ceilMode`, windows may reach farther).
    package var padAfter: Int
  }

  /// The window's reach along dimension `axis`, dilation included; `nil` where it does not fit an `Int`.
  package func reach(_ axis: Int) -> Int? {
    let (span, overflow) = (kernel[axis] - 1).multipliedReportingOverflow(by: dilations[axis])
    return overflow || span == Int.max ? nil : span + 1
  }

  /// The positions along dimension `axis` for an input of `size`.
  ///
  /// Their number is ⌊room ÷ stride⌋ + 1, with `ceilMode` ⌈room ÷ stride⌉ + 1, where room is what the padded input has beyond
  /// the window. Where it has less than the window, that is 0 for a pool that lacks a stride or more, but not two: its
  /// result is empty, here as in ONNX Runtime. Without `ceilMode`, where less than a stride is missing, ONNX Runtime
  /// and others cut a window off that does not count by the formula: that is refused.
  /// - Throws: `InfoldError` with `.invalidModel` when the window does not fit the padded input.
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
          "the window reaches over \(counted(reach, "element")) along spatial dimension \(axis), and the padded input has "
            + "\(size + before[axis] + after[axis])")
      }
      var output = room < 0 ? 0 : room / stride + 1
      if ceilMode, !isEmpty, room % stride != 0, output * stride < size + before[axis] { output += 1 }
      return Extent(output: output, padBefore: before[axis], padAfter: after[axis])
    }
  }

  /// The extents along every dimension of an input with these spatial sizes.
  package func extents(_ sizes: some Collection<Int>) throws(InfoldError) -> [Extent] {
    var extents: [Extent] = []
    for (axis, size) in sizes.enumerated() { extents.append(try extent(axis, input: size)) }
    return extents
  }

  /// The shape rule along dimension `axis`.
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
  /// Whether some position of the window may lie on padding, for an input with these spatial dimensions.
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
