import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Convolutions, pools and resizing.
extension RandomNetwork {
  /// The window of a convolution or pool along the spatial axes.
  private struct Window {
    var kernel: [Int]
    var strides: [Int]
    var dilations: [Int]
    var pads: [Int]
    /// The output's spatial sizes; `nil` if the window does not fit.
    var sizes: [Int]?
  }

  private mutating func window(over spatial: [Int], kernels: [Int], canDilate: Bool) -> Window {
    let isPlain = random.oneIn(2)
    var kernel = spatial.map { _ in random.pick(kernels) }
    if random.oneIn(2) { kernel = kernel.map { [first = kernel[0]] _ in first } }
    let strides = spatial.map { _ in isPlain ? 1 : random.int(1...3) }
    let dilations = spatial.map { _ in isPlain || !canDilate ? 1 : random.pick([1, 1, 2]) }
    let pads =
      isPlain
      ? (kernel + kernel).map { $0 / 2 } : (kernel + kernel).map { random.int(0...($0 - 1)) }
    var sizes: [Int] = []
    for (axis, size) in spatial.enumerated() {
      let room = size + pads[axis] + pads[axis + spatial.count] - (kernel[axis] - 1) * dilations[axis] - 1
      if room >= 0 { sizes.append(room / strides[axis] + 1) }
    }
    return Window(
      kernel: kernel, strides: strides, dilations: dilations, pads: pads,
      sizes: sizes.count == spatial.count ? sizes : nil)
  }

  mutating func addConvolution(_ x: Operand) throws(InfoldError) {
    let channels = x.sizes[1]
    let window = window(over: Array(x.sizes[2...]), kernels: [1, 1, 2, 3, 3, 3, 5], canDilate: true)
    guard let spatial = window.sizes else { return }
    var group = 1, outputs = random.pick([1, 2, 3, 5, 8, 16, 16, 19])
    switch random.int(0...5) {
    case 0: (group, outputs) = (channels, channels * random.pick([1, 1, 1, 2]))
    case 1:
      group = random.pick((1...channels).filter { channels % $0 == 0 })
      outputs = group * random.int(1...3)
    default: break
    }
    // Weights that keep sums about as large as the inputs.
    let terms = channels / group * window.kernel.reduce(1, *)
    let limit = 2 / Float(terms).squareRoot()
    var inputs: [ValueID?] = [x.id, try weights([outputs, channels / group] + window.kernel, in: -limit...limit)]
    if random.oneIn(2) { inputs.append(try weights([outputs])) }
    var attributes: AttributeList = ["group": .int(Int64(group)), "strides": .list(window.strides)]
    attributes["dilations"] = .list(window.dilations)
    if random.oneIn(2) { attributes["kernel_shape"] = .list(window.kernel) }
    var sizes = [x.sizes[0], outputs] + spatial
    if random.oneIn(5), window.dilations.allSatisfy({ $0 == 1 }) {
      attributes["auto_pad"] = .text(random.pick(["SAME_UPPER", "SAME_LOWER"]))
      sizes = [x.sizes[0], outputs] + zip(x.sizes[2...], window.strides).map { ($0 + $1 - 1) / $1 }
    } else {
      attributes["pads"] = .list(window.pads)
    }
    if random.oneIn(8) { return try addFusedConvolution(inputs, attributes, sizes) }
    add(try builder.node("Conv", inputs, attributes: attributes), sizes)
    if random.oneIn(3) { try addActivation(values.last!) }
  }

  /// A convolution as ONNX Runtime's optimizer writes it, with an activation and an optional addition before it.
  private mutating func addFusedConvolution(
    _ inputs: [ValueID?], _ attributes: AttributeList, _ sizes: [Int]
  ) throws(InfoldError) {
    var inputs = inputs, attributes = attributes
    let others = values.filter { $0.sizes == sizes }
    if let other = others.randomElement(using: &random) {
      if inputs.count == 2 { inputs.append(nil) }
      inputs.append(other.id)
    }
    let (name, parameters): (String, [Float]) = random.pick([
      ("Relu", []), ("Tanh", []), ("Sigmoid", []), ("LeakyRelu", [0.2]), ("Clip", [-0.5, 1]),
      ("HardSigmoid", [0.2, 0.5]),
    ])
    if !random.oneIn(6) {
      attributes["activation"] = .text(name)
      if !parameters.isEmpty { attributes["activation_params"] = .floats(parameters) }
    }
    add(try builder.node("FusedConv", inputs, attributes: attributes, domain: "com.microsoft"), sizes)
  }

  mutating func addTransposedConvolution(_ x: Operand) throws(InfoldError) {
    let axes = 0..<(x.rank - 2), channels = x.sizes[1]
    guard x.sizes[2...].allSatisfy({ $0 <= 9 }) else { return }
    let group = random.pick((1...channels).filter { channels % $0 == 0 && ($0 == 1 || random.oneIn(2)) })
    let filters = random.pick([1, 2, 3, 5, 8, 17])
    let kernel = axes.map { _ in random.pick([1, 1, 2, 2, 3, 3, 4, 5, x.rank == 3 ? 9 : 3]) }
    let strides = random.oneIn(4) ? kernel : axes.map { _ in random.pick([1, 1, 2, 2, 3, 4]) }
    let dilates = random.oneIn(4), dilations = axes.map { _ in dilates ? random.int(1...3) : 1 }
    let reach = axes.map { (kernel[$0] - 1) * dilations[$0] + 1 }
    var attributes: AttributeList = ["strides": .list(strides), "group": .int(Int64(group))]
    if dilates { attributes["dilations"] = .list(dilations) }
    var sizes = axes.map { (x.sizes[$0 + 2] - 1) * strides[$0] + reach[$0] }
    switch random.int(0...5) {
    case 0...2:
      let pads = (reach + reach).map { random.int(0...min($0 - 1, 3)) }
      attributes["pads"] = .list(pads)
      sizes = axes.map { sizes[$0] - pads[$0] - pads[$0 + axes.count] }
      if random.oneIn(2) {
        let added = axes.map { random.int(0...(max(strides[$0], dilations[$0]) - 1)) }
        attributes["output_padding"] = .list(added)
        sizes = axes.map { sizes[$0] + added[$0] }
      }
    case 3:
      attributes["auto_pad"] = .text(random.pick(["SAME_UPPER", "SAME_LOWER"]))
      sizes = axes.map { x.sizes[$0 + 2] * strides[$0] }
    case 4:
      sizes = axes.map { random.int(1...(sizes[$0] + 1)) }
      attributes["output_shape"] = .list(sizes)
    default: break
    }
    guard sizes.allSatisfy({ $0 > 0 }), sizes.reduce(1, *) <= 400 else { return }
    // Weights that keep sums about as large as the inputs.
    let terms = axes.reduce(channels / group) { $0 * max(1, kernel[$1] / strides[$1]) }
    let limit = 2 / Float(terms).squareRoot()
    var inputs: [ValueID?] = [x.id, try weights([channels, filters] + kernel, in: -limit...limit)]
    if random.oneIn(2) { inputs.append(try weights([filters * group])) }
    add(try builder.node("ConvTranspose", inputs, attributes: attributes), [x.sizes[0], filters * group] + sizes)
    if random.oneIn(3) { try addActivation(values.last!) }
  }

  mutating func addPool(_ x: Operand) throws(InfoldError) {
    let spatial = Array(x.sizes[2...])
    if random.oneIn(4) {
      let kind = random.pick(["GlobalAveragePool", "GlobalMaxPool"])
      return add(try builder.node(kind, [x.id]), [x.sizes[0], x.sizes[1]] + spatial.map { _ in 1 })
    }
    let window = window(over: spatial, kernels: [1, 2, 2, 3, 3], canDilate: false)
    guard let sizes = window.sizes, zip(window.pads, window.kernel + window.kernel).allSatisfy({ $0 < $1 }) else {
      return
    }
    var attributes: AttributeList = [
      "kernel_shape": .list(window.kernel), "strides": .list(window.strides), "pads": .list(window.pads),
    ]
    let isMaximum = random.oneIn(2)
    if !isMaximum { attributes["count_include_pad"] = .int(Int64(random.int(0...1))) }
    add(
      try builder.node(isMaximum ? "MaxPool" : "AveragePool", [x.id], attributes: attributes),
      [x.sizes[0], x.sizes[1]] + sizes)
  }

  mutating func addResize(_ x: Operand) throws(InfoldError) {
    guard x.sizes[0] > 0, x.sizes[2...].allSatisfy({ $0 <= 9 }), x.rank < 5 || x.sizes[2...].allSatisfy({ $0 <= 4 })
    else { return }
    let factors = x.sizes.indices.map { $0 < 2 ? 1 : random.pick([1, 2, 2, 3]) }
    let sizes = zip(x.sizes, factors).map { $0 * $1 }
    var attributes: AttributeList = ["mode": .text("nearest")]
    attributes["coordinate_transformation_mode"] = .text(random.pick(["asymmetric", "half_pixel"]))
    attributes["nearest_mode"] = .text(random.pick(["floor", "round_prefer_floor"]))
    if random.oneIn(2) {
      attributes = ["mode": .text("linear")]
      attributes["coordinate_transformation_mode"] = .text(random.pick(["asymmetric", "half_pixel", "align_corners"]))
    }
    if random.oneIn(2) {
      return add(try builder.node("Resize", [x.id, nil, nil, try list(sizes)], attributes: attributes), sizes)
    }
    let scales = try builder.constant(Tensor(shape: [x.rank], factors.map(Float.init)))
    add(try builder.node("Resize", [x.id, nil, scales], attributes: attributes), sizes)
  }
}
