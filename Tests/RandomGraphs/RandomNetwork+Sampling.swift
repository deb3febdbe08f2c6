import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Interpolation at positions between the elements, and integer products.
extension RandomNetwork {
  mutating func addSampling(_ x: Operand) throws(InfoldError) {
    guard x.rank == 4, x.sizes.allSatisfy({ $0 > 0 }) else { return try addReversedSequence(x) }
    switch random.int(0...9) {
    case 0...2: try addResizing(x)
    case 3, 4: try addGridSample(x)
    case 5: try addRegions(x)
    case 6: try addDeformedConvolution(x)
    case 7: try addReversedSequence(x)
    case 8: try addIntegerConvolution(x)
    default: try addQuantization(x)
    }
  }

  /// Resize in every continuous mode, along any axes.
  private mutating func addResizing(_ x: Operand) throws(InfoldError) {
    guard x.sizes[2...].allSatisfy({ $0 <= 9 }) else { return }
    var attributes: AttributeList = ["mode": .text(random.pick(["linear", "cubic"]))]
    var modes = ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"]
    if opset >= 19 { modes.append("half_pixel_symmetric") }
    attributes["coordinate_transformation_mode"] = .text(random.pick(modes))
    if random.oneIn(3) { attributes["cubic_coeff_a"] = .float(-0.5) }
    if random.oneIn(3) { attributes["exclude_outside"] = .int(1) }
    var axes = Array(0..<4)
    if opset >= 18 {
      if random.oneIn(2) { attributes["antialias"] = .int(1) }
      if random.oneIn(2) {
        axes = random.pick([[2, 3], [3], [3, 2], [1, 3]])
        attributes["axes"] = .list(axes)
      }
    }
    let sizes = axes.map { $0 < 2 ? x.sizes[$0] : random.pick([1, 2, 3, x.sizes[$0], 2 * x.sizes[$0]]) }
    var result = x.sizes
    for (axis, size) in zip(axes, sizes) { result[axis] = size }
    add(try builder.node("Resize", [x.id, nil, nil, try list(sizes)], attributes: attributes), result)
  }

  /// Samples at constant positions, or at positions from an affine map.
  private mutating func addGridSample(_ x: Operand) throws(InfoldError) {
    guard opset >= 16 else { return }
    let height = random.int(1...4), width = random.int(1...4)
    let aligns: AttributeList = ["align_corners": .int(Int64(random.int(0...1)))]
    let grid: ValueID
    if opset >= 20, random.oneIn(2) {
      let theta = try weights([x.sizes[0], 2, 3])
      grid = try builder.node(
        "AffineGrid", [theta, try list([x.sizes[0], x.sizes[1], height, width])], attributes: aligns)
    } else {
      grid = try weights([x.sizes[0], height, width, 2], in: -1.3...1.3)
    }
    var attributes = aligns
    attributes["mode"] = .text(random.pick(opset >= 20 ? ["linear", "cubic"] : ["bilinear", "bicubic"]))
    attributes["padding_mode"] = .text(random.pick(["zeros", "border", "reflection"]))
    add(try builder.node("GridSample", [x.id, grid], attributes: attributes), [x.sizes[0], x.sizes[1], height, width])
  }

  /// Regions with corners at multiples of a quarter of a pixel.
  private mutating func addRegions(_ x: Operand) throws(InfoldError) {
    guard opset >= 16 else { return }
    let count = random.int(1...4), height = random.int(1...3), width = random.int(1...3)
    var corners: [Float] = [], images: [Int64] = []
    for _ in 0..<count {
      let ends = [x.sizes[3], x.sizes[2]].map { size in
        [0, 0].map { _ in random.int(0...(4 * (size - 1))) }.sorted().map { Float($0) / 4 }
      }
      corners += [ends[0][0], ends[1][0], ends[0][1], ends[1][1]]
      images.append(Int64(random.int(0...(x.sizes[0] - 1))))
    }
    let rois = try builder.constant(Tensor(shape: [count, 4], corners))
    let attributes: AttributeList = [
      "output_height": .int(Int64(height)), "output_width": .int(Int64(width)),
      "sampling_ratio": .int(random.pick([1, 2])), "mode": .text(random.pick(["avg", "avg", "max"])),
      "coordinate_transformation_mode": .text(random.pick(["half_pixel", "output_half_pixel"])),
    ]
    let y = try builder.node(
      "RoiAlign", [x.id, rois, try builder.constant(Tensor(shape: [count], images))], attributes: attributes)
    add(y, [count, x.sizes[1], height, width])
  }

  private mutating func addDeformedConvolution(_ x: Operand) throws(InfoldError) {
    guard opset >= 19 else { return }
    let channels = x.sizes[1], kernel = [random.int(1...3), random.int(1...3)], filters = random.pick([1, 3, 8])
    let pads = kernel + kernel, spatial = [x.sizes[2] + kernel[0] + 1, x.sizes[3] + kernel[1] + 1]
    let offsetGroups = channels % 2 == 0 ? random.int(1...2) : 1, taps = kernel[0] * kernel[1]
    let limit = 2 / Float(channels * taps).squareRoot()
    var inputs: [ValueID?] = [
      x.id, try weights([filters, channels] + kernel, in: -limit...limit),
      try weights([x.sizes[0], 2 * offsetGroups * taps] + spatial, in: -1.5...1.5),
    ]
    if random.oneIn(2) { inputs.append(try weights([filters])) }
    if random.oneIn(2) {
      if inputs.count == 3 { inputs.append(nil) }
      inputs.append(try weights([x.sizes[0], offsetGroups * taps] + spatial, in: 0...1))
    }
    let y = try builder.node(
      "DeformConv", inputs,
      attributes: ["pads": .list(pads), "offset_group": .int(Int64(offsetGroups)), "kernel_shape": .list(kernel)])
    add(y, [x.sizes[0], filters] + spatial)
  }

  private mutating func addReversedSequence(_ x: Operand) throws(InfoldError) {
    guard x.rank > 2, x.sizes[0] > 0, x.sizes[1] > 0 else { return try addActivation(x) }
    let batch = random.int(0...1)
    let lengths = try list((0..<x.sizes[batch]).map { _ in random.int(1...x.sizes[1 - batch]) })
    let y = try builder.node(
      "ReverseSequence", [x.id, lengths],
      attributes: ["batch_axis": .int(Int64(batch)), "time_axis": .int(Int64(1 - batch))])
    add(y, x.sizes)
  }

  /// A convolution of bytes. Its sums are integers that float32 can represent, or are rounded to bytes.
  private mutating func addIntegerConvolution(_ x: Operand) throws(InfoldError) {
    mayBeNarrow = false
    let channels = random.pick([1, 3, 8]), filters = random.pick([1, 4, 17]), kernel = random.pick([1, 3])
    let sizes = [x.sizes[0], channels, x.sizes[2], x.sizes[3]]
    func bytes(_ shape: [Int], _ type: ElementType) throws(InfoldError) -> Tensor {
      try Tensor(random: shape, of: type, using: &random)
    }
    let picture = try bytes(sizes, .uint8)
    let image = try decide(picture, or: try bytes(sizes, .uint8))
    let type = random.pick([ElementType.uint8, .int8])
    let weights = try builder.constant(try bytes([filters, channels, kernel, kernel], type))
    let zero = try builder.constant(Tensor(scalar: UInt8(random.int(0...255))))
    let weightZero = try builder.constant(try Tensor(scalar: Int32(random.int(0...127))).cast(to: type))
    let pads = Attribute.list([kernel / 2, kernel / 2, kernel / 2, kernel / 2])
    let scale = try builder.constant(Tensor(scalar: Float(0.01)))
    let result = [sizes[0], filters, sizes[2], sizes[3]]
    if random.oneIn(2) {
      let sums = try builder.node("ConvInteger", [image, weights, zero, weightZero], attributes: ["pads": pads])
      let numbers = try builder.node("Cast", [sums], attributes: ["to": .int(1)])
      add(try builder.node("Mul", [numbers, try builder.constant(Tensor(scalar: Float(1e-5)))]), result)
    } else {
      let rounded = try builder.node(
        "QLinearConv",
        [image, scale, zero, weights, scale, weightZero, try builder.constant(Tensor(scalar: Float(0.1))), zero],
        attributes: ["pads": pads])
      add(try builder.node("DequantizeLinear", [rounded, scale, zero]), result)
    }
  }

  /// Rounds to a grid of 8 or 16 bits.
  private mutating func addQuantization(_ x: Operand) throws(InfoldError) {
    mayBeNarrow = false
    let type = opset >= 21 ? random.pick([ElementType.int8, .uint8, .int16, .uint16]) : random.pick([.int8, .uint8])
    let isWide = type == .int16 || type == .uint16, isSigned = type == .int8 || type == .int16
    let scale = try builder.constant(Tensor(scalar: Float(isWide ? 0.000_5 : 0.05)))
    let zero = try builder.constant(
      Tensor(scalar: Int32(isSigned ? 3 : isWide ? 32_768 : 128)).cast(to: type))
    let rounded = try builder.node("QuantizeLinear", [x.id, scale, zero])
    add(try builder.node("DequantizeLinear", [rounded, scale, zero]), x.sizes)
  }
}
