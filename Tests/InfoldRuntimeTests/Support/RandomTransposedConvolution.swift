import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport

/// A transposed convolution of random size, and its results by definition.
struct RandomTransposedConvolution: CustomStringConvertible {
  /// What is behind it.
  enum Tail: CaseIterable {
    case nothing, activation
    /// The result and its negative, concatenated along the channels.
    case concatenation
  }

  /// How the sizes of the output are chosen.
  private enum Padding: CaseIterable {
    case explicit, outputPadding, sameUpper, sameLower, valid, outputShape
  }

  /// One spatial dimension.
  private struct Axis {
    var size: Int
    var kernel: Int
    var stride: Int
    var dilation: Int
    var outputPadding = 0
    var padBefore = 0
    var padAfter = 0
    var output = 0

    var reach: Int { (kernel - 1) * dilation + 1 }
    var unpadded: Int { (size - 1) * stride + reach + outputPadding }
  }

  private let axes: [Axis]
  private let images: Int
  private let channels: Int
  private let filters: Int
  private let group: Int
  private let attributes: AttributeList
  private let tail: Tail
  private let isBehindConvolution: Bool
  private let x: [Float]
  private let weight: [Float]
  private let bias: [Float]?
  private let computesWeights: Bool

  /// - Parameters:
  /// - kernel: The window's size along the last dimension.
  /// - stride: Its stride along the last dimension.
  /// - computesWeights: Whether weights and bias are inputs, and sometimes not finite.
  /// - hasFewFilters: Whether there are many more channels than filters, in one group, also with long rows.
  init(
    rank: Int, kernel: Int, stride: Int, seed: UInt64, computesWeights: Bool = false, hasFewFilters: Bool = false
  ) throws {
    var random = SplitMix64(seed: seed)
    let dilates = random.oneIn(3)
    var axes = (0..<rank).map { axis in
      let isLast = axis == rank - 1
      return Axis(
        size: hasFewFilters
          ? random.pick(rank == 1 ? [1, 2, 7, 40, 900] : [1, 2, 5, 12])
          : random.pick(rank > 2 ? [1, 1, 2, 3] : [1, 1, 1, 2, 2, 3, 5, isLast ? 7 : 4]),
        kernel: isLast ? kernel : random.pick([1, 1, 2, 2, 3, 4, 5]),
        stride: isLast ? stride : random.pick([1, 1, 2, 3, 4]), dilation: dilates ? random.int(1...4) : 1)
    }
    // Windows that move by their own size have a kernel.
    if random.oneIn(6) { for axis in axes.indices.dropLast() { axes[axis].kernel = axes[axis].stride } }
    let padding = random.pick(Padding.allCases + [.explicit, .outputPadding, .outputPadding])
    var attributes: AttributeList = [:]
    for index in axes.indices {
      var axis = axes[index]
      switch padding {
      case .explicit, .outputPadding:
        if padding == .outputPadding {
          axis.outputPadding = random.int(0...(max(axis.stride, axis.dilation) - 1))
        }
        // The output is not empty.
        let most = min(axis.reach + 1, axis.unpadded - 1)
        axis.padBefore = random.int(0...min(most, random.pick([0, 1, axis.kernel])))
        axis.padAfter = random.int(0...min(most - axis.padBefore, random.pick([0, 1, axis.kernel])))
        axis.output = axis.unpadded - axis.padBefore - axis.padAfter
      case .valid: axis.output = axis.unpadded
      case .sameUpper, .sameLower:
        axis.output = axis.size * axis.stride
        // Half of the total, rounded down, also if it is negative.
        let total = axis.unpadded - axis.output, half = (Double(total) / 2).rounded(.down)
        axis.padBefore = padding == .sameUpper ? Int(half) : total - Int(half)
      case .outputShape:
        axis.output = random.int(1...(axis.unpadded + axis.stride))
        axis.padBefore = (max(axis.unpadded - axis.output, 0) + 1) / 2
      }
      axes[index] = axis
    }
    switch padding {
    case .explicit: attributes["pads"] = .ints((axes.map(\.padBefore) + axes.map(\.padAfter)).map(Int64.init))
    case .outputPadding:
      attributes["pads"] = .ints((axes.map(\.padBefore) + axes.map(\.padAfter)).map(Int64.init))
      attributes["output_padding"] = .ints(axes.map { Int64($0.outputPadding) })
    case .sameUpper: attributes["auto_pad"] = .string(Array("SAME_UPPER".utf8))
    case .sameLower: attributes["auto_pad"] = .string(Array("SAME_LOWER".utf8))
    case .valid: attributes["auto_pad"] = .string(Array("VALID".utf8))
    case .outputShape: attributes["output_shape"] = .ints(axes.map { Int64($0.output) })
    }
    attributes["strides"] = .ints(axes.map { Int64($0.stride) })
    if dilates { attributes["dilations"] = .ints(axes.map { Int64($0.dilation) }) }
    self.axes = axes
    if hasFewFilters {
      (group, channels, filters) = (1, random.pick([24, 50]), random.int(1...5))
    } else {
      group = random.pick([1, 1, 1, 2, 3])
      channels = group * random.pick(rank > 2 ? [1, 2] : [1, 2, 3, 5, 9])
      // Few and many filters, in one panel of weights and in two.
      filters = random.pick(rank > 2 ? [1, 3] : [1, 2, 3, 5, 8, 17, 20, random.oneIn(8) ? 70 : 33]) * group
    }
    if group > 1 { attributes["group"] = .int(Int64(group)) }
    images = random.pick([1, 1, 2])
    tail = random.pick(Tail.allCases)
    let hasInfinity = random.oneIn(3)
    isBehindConvolution = !hasInfinity && rank < 3 && random.oneIn(2)
    func numbers(_ count: Int) throws -> [Float] { try random.tensor([count], in: -1...1).elements() }
    var x = try numbers(images * channels * axes.reduce(1) { $0 * $1.size })
    if hasInfinity { x[random.int(0...(x.count - 1))] = random.pick([.infinity, -.infinity, .nan]) }
    self.x = x
    var weight = try numbers(channels * filters / group * axes.reduce(1) { $0 * $1.kernel })
    if computesWeights, random.oneIn(3) {
      weight[random.int(0...(weight.count - 1))] = random.pick([.infinity, -.infinity, .nan])
    }
    self.weight = weight
    self.computesWeights = computesWeights
    bias = random.oneIn(2) ? try numbers(filters) : nil
    self.attributes = attributes
  }

  var description: String {
    "\(inputShape) with \(weightShape), \(attributes), \(tail)\(isBehindConvolution ? ", behind a convolution" : "")"
  }

  private var inputShape: [Int] { [images, channels] + axes.map(\.size) }
  private var weightShape: [Int] { [channels, filters / group] + axes.map(\.kernel) }

  /// The network, and its inputs.
  func network() throws -> (graph: Graph, inputs: [Tensor]) {
    var network = NetworkBuilder()
    var value = network.input(Shape(inputShape))
    if isBehindConvolution {
      // An identity that keeps its input, channels-last.
      let ones = (0..<(channels * channels)).map { $0 % (channels + 1) == 0 ? 1 : 0 as Float }
      let identity = try Tensor(shape: [channels, channels] + axes.map { _ in 1 }, ones)
      value = try network.node("Conv", [value, network.constant(identity)])
    }
    var given = [try Tensor(shape: inputShape, x)]
    func operand(_ tensor: Tensor) -> ValueID {
      guard computesWeights else { return network.constant(tensor) }
      given.append(tensor)
      return network.input(Shape(tensor.shape), "input\(given.count)")
    }
    var inputs = [value, operand(try Tensor(shape: weightShape, weight))]
    if let bias { inputs.append(operand(try Tensor(shape: [filters], bias))) }
    let y = try network.node("ConvTranspose", inputs, attributes)
    let result =
      switch tail {
      case .nothing: y
      case .activation: try network.node("Relu", [y])
      case .concatenation: try network.node("Concat", [y, try network.node("Neg", [y])], ["axis": .int(1)])
      }
    return (try network.finished(result), given)
  }

  /// The expected output, and for each element the sum of the magnitudes of its summands.
  func expected() -> (shape: [Int], values: [Double], magnitudes: [Double]) {
    let flat = Axis(size: 1, kernel: 1, stride: 1, dilation: 1, output: 1)
    let all = Array(repeating: flat, count: 3 - axes.count) + axes
    let (a, b, c) = (all[0], all[1], all[2])
    let inputPlane = a.size * b.size * c.size, outputPlane = a.output * b.output * c.output
    let window = a.kernel * b.kernel * c.kernel, perGroup = filters / group
    var values = [Double](repeating: 0, count: images * filters * outputPlane), magnitudes = values
    for index in values.indices {
      guard let bias = bias?[index / outputPlane % filters] else { break }
      (values[index], magnitudes[index]) = (Double(bias), Double(bias.magnitude))
    }
    /// The output index to which tap `tap` adds input `place`; `nil` if it is cut off.
    func target(_ axis: Axis, _ place: Int, _ tap: Int) -> Int? {
      let position = place * axis.stride + tap * axis.dilation - axis.padBefore
      return position >= 0 && position < axis.output ? position : nil
    }
    for source in x.indices {
      let (plane, pixel) = source.quotientAndRemainder(dividingBy: inputPlane)
      let (image, channel) = plane.quotientAndRemainder(dividingBy: channels)
      let firstFilter = channel / (channels / group) * perGroup
      for tap in 0..<window {
        guard let i = target(a, pixel / (b.size * c.size), tap / (b.kernel * c.kernel)),
          let j = target(b, pixel / c.size % b.size, tap / c.kernel % b.kernel),
          let k = target(c, pixel % c.size, tap % c.kernel)
        else { continue }
        for filter in 0..<perGroup {
          let product = Double(x[source]) * Double(weight[(channel * perGroup + filter) * window + tap])
          let index =
            (image * filters + firstFilter + filter) * outputPlane + (i * b.output + j) * c.output + k
          values[index] += product
          magnitudes[index] += product.magnitude
        }
      }
    }
    var shape = [images, filters] + axes.map(\.output)
    switch tail {
    case .nothing: break
    case .activation: values = values.map { $0.isNaN ? $0 : max($0, 0) }
    case .concatenation:
      shape[1] *= 2
      let count = filters * outputPlane
      func both(_ numbers: [Double], _ second: (Double) -> Double) -> [Double] {
        (0..<images).flatMap { image in
          let own = numbers[(image * count)..<((image + 1) * count)]
          return own + own.map(second)
        }
      }
      (values, magnitudes) = (both(values) { -$0 }, both(magnitudes) { $0 })
    }
    return (shape, values, magnitudes)
  }
}
