import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// The scale and the zero point of a quantized value.
struct PlannedQuantization {
  var scale: Float
  /// The zero point of the unsigned numbers in planned memory.
  var zeroPoint: Int32
  /// The range of the type's numbers, minus the zero point.
  var bounds: ClosedRange<Float>
  /// The quantized value of NaN: 0 in the type's own representation, minus the zero point.
  let notANumber: Float

  /// Returns the range that an activation leaves, minus the zero point, for unsigned numbers in
  /// planned memory.
  func clipped(by activation: Activation, offset: UInt8) -> ClosedRange<Float> {
    guard activation.function == .clip else { return bounds }
    let shift = Float(offset) - Float(zeroPoint)
    let lower = min(max(activation.a + shift, bounds.lowerBound), bounds.upperBound)
    return lower...max(lower, min(activation.b + shift, bounds.upperBound))
  }

  /// Returns the parameters with which kernels quantize.
  func kernelArguments(bounds: ClosedRange<Float>? = nil) -> ByteQuantization {
    let bounds = bounds ?? self.bounds
    return ByteQuantization(
      scale: scale, lower: bounds.lowerBound, upper: bounds.upperBound, zeroPoint: zeroPoint, notANumber: notANumber)
  }
}

/// The scales of conversions with one scale. The range includes very large scales, because
/// attention masks are filled with the most negative float.
private let conversionScales = kernelScales.lowerBound...(Float.greatestFiniteMagnitude / 255)

extension PlanBuilder {
  /// Returns the quantization of `value` by a constant scale and zero point. Returns `nil` for
  /// several scales, and for scales whose reciprocal is not a normal number.
  func quantization(of value: ValueID?, scale: ValueID?, zeroPoint: ValueID?) -> PlannedQuantization? {
    guard let all = quantizations(of: value, scale: scale, zeroPoint: zeroPoint, within: kernelScales), all.count == 1
    else {
      return nil
    }
    return all[0]
  }

  /// Returns the quantizations of `value` by lists of scales and zero points.
  private func quantizations(
    of value: ValueID?, scale: ValueID?, zeroPoint: ValueID?, within range: ClosedRange<Float>
  ) -> [PlannedQuantization]? {
    guard let value, let format = format(of: value), format.isQuantized,
      let scales = try? constant(scale)?.elements(as: Float.self), scales.allSatisfy(range.contains)
    else { return nil }
    var points = [Int32](repeating: 0, count: scales.count)
    if let zeroPoint {
      guard let given = graph.constant(zeroPoint)?.byteValues, given.count == scales.count else { return nil }
      points = given
    }
    return zip(scales, points).map { scale, point in
      let stored = point + Int32(format.offset)
      return PlannedQuantization(
        scale: scale, zeroPoint: stored, bounds: Float(0 - stored)...Float(255 - stored), notANumber: Float(-point))
    }
  }

  /// Returns the quantizations of `value` by the second and third input of a node.
  fileprivate func quantizations(of value: ValueID, _ node: Node) -> [PlannedQuantization]? {
    quantizations(
      of: value, scale: node.inputs[1], zeroPoint: node.inputs.count > 2 ? node.inputs[2] : nil,
      within: conversionScales)
  }

  /// Adds a conversion between floats and quantized numbers, with one scale and zero point, or with
  /// one of each for every position along an axis.
  ///
  /// - Parameters:
  ///   - offset: The number added to quantized numbers in planned memory.
  ///   - one: Converts elements with one scale.
  ///   - each: Converts rows with a scale for each of their elements.
  /// - Returns: Whether the number of scales is 1 or the size of the axis.
  fileprivate mutating func emitConversion(
    _ x: ValueID, to y: ValueID, axis: Int?, _ quantizations: [PlannedQuantization], offset: UInt8,
    _ algorithm: String,
    one:
      @escaping @Sendable (_ quantization: PlannedQuantization, _ places: ConvertedPlaces, _ pixels: Range<Int>) -> Void,
    each:
      @escaping @Sendable (_ quantization: ChannelQuantization, _ places: ConvertedPlaces, _ rows: Range<Int>) -> Void
  ) throws(InfoldError) -> Bool {
    let count = quantizations.count
    if count == 1 {
      try emitPixelwise([x], to: y, algorithm) { loops, operands, result, pixels, state in
        let (source, target): (Pixels<UInt8>, Pixels<UInt8>) = (
          loops.pixels(0, state.firstByte(operands[0])), loops.pixels(nil, state.firstByte(result))
        )
        one(
          quantizations[0],
          ConvertedPlaces(
            source: source.base, target: target.base, channels: source.channels,
            strides: (source.pixelStride, target.pixelStride)), pixels)
      }
      return true
    }
    guard let sizes = plannedSizes(x), let axis, let place = try? normalizedAxis(axis, rank: sizes.count),
      sizes[place] == count
    else { return false }
    let source = try location(of: x, .rowMajor), target = define(y, .rowMajor)
    let elements = sizes[(place + 1)...].reduce(1, *), all = sizes.reduce(1, *)
    guard place == sizes.count - 1 else {
      // The elements at one position along the axis are contiguous.
      let step = RangeStep(units: all / elements, cost: all) { runs, state, _ in
        for run in runs {
          var (x, y) = (source, target)
          x.offset += run * elements
          y.offset += run * elements
          one(
            quantizations[run % count],
            ConvertedPlaces(source: state.firstByte(x), target: state.firstByte(y), channels: 1, strides: (1, 1)),
            0..<elements)
        }
      }
      emit(step, algorithm, reads: [source], writes: [target])
      return true
    }
    // The scales, followed by the lowest quantized number minus each zero point.
    let constant = try packed.constant(byteCount: 2 * count * MemoryLayout<Float>.stride) { memory in
      let numbers = memory.assumingMemoryBound(to: Float.self)
      for (index, quantization) in quantizations.enumerated() {
        numbers[index] = quantization.scale
        numbers[count + index] = Float(0 - quantization.zeroPoint)
      }
    }
    let parameters = location(of: .packed(constant))
    let step = RangeStep(units: all / count, cost: all) { rows, state, _ in
      let scales = UnsafePointer(state.pointer(parameters))
      each(
        ChannelQuantization(scales: scales, lowers: scales + count, offset: Float(offset)),
        ConvertedPlaces(
          source: state.firstByte(source), target: state.firstByte(target), channels: count, strides: (count, count)),
        rows)
    }
    emit(step, algorithm, reads: [source, parameters], writes: [target])
    return true
  }
}

extension RunState {
  /// Returns the address of a value of any type.
  fileprivate func firstByte(_ location: Location) -> UnsafeMutablePointer<UInt8> {
    address(location).assumingMemoryBound(to: UInt8.self)
  }
}

/// The addresses of the elements to convert, and of the results.
private struct ConvertedPlaces {
  let source: UnsafeMutablePointer<UInt8>
  let target: UnsafeMutablePointer<UInt8>
  let channels: Int
  /// The distances between adjacent pixels, in elements.
  let strides: (source: Int, target: Int)

  func source<Element>(of type: Element.Type) -> Pixels<Element> {
    Pixels(
      UnsafeMutableRawPointer(source).assumingMemoryBound(to: type), channels: channels, pixelStride: strides.source)
  }

  func target<Element>(of type: Element.Type) -> Pixels<Element> {
    Pixels(
      UnsafeMutableRawPointer(target).assumingMemoryBound(to: type), channels: channels, pixelStride: strides.target)
  }
}

extension Tensor {
  /// The elements of a uint8 or int8 tensor; `nil` for other types.
  var byteValues: [Int32]? {
    switch elementType {
    case .uint8: (try? elements(as: UInt8.self))?.map { Int32($0) }
    case .int8: (try? elements(as: Int8.self))?.map { Int32($0) }
    default: nil
    }
  }
}

extension QuantizeLinear: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let x = fused.node.inputs[0], let y = fused.output, plan.sizes(x) != nil, plan.byteSizes(y) != nil,
      let quantizations = plan.quantizations(of: y, fused.node)
    else { return false }
    let kernels = plan.byteKernels
    return try plan.emitConversion(
      x, to: y, axis: listAxis, quantizations, offset: plan.format(of: y)!.offset, "quantization",
      one: { quantization, places, pixels in
        kernels.quantize(
          places.source(of: Float.self), places.target(of: UInt8.self), quantization.kernelArguments(), pixels: pixels)
      },
      each: { quantization, places, rows in
        kernels.quantize(places.source(of: Float.self), places.target(of: UInt8.self), quantization, pixels: rows)
      })
  }
}

extension DequantizeLinear: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let x = fused.node.inputs[0], let y = fused.output, plan.byteSizes(x) != nil, plan.sizes(y) != nil,
      let scale = fused.node.inputs[1]
    else { return false }
    guard let quantizations = plan.quantizations(of: x, fused.node) else {
      return try plan.emitVariableDequantization(
        x, to: y, scale: scale, zeroPoint: fused.node.inputs.count > 2 ? fused.node.inputs[2] : nil)
    }
    let kernels = plan.byteKernels
    return try plan.emitConversion(
      x, to: y, axis: listAxis, quantizations, offset: plan.format(of: x)!.offset, "dequantization",
      one: { quantization, places, pixels in
        kernels.dequantize(
          places.source(of: UInt8.self), places.target(of: Float.self), scale: quantization.scale,
          zeroPoint: quantization.zeroPoint, pixels: pixels)
      },
      each: { quantization, places, rows in
        kernels.dequantize(places.source(of: UInt8.self), places.target(of: Float.self), quantization, pixels: rows)
      })
  }
}

extension PlanBuilder {
  /// Adds a conversion of quantized numbers to floats, with one scale and zero point that are
  /// computed at run time.
  ///
  /// - Returns: Whether the operands have this form.
  fileprivate mutating func emitVariableDequantization(
    _ x: ValueID, to y: ValueID, scale: ValueID, zeroPoint: ValueID?
  ) throws(InfoldError) -> Bool {
    guard let sizes = byteSizes(x), let format = format(of: x),
      self.sizes(scale)?.reduce(1, *) == 1, zeroPoint.map({ byteSizes($0)?.reduce(1, *) == 1 }) ?? true
    else { return false }
    let source = try location(of: x, .rowMajor), scalePlace = try location(of: scale, .rowMajor)
    let zeroPlace = try zeroPoint.map { id throws(InfoldError) in try location(of: id, .rowMajor) }
    let target = define(y, .rowMajor), count = sizes.reduce(1, *), kernels = byteKernels
    let step = RangeStep(units: count, cost: count) { elements, state, _ in
      kernels.dequantize(
        Pixels(state.bytes(source), channels: 1, pixelStride: 1),
        Pixels(state.pointer(target), channels: 1, pixelStride: 1), scale: state.pointer(scalePlace).pointee,
        zeroPoint: Int32(zeroPlace.map { state.bytes($0).pointee } ?? format.offset), pixels: elements)
    }
    emit(step, "dequantization", reads: [source, scalePlace, zeroPlace], writes: [target])
    return true
  }

  /// Adds a conversion of quantized numbers to floats, with one constant scale and zero point.
  mutating func emitDequantization(
    _ x: ValueID, to y: ValueID, scale: Float, zeroPoint: Int32, _ algorithm: String
  ) throws(InfoldError) {
    let kernels = byteKernels
    try emitPixelwise([x], to: y, algorithm) { loops, operands, result, pixels, state in
      kernels.dequantize(
        loops.pixels(0, state.bytes(operands[0])), loops.pixels(nil, state.pointer(result)), scale: scale,
        zeroPoint: zeroPoint, pixels: pixels)
    }
  }
}
